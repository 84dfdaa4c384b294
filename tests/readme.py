"""Check that the README tells the truth: its commands run, its tables are those of the program.

A fenced block marked ``sh`` with the word ``run`` is executed line by line in one fresh folder, after
`stemkit demo` has made the files that it speaks of. Text between ``<!-- begin NAME -->`` and
``<!-- end NAME -->`` must be what the command named there prints.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
GENERATED = {"rules": "stemkit rules --format markdown"}


def _stemkit(line: str, folder: Path) -> subprocess.CompletedProcess[str]:
    words = shlex.split(line, comments=True)
    if words[0] != "stemkit":
        raise SystemExit(f"README: only stemkit's own commands can be run, not {line!r}")
    environment = {**os.environ, "STEMKIT_CACHE": str(folder / "cache")}
    command = [sys.executable, "-m", "stemkit", *words[1:]]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def _check_commands(text: str) -> int:
    count = 0
    with tempfile.TemporaryDirectory(prefix="stemkit-readme-") as name:
        for block in re.findall(r"```sh run\n(.*?)```", text, re.DOTALL):
            for line in filter(None, (line.strip() for line in block.splitlines())):
                ended = _stemkit(line, Path(name))
                # A finding is an answer; a wrong command, an unreadable file or a defect is not.
                if ended.returncode not in (0, 1):
                    raise SystemExit(f"README: {line!r} ended with {ended.returncode}:\n{ended.stdout}{ended.stderr}")
                count += 1
    return count


def _check_tables(text: str) -> None:
    for name, command in GENERATED.items():
        match = re.search(rf"<!-- begin {name} -->\n(.*?)<!-- end {name} -->", text, re.DOTALL)
        if match is None:
            raise SystemExit(f"README: there is no table between the marks of {name!r}")
        printed = _stemkit(command, ROOT).stdout
        if match.group(1).strip() != printed.strip():
            raise SystemExit(f"README: the table {name!r} is not what '{command}' prints; 'make fix' renews it")


def _with_tables(text: str) -> str:
    for name, command in GENERATED.items():
        begin, end = f"<!-- begin {name} -->\n", f"\n<!-- end {name} -->"
        head, rest = text.split(begin)
        text = head + begin + _stemkit(command, ROOT).stdout.strip() + end + rest.split(end)[1]
    return text


def _check_links(text: str) -> None:
    for target in re.findall(r"\]\((?!https?:|#)([^)]+)\)", text) + re.findall(
        r'(?:src|srcset)="(?!https?:)([^"]+)"', text
    ):
        if not (ROOT / target.split("#")[0]).exists():
            raise SystemExit(f"README: {target} does not exist")


def main() -> None:
    """End with a message if anything in the README is not so; ``--write`` renews its tables first."""
    path = ROOT / "README.md"
    text = path.read_text(encoding="utf-8")
    if "--write" in sys.argv[1:]:
        text = _with_tables(text)
        path.write_text(text, encoding="utf-8")
    _check_links(text)
    _check_tables(text)
    count = _check_commands(text)
    if count == 0:
        raise SystemExit("README: it shows no command that can be run")
    sys.stdout.write(f"the README's {count} commands run and its tables and links are right\n")


if __name__ == "__main__":
    main()
