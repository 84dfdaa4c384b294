"""Build the wheel, install it in an empty environment, and use it there as a user would."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).parent.parent


def _run(*command: str | Path, cwd: Path, expect: tuple[int, ...] = (0,)) -> str:
    environment = {**os.environ, "PYTHONNOUSERSITE": "1", "STEMKIT_CACHE": str(cwd / "cache")}
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
        _assert_typed(wheel, work, scripts)
        _assert_uninstalls(work, scripts)
        sys.stdout.write(f"{wheel.name} installs and works in an empty environment\n")


def _assert_typed(wheel: Path, work: Path, scripts: Path) -> None:
    """Assert that who checks types against the wheel sees those of the public names."""
    with zipfile.ZipFile(wheel) as content:
        assert "stemkit/py.typed" in content.namelist(), "the wheel does not say that it has types"
    program = "from pathlib import Path\nimport stemkit\nreveal_type(stemkit.load_profile('crowd-film'))\n"
    (work / "typed.py").write_text(program, encoding="utf-8")
    said = _run(sys.executable, "-m", "mypy", "--python-executable", scripts / "python", "typed.py", cwd=work)
    assert "stemkit.core.profile.Profile" in said, said


def _assert_uninstalls(work: Path, scripts: Path) -> None:
    """Assert that nothing but the cache outlives an uninstalling, and that clearing leaves no cache either."""
    _run(scripts / "stemkit", "cache", "clear", cwd=work)
    (site,) = {path.parent for path in (work / "empty").rglob("stemkit") if path.is_dir()}
    _run(scripts / "python", "-m", "pip", "uninstall", "--yes", "--quiet", "stemkit", cwd=work)
    left = [path for path in site.glob("stemkit*") if any(each.suffix != ".pyc" for each in path.rglob("*.*"))]
    assert not left, f"left after uninstalling: {left}"
    assert not list((work / "empty").rglob("bin/stemkit*"))


def _without_hashes(lock: Path, work: Path) -> Path:
    """Return a constraints file: the lock's versions, since pip does not take hashes beside a local wheel."""
    lines = [line.rstrip(" \\") for line in lock.read_text(encoding="utf-8").splitlines() if line[:1].isalpha()]
    constraints = work / "constraints.txt"
    constraints.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return constraints


if __name__ == "__main__":
    main()
