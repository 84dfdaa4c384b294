"""Eight numbers side by side, for kernels that the compiler does not vectorise by itself.

`Lanes` holds eight float64 and `Words` eight uint64, as one LLVM vector each: a register on AVX-512,
two on AVX2, four on NEON. Operators work element by element, strictly: nothing is fused or
reordered, so a lane gives the bits that the same scalar code would give.
"""

# numba calls these functions with its own types; they have no Python signature.
# mypy: ignore-errors

from __future__ import annotations

import operator

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic, models, overload, register_model

WIDTH = 8


class LanesType(types.Type):  # type: ignore[misc]
    """Eight float64."""

    def __init__(self):
        super().__init__(name="Lanes")


class WordsType(types.Type):  # type: ignore[misc]
    """Eight uint64."""

    def __init__(self):
        super().__init__(name="Words")


LANES, WORDS = LanesType(), WordsType()
_F64X8 = ir.VectorType(ir.DoubleType(), WIDTH)
_I64X8 = ir.VectorType(ir.IntType(64), WIDTH)
_I32X8 = ir.VectorType(ir.IntType(32), WIDTH)


@register_model(LanesType)
class _LanesModel(models.PrimitiveModel):  # type: ignore[misc]
    def __init__(self, dmm, fe_type):
        super().__init__(dmm, fe_type, _F64X8)


@register_model(WordsType)
class _WordsModel(models.PrimitiveModel):  # type: ignore[misc]
    def __init__(self, dmm, fe_type):
        super().__init__(dmm, fe_type, _I64X8)


def _pointer(context, builder, array_type, array, index, vector):
    data = context.make_array(array_type)(context, builder, array).data
    at = builder.gep(data, [index])
    return builder.bitcast(at, vector.as_pointer())


@intrinsic
def load(typingctx, array, index):
    """Return eight numbers of a flat float64 array, from an index on."""

    def build(context, builder, signature, args):
        at = _pointer(context, builder, signature.args[0], args[0], args[1], _F64X8)
        return builder.load(at, align=8, typ=_F64X8)

    return LANES(array, types.int64), build


@intrinsic
def store(typingctx, array, index, lanes):
    """Put eight numbers into a flat float64 array, from an index on."""

    def build(context, builder, signature, args):
        at = _pointer(context, builder, signature.args[0], args[0], args[1], _F64X8)
        builder.store(args[2], at, align=8)
        return context.get_dummy_value()

    return types.void(array, types.int64, LANES), build


@intrinsic
def load_words(typingctx, array, index):
    """Return eight words of a flat uint64 or int64 array, from an index on."""

    def build(context, builder, signature, args):
        at = _pointer(context, builder, signature.args[0], args[0], args[1], _I64X8)
        return builder.load(at, align=8, typ=_I64X8)

    return WORDS(array, types.int64), build


@intrinsic
def store_words(typingctx, array, index, words):
    """Put eight words into a flat uint64 or int64 array, from an index on."""

    def build(context, builder, signature, args):
        at = _pointer(context, builder, signature.args[0], args[0], args[1], _I64X8)
        builder.store(args[2], at, align=8)
        return context.get_dummy_value()

    return types.void(array, types.int64, WORDS), build


def _broadcast(builder, value, vector):
    first = builder.insert_element(ir.Constant(vector, ir.Undefined), value, ir.Constant(ir.IntType(32), 0))
    return builder.shuffle_vector(first, ir.Constant(vector, ir.Undefined), ir.Constant(_I32X8, [0] * WIDTH))


@intrinsic
def spread(typingctx, value):
    """Return eight times the same number."""

    def build(context, builder, signature, args):
        return _broadcast(builder, args[0], _F64X8)

    return LANES(types.float64), build


@intrinsic
def spread_word(typingctx, value):
    """Return eight times the same word."""

    def build(context, builder, signature, args):
        return _broadcast(builder, args[0], _I64X8)

    return WORDS(types.uint64), build


def _binary(name, kind, vector_of):
    def typer(typingctx, a, b):
        def build(context, builder, signature, args):
            return getattr(builder, name)(args[0], args[1])

        return vector_of(vector_of, vector_of), build

    typer.__name__ = typer.__qualname__ = f"{kind}_{name}"
    return intrinsic(typer)


_ADD, _SUB, _MUL = (_binary(name, "lanes", LANES) for name in ("fadd", "fsub", "fmul"))
_WORD_ADD, _WORD_MUL, _WORD_XOR, _WORD_AND, _WORD_OR, _WORD_SHIFT = (
    _binary(name, "words", WORDS) for name in ("add", "mul", "xor", "and_", "or_", "lshr")
)


