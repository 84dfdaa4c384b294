"""Coverage-guided fuzzing: ``python -m tests.fuzz TARGET [SECONDS] [CORPUS]``; needs ``pip install atheris``.

A crash or a broken promise ends it and leaves the input beside the corpus. With the target ``all``, each
gets its share of the time in a process of its own.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path


def main() -> None:
    """Fuzz one target, or all of them in turn."""
    target = sys.argv[1] if len(sys.argv) > 1 else "all"
    seconds = int(sys.argv[2]) if len(sys.argv) > 2 else 60
    corpus = Path(sys.argv[3] if len(sys.argv) > 3 else tempfile.mkdtemp(prefix="stemkit-corpus-"))
    if target == "all":
        raise SystemExit(_all(seconds, corpus))
    _one(target, seconds, corpus / target)


def _all(seconds: int, corpus: Path) -> int:
    from tests.fuzz.targets import TARGETS

    share = str(max(1, seconds // len(TARGETS)))
    command = [sys.executable, "-m", "tests.fuzz"]
    return max(subprocess.run([*command, name, share, str(corpus)], check=False).returncode for name in TARGETS)


def _one(target: str, seconds: int, corpus: Path) -> None:
    import atheris

    with atheris.instrument_imports(include=["stemkit"]):
        from tests.fuzz.targets import TARGETS, seeds
    corpus.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(seeds(target)):
        (corpus / f"seed-{number:03d}").write_bytes(seed)
    limits = [
        "-rss_limit_mb=3000",
        "-timeout=20",
        "-max_len=65536",
        f"-max_total_time={seconds}",
        "-print_final_stats=1",
    ]
    artefacts = f"-artifact_prefix={corpus.parent}/{target}-"
    run = TARGETS[target]
    noise = os.open(os.devnull, os.O_WRONLY)
    os.dup2(noise, 1)  # libsndfile and mpg123 print about every damaged file; what is found goes to standard error
    atheris.Setup([sys.argv[0], *limits, artefacts, str(corpus)], run)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
