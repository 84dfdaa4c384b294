"""Run every benchmark of this folder: ``python -m tests.bench [NAME …]``.

Speed and memory are compared with other tools in one run, since machines differ and are noisy.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
from pathlib import Path


def main() -> None:
    """Run the named benchmarks, or all of them."""
    names = [info.name for info in pkgutil.iter_modules([str(Path(__file__).parent)]) if info.name.startswith("bench_")]
    wanted = [f"bench_{name.removeprefix('bench_')}" for name in sys.argv[1:]] or names
    for name in wanted:
        sys.stdout.write(f"\n== {name.removeprefix('bench_')}\n")
        importlib.import_module(f"tests.bench.{name}").main()


if __name__ == "__main__":
    main()