def _operator(symbol, on_lanes, on_words):
    @overload(symbol, inline="never")
    def choose(a, b):
        if isinstance(a, LanesType) and isinstance(b, LanesType) and on_lanes is not None:
            return lambda a, b: on_lanes(a, b)  # noqa: PLW0108 (numba asks for a function of its own)
        if isinstance(a, WordsType) and isinstance(b, WordsType) and on_words is not None:
            return lambda a, b: on_words(a, b)  # noqa: PLW0108
        return None


_operator(operator.add, _ADD, _WORD_ADD)
_operator(operator.sub, _SUB, None)
_operator(operator.mul, _MUL, _WORD_MUL)
_operator(operator.xor, None, _WORD_XOR)
_operator(operator.and_, None, _WORD_AND)
_operator(operator.or_, None, _WORD_OR)
_operator(operator.rshift, None, _WORD_SHIFT)


@intrinsic
def magnitude(typingctx, lanes):
    """Return the absolute values."""

    def build(context, builder, signature, args):
        function = cgutils.get_or_insert_function(builder.module, ir.FunctionType(_F64X8, [_F64X8]), "llvm.fabs.v8f64")
        return builder.call(function, [args[0]])

    return LANES(LANES), build


def _chosen(name, comparison):
    def typer(typingctx, a, b):
        def build(context, builder, signature, args):
            return builder.select(builder.fcmp_ordered(comparison, args[0], args[1]), args[0], args[1])

        return LANES(LANES, LANES), build

    typer.__name__ = typer.__qualname__ = name
    typer.__doc__ = f"Return the {name} of each pair of numbers, none of which is NaN."
    return intrinsic(typer)


larger = _chosen("larger", ">")
smaller = _chosen("smaller", "<")


@intrinsic
def any_at_most(typingctx, a, b):
    """Tell whether a number is at most its counterpart, in any of the eight pairs."""

    def build(context, builder, signature, args):
        mask = builder.bitcast(builder.fcmp_ordered("<=", args[0], args[1]), ir.IntType(WIDTH))
        return builder.icmp_unsigned("!=", mask, ir.Constant(ir.IntType(WIDTH), 0))

    return types.boolean(LANES, LANES), build


@intrinsic
def highest(typingctx, lanes):
    """Return the largest of eight numbers, none of which is NaN."""

    def build(context, builder, signature, args):
        value = args[0]
        for half in (4, 2, 1):
            moved = ir.Constant(_I32X8, [k ^ half for k in range(WIDTH)])
            other = builder.shuffle_vector(value, value, moved)
            value = builder.select(builder.fcmp_ordered(">", value, other), value, other)
        return builder.extract_element(value, ir.Constant(ir.IntType(32), 0))

    return types.float64(LANES), build


@intrinsic
def as_words(typingctx, lanes):
    """Return the bit patterns of eight numbers."""

    def build(context, builder, signature, args):
        return builder.bitcast(args[0], _I64X8)

    return WORDS(LANES), build


@intrinsic
def limited(typingctx, lanes, most, instead):
    """Return numbers whose magnitude is at most ``most``; others, and NaN, are replaced."""

    def build(context, builder, signature, args):
        value, most_value, instead_value = args
        function = cgutils.get_or_insert_function(builder.module, ir.FunctionType(_F64X8, [_F64X8]), "llvm.fabs.v8f64")
        inside = builder.fcmp_ordered("<=", builder.call(function, [value]), most_value)
        return builder.select(inside, value, instead_value)

    return LANES(LANES, LANES, LANES), build


@intrinsic
def transpose(typingctx, rows):
    """Turn eight rows of eight numbers into columns."""

    def build(context, builder, signature, args):
        vectors = [builder.extract_value(args[0], i) for i in range(WIDTH)]
        for half in (1, 2, 4):
            vectors = _exchange(builder, vectors, half)
        return context.make_tuple(builder, signature.return_type, vectors)

    kind = types.UniTuple(LANES, WIDTH)
    return kind(kind), build


def _exchange(builder, vectors, half):
    """Exchange blocks of ``half`` between rows that are ``half`` apart: one of three steps of a transposition."""
    result = list(vectors)
    for i in range(WIDTH):
        if i & half:
            continue
        low = [k if not k & half else WIDTH + k - half for k in range(WIDTH)]
        high = [k + half if not k & half else WIDTH + k for k in range(WIDTH)]
        a, b = vectors[i], vectors[i + half]
        result[i] = builder.shuffle_vector(a, b, ir.Constant(_I32X8, low))
        result[i + half] = builder.shuffle_vector(a, b, ir.Constant(_I32X8, high))
    return result
