"""``stemkit demo``: the whole tour in one command."""

from __future__ import annotations

from pathlib import Path

import click

from stemkit.cli import _console
from stemkit.cli._options import format_options, work_options
from stemkit.cli._progress import shown_progress


@click.command()
@click.argument("folder", type=click.Path(path_type=Path), default="stemkit-demo", metavar="[DIR]")
@format_options("text", "json")
@work_options
def command(folder: Path, *, format_name: str, jobs: int, quiet: bool, progress_as: str) -> None:
    """Build a small faulty film in DIR, then check, conform, mix, prove and report it.

    DIR is stemkit-demo if not named. Nothing outside it is written; nothing is downloaded.
    """
    from stemkit.report.demo import demo_lines
    from stemkit.workflows.demo import demo

    with shown_progress(progress_as, quiet=quiet) as progress:
        result = demo(folder, jobs=jobs, progress=progress)
    data = result.as_dict()
    if format_name == "json":
        _console.print_json(data)
    elif not quiet:
        _console.echo("\n".join(demo_lines(data)))
    _console.finish(_console.EXIT_FINDINGS if result.has_errors else _console.EXIT_OK)
