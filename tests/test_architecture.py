"""The shape of the project, held by tests instead of opinion."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "stemkit"
MODULES = sorted(PACKAGE.rglob("*.py"))
BANNED_NAMES = re.compile(r"(utils?|helpers?|manager|handler|common|misc)\d*")
HEAVY = (
    "numpy",
    "scipy",
    "numba",
    "librosa",
    "pyloudnorm",
    "pedalboard",
    "soundfile",
    "soxr",
    "pydantic",
    "jinja2",
    "rich",
)

# What a file may grow to, in lines; the first prefix that fits counts.
BUDGETS = (
    ("rules/_", 300),
    ("rules/", 90),
    ("meters/_", 300),
    ("meters/", 250),
    ("cli/commands/", 60),
    ("", 300),
)


def _relative(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


@pytest.mark.parametrize("path", MODULES, ids=_relative)
def test_modules_stay_within_their_budget(path: Path) -> None:
    budget = next(lines for prefix, lines in BUDGETS if _relative(path).startswith(prefix))
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= budget, f"{_relative(path)} has {lines} lines; split it or make it simpler"


@pytest.mark.parametrize("path", MODULES, ids=_relative)
def test_modules_are_named_by_what_they_are(path: Path) -> None:
    assert not BANNED_NAMES.fullmatch(path.stem.lstrip("_"))


@pytest.mark.parametrize("path", MODULES, ids=_relative)
def test_every_module_says_what_it_is(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize("path", [p for p in MODULES if "cli" not in p.relative_to(PACKAGE).parts], ids=_relative)
def test_the_library_never_prints_prompts_or_exits(path: Path) -> None:
    calls = {
        node.func.id
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    allowed = {"input"} if path.name == "__main__.py" else set()
    assert not (calls & {"print", "input", "exit", "quit", "eval", "exec"}) - allowed


def _imports(path: Path) -> set[str]:
    nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    return {node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module}


@pytest.mark.parametrize("package", ["rules", "report/formats", "cli/commands"])
def test_parts_that_are_found_by_name_do_not_know_each_other(package: str) -> None:
    dotted = f"stemkit.{package.replace('/', '.')}."
    for path in (PACKAGE / package).glob("[a-z]*.py"):
        # What several parts share has a name that starts with "_".
        others = {name for name in _imports(path) if name.startswith(dotted) and not name.startswith(f"{dotted}_")}
        assert not others, f"{_relative(path)} imports {', '.join(sorted(others))}"


def test_no_pickle_and_no_shell() -> None:
    for path in MODULES:
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"\bimport pickle|allow_pickle=True|shell=True", text), _relative(path)


def test_nothing_large_and_no_sound_is_in_version_control() -> None:
    try:
        listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("not a git checkout")
    for name in filter(None, os.fsdecode(listed).split("\0")):
        path = ROOT / name
        if path.exists():
            assert path.stat().st_size <= 200_000, f"{name} is larger than 200 kB"
            assert path.suffix != ".wav" or name.startswith("fixtures/malformed/"), name


def _modules_loaded_by(*arguments: str) -> set[str]:
    program = (
        "import sys\n"
        "from stemkit.cli import stemkit\n"
        "from stemkit.cli._console import run\n"
        f"run(stemkit, {list(arguments)!r})\n"
        "sys.stderr.write('\\n' + ' '.join(sys.modules))\n"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return {name.split(".")[0] for name in ended.stderr.splitlines()[-1].split()}


def test_help_loads_nothing_heavy() -> None:
    assert not _modules_loaded_by("--help") & set(HEAVY)


def test_importing_the_package_loads_nothing_heavy() -> None:
    program = "import sys, stemkit; print(' '.join(sys.modules))"
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert not {name.split(".")[0] for name in ended.stdout.split()} & set(HEAVY)
