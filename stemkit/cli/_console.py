"""What leaves the program: text, JSON, progress, errors, exit codes."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import sys
import time
from collections.abc import Mapping, Sequence
from itertools import pairwise
from types import TracebackType
from typing import TYPE_CHECKING, NoReturn, TextIO

import click

from stemkit import __version__
from stemkit.core.errors import Problem, StemkitError
from stemkit.core.progress import Event, Progress, listeners, silent

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress
    from rich.progress import TaskID

EXIT_OK, EXIT_FINDINGS, EXIT_USAGE, EXIT_UNREADABLE, EXIT_DEFECT, EXIT_INTERRUPTED = 0, 1, 2, 3, 4, 130
_WORST_FIRST = (EXIT_INTERRUPTED, EXIT_DEFECT, EXIT_USAGE, EXIT_UNREADABLE, EXIT_FINDINGS, EXIT_OK)
_BIDI = [0x61C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)]
_UNSAFE = {code: f"\\x{code:02x}" for code in [*range(32), *range(0x7F, 0xA0)] if chr(code) not in "\n\t"}
_UNSAFE |= {code: f"\\u{code:04x}" for code in _BIDI}


def worst_exit(*codes: int) -> int:
    """Return the exit code that wins when several things happened: 130, 4, 2, 3, 1, 0 in this order."""
    return next(code for code in _WORST_FIRST if code in (*codes, EXIT_OK))


def finish(*codes: int) -> NoReturn:
    """End the program with the worst of several exit codes."""
    raise SystemExit(worst_exit(*codes))


def printable(text: str) -> str:
    """Return text in which nothing can command a terminal: control and direction marks are spelled out."""
    return text.translate(_UNSAFE)


_SAID_EVERY_S = 10.0
_WIDTH = 100


class NobodyReadsError(Exception):
    """Whoever read our output has had enough."""


def _write(stream: TextIO | None, text: str) -> None:
    if stream is None:  # the shell has closed it
        raise OSError(errno.EBADF, "standard output is closed")
    encoding = stream.encoding or "utf-8"
    try:
        stream.write(text.encode(encoding, "backslashreplace").decode(encoding) + "\n")
        stream.flush()
    except BrokenPipeError:  # click would end with 1, which means findings
        raise NobodyReadsError from None


def echo(text: str) -> None:
    """Print the result of a command for people."""
    _write(sys.stdout, printable(text))


def note(text: str) -> None:
    """Print something beside the result, on standard error; where nobody can be told, nobody is."""
    with contextlib.suppress(OSError, NobodyReadsError):
        _write(sys.stderr, printable(text))


def columns() -> int:
    """Return how wide standard output is: as ``COLUMNS`` says, as the terminal is, else 100."""
    asked = os.environ.get("COLUMNS", "")
    if asked.isascii() and asked.isdecimal() and int(asked) > 0:
        return int(asked)
    try:
        return os.get_terminal_size(sys.stdout.fileno()).columns or _WIDTH
    except (OSError, ValueError, AttributeError):
        return _WIDTH


def print_json(data: Mapping[str, object]) -> None:
    """Print the one JSON object of a command; refuses NaN and infinity, which JSON does not have."""
    _write(sys.stdout, json.dumps(data, ensure_ascii=True, allow_nan=False))


def table(rows: Sequence[Sequence[str]], right: frozenset[int] = frozenset()) -> str:
    """Lay out rows of text in columns; the first row is the head.

    Parameters
    ----------
    rows
        Head and body, all of one length.
    right
        Columns that are set flush right, for numbers.
    """
    import unicodedata

    def width(text: str) -> int:
        wide = sum(unicodedata.east_asian_width(mark) in "WF" for mark in text)
        return len(text) + wide - sum(unicodedata.combining(mark) != 0 for mark in text)

    cells = [[printable(cell).replace("\n", " ") for cell in row] for row in rows]
    widths = [max(width(row[column]) for row in cells) for column in range(len(cells[0]))]
    lines = []
    for row in cells:
        padded = []
        for column, cell in enumerate(row):
            space = " " * (widths[column] - width(cell))
            padded.append(space + cell if column in right else cell + space)
        lines.append("  ".join(padded).rstrip())
    return "\n".join(lines)


class ProgressDisplay:
    """Progress on standard error: a bar with an ETA on a terminal, elsewhere a line of ASCII now and then."""

    def __init__(self, *, shown: bool) -> None:
        self._shown = shown
        self._on_terminal = shown and sys.stderr is not None and sys.stderr.isatty()
        self._bar: RichProgress | None = None
        self._tasks: dict[str, TaskID] = {}
        self._said: dict[str, tuple[float, float]] = {}
        self._drawn_at = 0.0

    def __enter__(self) -> Progress:
        if not self._shown:
            return silent
        listeners.append(self._show)
        return self._show

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        if self._shown:
            listeners.remove(self._show)
        if self._bar is not None:
            self._bar.stop()

    def _show(self, event: Event) -> None:
        if self._on_terminal:
            self._draw(event)
        else:
            self._say(event)

    def _say(self, event: Event) -> None:
        """Say a task when it begins, and how far it is while it lasts."""
        now = time.monotonic()
        started, said = self._said.setdefault(event.task, (now, 0.0))
        if said == 0.0:
            note(f"{event.task} ...")
        elif 0 < event.done < event.total and now - said >= _SAID_EVERY_S:
            left_s = round((now - started) * (event.total - event.done) / event.done)
            note(f"{event.task} ... {100 * event.done // event.total} %, about {left_s // 60}:{left_s % 60:02} left")
        else:
            return
        self._said[event.task] = (started, now)

    def _draw(self, event: Event) -> None:
        now = time.monotonic()
        is_last = event.done >= event.total
        if event.task in self._tasks and not is_last and now - self._drawn_at < 0.05:
            return
        self._drawn_at = now
        if self._bar is None:
            self._bar = _new_bar()
            self._bar.start()
        if event.task not in self._tasks:
            self._tasks[event.task] = self._bar.add_task(event.task, total=event.total)
        label = printable(f"{event.task}  {event.item}" if event.item else event.task).replace("\n", " ")
        self._bar.update(self._tasks[event.task], completed=event.done, total=event.total, description=label)


def _new_bar() -> RichProgress:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    return Progress(*columns, console=Console(stderr=True), transient=True)


_MOST_PROBLEMS = 50


def _show_problem(problem: Problem) -> str:
    key = f" [{problem.key}]" if problem.key and problem.key not in problem.message else ""
    hint = f"\n  -> {problem.hint}" if problem.hint else ""
    return f"error: {problem}{key}{hint}"


def _error_json(exit_code: int, problems: Sequence[Problem]) -> dict[str, object]:
    errors = [
        {
            "code": problem.code,
            "message": problem.message,
            "hint": problem.hint,
            "path": problem.path,
            "line": problem.line,
            "key": problem.key,
        }
        for problem in problems
    ]
    return {
        "schema": "stemkit/error/1",
        "version": __version__,
        "exit_code": exit_code,
        "count": len(errors),
        "errors": errors,
    }


def wants_json(arguments: Sequence[str]) -> bool:
    """Tell whether a command line asks for JSON, before it is parsed (it may be wrong)."""
    options = list(arguments)
    options = options[: options.index("--")] if "--" in options else options
    asked = any(a == "--format" and b == "json" for a, b in pairwise(options))
    return asked or "--json" in options or "--format=json" in options


def _fail(exit_code: int, problems: Sequence[Problem], *, as_json: bool) -> int:
    try:
        if as_json:
            print_json(_error_json(exit_code, problems))
    except (OSError, NobodyReadsError):
        as_json = False
    if not as_json:
        note("\n".join(_show_problem(problem) for problem in problems[:_MOST_PROBLEMS]))
        if len(problems) > _MOST_PROBLEMS:
            note(
                f"error: {len(problems)} errors in all; these were the first {_MOST_PROBLEMS} (--json lists every one)"
            )
    _end_output()
    return exit_code


def _end_output() -> None:
    """Print what is still to be printed, or let go of it: the interpreter would complain at its exit."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError:
        with contextlib.suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def run(group: click.Group, arguments: Sequence[str]) -> int:
    """Run a command line and return its exit code; no error of a user ever shows a traceback."""
    try:
        code = group.main(list(arguments), prog_name="stemkit", standalone_mode=False)
        return code if isinstance(code, int) else EXIT_OK
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else EXIT_OK
    except click.exceptions.NoArgsIsHelpError as error:
        echo(error.format_message())
        return EXIT_USAGE
    except NobodyReadsError:
        _end_output()
        return EXIT_UNREADABLE
    except BaseException as error:
        exit_code, problems = _explain(error)
        if exit_code == EXIT_DEFECT and os.environ.get("STEMKIT_DEBUG"):
            raise
        return _fail(exit_code, problems, as_json=wants_json(arguments))


