"""``python -m stemkit`` and the ``stemkit`` program."""

from __future__ import annotations

import gc
import os
import sys


def main() -> None:
    """Run the command line and exit with its code."""
    for stream in (sys.stdout, sys.stderr):
        # A Windows console may still speak a code page that lacks most of the world's names.
        if hasattr(stream, "reconfigure") and (stream.encoding or "").lower() != "utf-8" and sys.platform == "win32":
            stream.reconfigure(encoding="utf-8")
    # Threads for linear algebra, of which there is next to none here, cost time and memory at every start.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # Looking for rings among what is only made once takes a tenth of a short run.
    gc.set_threshold(20_000, 20, 50)
    from stemkit.cli import stemkit
    from stemkit.cli._console import run
    from stemkit.cli._process import clean_up_on_signals, keep_results_apart
    from stemkit.core.system import keep_freed_memory

    keep_freed_memory()
    keep_results_apart()
    clean_up_on_signals()
    raise SystemExit(run(stemkit, sys.argv[1:]))


if __name__ == "__main__":
    main()
