"""Build the wheel, install it in an empty environment, and use it there as a user would."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent


def _run(*command: str | Path, cwd: Path, expect: tuple[int, ...] = (0,)) -> str:
    environment = {**os.environ, "PYTHONNOUSERSITE": "1"}
    environment.pop("PYTHONPATH", None)
    ended = subprocess.run(
        [str(c) for c in command], cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )
    if ended.returncode not in expect:
        sys.stderr.write(ended.stdout + ended.stderr)
        raise SystemExit(f"{' '.join(str(c) for c in command)} ended with {ended.returncode}, expected {expect}")
    return ended.stdout


def main() -> None:
    """Fail loudly if the wheel does not do by itself what the checkout does."""
    with tempfile.TemporaryDirectory(prefix="stemkit-wheel-") as name:
        work = Path(name)
        for folder in ("dist", "again"):
            _run(sys.executable, "-m", "build", "--no-isolation", "--outdir", work / folder, ROOT, cwd=work)
        for built in (work / "dist").iterdir():
            assert built.read_bytes() == (work / "again" / built.name).read_bytes(), f"{built.name} is not reproducible"
        (wheel,) = (work / "dist").glob("*.whl")
        _run(sys.executable, "-m", "venv", work / "empty", cwd=work)
        scripts = work / "empty" / ("Scripts" if os.name == "nt" else "bin")
        quiet = ("--quiet", "--disable-pip-version-check")
        lock = ROOT / "requirements.lock"
        _run(
            scripts / "python",
            "-m",
            "pip",
            "install",
            *quiet,
            "--constraint",
            _without_hashes(lock, work),
            wheel,
            cwd=work,
        )
        stemkit = scripts / "stemkit"
        assert "crowd-film" in _run(stemkit, "profiles", cwd=work)
        assert _run(stemkit, "--version", cwd=work).startswith("stemkit ")
        _run(stemkit, "explain", "FMT001", cwd=work)
        _run(stemkit, "selftest", cwd=work)
        _run(stemkit, "demo", work / "demo", cwd=work)
        mixed = json.loads((work / "demo" / "mix" / "report.json").read_text(encoding="utf-8"))
        assert mixed["null_test"]["exact"] is True
        sys.stdout.write(f"{wheel.name} installs and works in an empty environment\n")


def _without_hashes(lock: Path, work: Path) -> Path:
    """Return a constraints file: the lock's versions, since pip does not take hashes beside a local wheel."""
    lines = [line.rstrip(" \\") for line in lock.read_text(encoding="utf-8").splitlines() if line[:1].isalpha()]
    constraints = work / "constraints.txt"
    constraints.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return constraints


if __name__ == "__main__":
    main()
