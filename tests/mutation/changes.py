"""The changes that are tried: comparisons, arithmetic, numbers, truth values, conditions turned round."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass

_COMPARED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
_REVERSED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.GtE,
    ast.LtE: ast.Gt,
    ast.Gt: ast.LtE,
    ast.GtE: ast.Lt,
}
_COUNTED: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.Pow: ast.Mult,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.BitXor: ast.BitAnd,
}


@dataclass(frozen=True, slots=True)
class Change:
    """One change: the whole module with it, where it is, and what it was and became."""

    source: str
    line: int
    what: str


def changes_of(source: str) -> Iterator[Change]:
    """Yield every change of a module, annotations, docstrings and decorators left alone."""
    tree = ast.parse(source)
    nodes = list(ast.walk(tree))
    passed = {id(inner) for node in nodes for part in _without_effect(node) for inner in ast.walk(part)}
    seen: dict[str, int] = {}
    for at, node in enumerate(nodes):
        if id(node) in passed:
            continue
        for variant in range(_variants(node)):
            changed = copy.deepcopy(tree)
            one = list(ast.walk(changed))[at]
            before = ast.unparse(node)
            _apply(one, variant)
            what = f"{_function(tree, node)}: {before} -> {ast.unparse(one)}"
            seen[what] = seen.get(what, 0) + 1
            number = f" ({seen[what]})" if seen[what] > 1 else ""
            yield Change(ast.unparse(changed), getattr(node, "lineno", 0), what + number)


def _without_effect(node: ast.AST) -> Iterator[ast.AST]:
    """Yield what is not run, or only says how values are kept."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        yield from node.decorator_list
    if isinstance(node, ast.FunctionDef) and node.returns is not None:
        yield node.returns
    if isinstance(node, ast.arg | ast.AnnAssign) and node.annotation is not None:
        yield node.annotation
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        yield node
    if isinstance(node, ast.Assign | ast.AnnAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        if any(isinstance(each, ast.Name) and each.id == "VERSION" for each in targets):
            yield node


def _variants(node: ast.AST) -> int:
    if isinstance(node, ast.Compare):
        return len(node.ops) + sum(type(op) in _REVERSED for op in node.ops[:1])
    if isinstance(node, ast.BinOp):
        return int(type(node.op) in _COUNTED)
    if isinstance(node, ast.Constant):
        return int(isinstance(node.value, bool | int | float))
    if isinstance(node, ast.UnaryOp):
        return int(isinstance(node.op, ast.Not | ast.USub))
    return int(isinstance(node, ast.BoolOp | ast.IfExp))


def _apply(node: ast.AST, variant: int) -> None:
    if isinstance(node, ast.Compare):
        table, at = (_COMPARED, variant) if variant < len(node.ops) else (_REVERSED, 0)
        node.ops[at] = table[type(node.ops[at])]()
    elif isinstance(node, ast.BinOp):
        node.op = _COUNTED[type(node.op)]()
    elif isinstance(node, ast.Constant):
        value = node.value
        if isinstance(value, bool):
            node.value = not value
        elif isinstance(value, int):
            node.value = value + 1
        elif isinstance(value, float):
            node.value = value * 1.1 + 0.01
    elif isinstance(node, ast.UnaryOp):
        inner = node.operand
        node.op, node.operand = (
            (ast.UAdd(), inner) if isinstance(node.op, ast.USub) else (ast.Not(), ast.UnaryOp(ast.Not(), inner))
        )
    elif isinstance(node, ast.BoolOp):
        node.op = ast.And() if isinstance(node.op, ast.Or) else ast.Or()
    elif isinstance(node, ast.IfExp):
        node.body, node.orelse = node.orelse, node.body


def _function(tree: ast.Module, node: ast.AST) -> str:
    """Return the name of the innermost function or class around a node."""
    name = "module"
    for outer in ast.walk(tree):
        if isinstance(outer, ast.FunctionDef | ast.ClassDef) and any(inner is node for inner in ast.walk(outer)):
            name = outer.name
    return name
