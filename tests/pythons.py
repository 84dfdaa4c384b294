"""Run the fast tests under every other Python of the supported range that is installed here.

``python -m tests.pythons [VERSION …]``; what is not installed is said and passed over. Environments are
kept in ``build/pythons``, made from the lock.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
VERSIONS = ("3.11", "3.13")  # the oldest that is supported, and the newest that the dependencies support
INSTALL_S, TESTS_S = 300, 900
"""How long an environment and its tests may take; what takes longer is said and passed over."""
FAST = ("tests/core", "tests/audio", "tests/cli")


def find(version: str) -> str | None:
    """Return an interpreter of a version: out of PATH, else one of pyenv's."""
    found = shutil.which(f"python{version}")
    names = [Path(found)] if found else []
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    names += sorted(pyenv.glob(f"{version}.*/bin/python"), reverse=True)
    for name in names:
        code = "import sys, venv, ensurepip; print('%d.%d' % sys.version_info[:2])"
        said = subprocess.run([str(name), "-c", code], capture_output=True, text=True, check=False)
        if said.stdout.strip() == version:
            return str(name)
    return None


def environment(interpreter: str, version: str) -> Path:
    """Return the Python of an environment with the locked libraries and this checkout."""
    folder = ROOT / "build" / "pythons" / version
    python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    lock, ready = ROOT / "requirements.lock", folder / ".ready"
    if ready.is_file() and ready.stat().st_mtime >= lock.stat().st_mtime:
        return python
    shutil.rmtree(folder, ignore_errors=True)
    subprocess.run([interpreter, "-m", "venv", str(folder)], check=True)
    install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*install, "--require-hashes", "-r", str(lock)], check=True, timeout=INSTALL_S)
    subprocess.run([*install, "--no-deps", "--no-build-isolation", "-e", str(ROOT)], check=True, timeout=INSTALL_S)
    ready.touch()
    return python


def main() -> None:
    """Run the tests under each version but the one that runs this."""
    here = "{}.{}".format(*sys.version_info[:2])
    wanted = sys.argv[1:] or [version for version in VERSIONS if version != here]
    failed = []
    for version in wanted:
        interpreter = find(version)
        if interpreter is None:
            sys.stdout.write(f"Python {version} is not installed here: passed over\n")
            continue
        sys.stdout.write(f"Python {version}: {interpreter}\n")
        sys.stdout.flush()
        try:
            python = environment(interpreter, version)
        except (subprocess.SubprocessError, OSError) as error:
            sys.stdout.write(f"Python {version}: no environment could be made, so nothing was tested: {error}\n")
            continue
        tests = [str(python), "-m", "pytest", "-q", "-n", "auto", "-m", "not slow", *FAST]
        try:
            failed += [version] if subprocess.run(tests, cwd=ROOT, check=False, timeout=TESTS_S).returncode else []
        except subprocess.TimeoutExpired:
            sys.stdout.write(f"Python {version}: the tests took more than {TESTS_S} s and were ended\n")
    raise SystemExit(f"fails under Python {', '.join(failed)}" if failed else 0)


if __name__ == "__main__":
    main()
