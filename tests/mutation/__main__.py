"""Change the code where an error would be a wrong film, one place at a time, and see whether a test notices.

``python -m tests.mutation [MODULE …]``, such as ``core/timebase``; POSIX only. Runs in a copy of the checkout.
A change that no test notices is judged in ``judged.toml``, or it is missing a test: then the exit code is 1.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import resource
import shutil
import signal
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path

from tests.mutation.changes import changes_of

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
COPIED = ("stemkit", "tests", "profiles", "fixtures", "pyproject.toml")
LONGEST_S = 120
"""Processor time that the tests of a module may take; waiting may take ten times as long."""
TESTS: dict[str, tuple[str, ...]] = {
    "core/timebase": ("tests/core/test_timebase.py",),
    "meters/loudness": ("tests/meters/test_figures_by_hand.py", "tests/meters/test_readings.py"),
    "meters/true_peak": ("tests/meters/test_figures_by_hand.py", "tests/meters/test_readings.py"),
    "dsp/fades": ("tests/dsp/test_fades.py", "tests/render/test_joins_sound.py"),
    "dsp/quantise": ("tests/dsp/test_quantise.py",),
    "dsp/limiter": ("tests/dsp/test_limiter.py", "tests/render/test_true_peaks.py"),
    "render/verify": ("tests/render/test_printing.py", "tests/mix/test_mix.py"),
    "plan/routing": ("tests/plan/test_routing_apart.py", "tests/plan/test_routing_levels.py"),
    "plan/timeline": ("tests/plan/test_timeline.py",),
    "plan/stretches": ("tests/laws/test_incremental_law.py",),
}


def main() -> None:
    """Mutate the modules that are named, or all of them."""
    wanted = sys.argv[1:] or list(TESTS)
    judged = tomllib.loads((HERE / "judged.toml").read_text("utf-8"))
    missed = 0
    with tempfile.TemporaryDirectory(prefix="stemkit-mutation-") as name:
        tree = Path(name)
        for part in COPIED:
            source = ROOT / part
            copy = shutil.copytree if source.is_dir() else shutil.copy2
            copy(source, tree / part)
        sys.path.insert(0, str(tree))
        os.chdir(tree)
        for module in wanted:
            missed += _mutate(tree, module, judged.get(module, {}))
    raise SystemExit(1 if missed else 0)


def _mutate(tree: Path, module: str, judged: dict[str, str]) -> int:
    path = tree / "stemkit" / f"{module}.py"
    source = path.read_text("utf-8")
    changes = list(changes_of(source))
    if _ends(tree, module):
        raise SystemExit(f"{module}: its tests fail without any change")
    unnoticed, met = [], set()
    for change in changes:
        path.write_text(change.source, "utf-8")
        if not _ends(tree, module):
            met.add(change.what)
            if change.what not in judged:
                unnoticed.append(change)
                _say(f"  {module}:{change.line}: no test sees {change.what}")
    path.write_text(source, "utf-8")
    _say(f"{module}: {len(changes)} changes, {len(met)} unnoticed, of which {len(met) - len(unnoticed)} are judged")
    for what in judged.keys() - met:
        _say(f"  {module}: judged, and noticed now, or no change any more: {what}")
    return len(unnoticed)


def _ends(tree: Path, module: str) -> int:
    """Run the tests of a module in a child that has all libraries already; 0 if they pass."""
    child = os.fork()
    if not child:
        os.setpgid(0, 0)
        code = 1
        resource.setrlimit(resource.RLIMIT_CPU, (LONGEST_S, LONGEST_S))
        with contextlib.suppress(BaseException):
            code = _test(TESTS[module])
        os._exit(min(code, 100))
    with _alarm(child):
        _, status = os.waitpid(child, 0)
    return status


def _test(tests: tuple[str, ...]) -> int:
    import pytest

    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 1)
    os.dup2(nothing, 2)
    sys.dont_write_bytecode = True
    for name in [name for name in sys.modules if name.partition(".")[0] in ("stemkit", "tests")]:
        del sys.modules[name]
    already_here = "ignore::pytest.PytestAssertRewriteWarning"
    return int(pytest.main([*tests, "-x", "-q", "-p", "no:cacheprovider", "-W", already_here]))


@contextlib.contextmanager
def _alarm(child: int) -> Iterator[None]:
    def end(number: int, frame: object) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child, signal.SIGKILL)

    def stop(number: int, frame: object) -> None:
        end(number, frame)
        raise SystemExit(1)

    before, stopped = signal.signal(signal.SIGALRM, end), signal.signal(signal.SIGTERM, stop)
    signal.alarm(10 * LONGEST_S)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
        signal.signal(signal.SIGTERM, stopped)


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _warm_up() -> None:
    """Load what takes long and is never changed."""
    for name in ("hypothesis.strategies", "numpy", "pydantic", "pytest", "scipy.signal", "soundfile"):
        importlib.import_module(name)


if __name__ == "__main__":
    _warm_up()
    main()
