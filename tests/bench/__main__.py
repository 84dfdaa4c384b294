"""Run every benchmark of this folder: ``python -m tests.bench [--write-readme] [NAME …]``.

Speed and memory are compared with other tools in one run, since machines differ and are noisy. What a
benchmark's ``main`` returns is its place in the README, written there with ``--write-readme``, between
``<!-- begin speed NAME -->`` and ``<!-- end speed NAME -->``.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
from pathlib import Path

README = Path(__file__).parents[2] / "README.md"
WRITE = "--write-readme"


def main() -> None:
    """Run the named benchmarks, or all of them."""
    found = [info.name for info in pkgutil.iter_modules([str(Path(__file__).parent)]) if info.name.startswith("bench_")]
    names = [name for name in sys.argv[1:] if name != WRITE] or [name.removeprefix("bench_") for name in found]
    for name in names:
        sys.stdout.write(f"\n== {name}\n")
        told = importlib.import_module(f"tests.bench.bench_{name}").main()
        if WRITE in sys.argv and told is not None:
            _write_readme(name, told)


def _write_readme(name: str, told: str) -> None:
    begin, end = f"<!-- begin speed {name} -->", f"<!-- end speed {name} -->"
    text = README.read_text(encoding="utf-8")
    before, found, rest = text.partition(begin)
    _, found_end, after = rest.partition(end)
    if not (found and found_end):
        sys.stdout.write(f"the README has no place for {name}: {begin} and {end}\n")
        return
    README.write_text(f"{before}{begin}\n{told.strip()}\n{end}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