def _explain(error: BaseException) -> tuple[int, Sequence[Problem]]:
    """Turn what ended a command into an exit code and what to tell the user."""
    match error:
        case KeyboardInterrupt() | click.Abort():
            hint = "run the same command again"
            return EXIT_INTERRUPTED, [Problem("interrupted", "interrupted; nothing half-written was left", hint)]
        case StemkitError():
            return error.exit_code, error.problems
        case click.ClickException():
            context = error.ctx if isinstance(error, click.UsageError) else None
            hint = f"see '{context.command_path} --help'" if context else ""
            return EXIT_USAGE, [Problem("usage", error.format_message(), hint)]
        case _ if isinstance(error, MemoryError) or "can't start new thread" in str(error):
            hint = "close other programs, or work on fewer files at once with --jobs 1"
            return EXIT_UNREADABLE, [Problem("memory", "the system gives no more memory", hint)]
        case OSError():
            hint = "check the disk, the path and your rights"
            return EXIT_UNREADABLE, [Problem("system", error.strerror or str(error), hint, error.filename)]
    what = f"stemkit itself failed: {type(error).__name__}: {error}"
    hint = "this is a defect of ours; run again with STEMKIT_DEBUG=1 and report what it prints"
    return EXIT_DEFECT, [Problem("defect", what, hint)]
