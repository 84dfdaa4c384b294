"""``stemkit report``: the mix report again, as a page, a table or JSON."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from stemkit.cli import _console
from stemkit.cli._options import format_options, profile_option, rehash_option, work_options
from stemkit.cli._progress import shown_progress
from stemkit.cli._report_options import view_options


@click.command()
@click.argument("path", type=click.Path(path_type=Path), required=False, metavar="[D|FILM]")
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Where to.")
@profile_option
@format_options("html", "json", "csv", "chapters", "markdown", "text", "pdf")
@view_options
@work_options
@rehash_option
def command(
    *,
    path: Path | None,
    output: Path | None,
    profile: str | None,
    format_name: str,
    letters: Path | None,
    lang: str,
    jobs: int,
    quiet: bool,
    progress_as: str,
    rehash: bool,
    **view: Any,
) -> None:
    """Write the report of a mix again, after proving its prints anew.

    D is the folder that 'stemkit mix' wrote. The page goes to D/report.html; other forms go to standard
    output, or to FILE. For a FILM that is not mixed yet it is the report of its check.
    """
    from stemkit.store.facts import open_store
    from stemkit.workflows.report import report

    store = open_store(rehash=rehash)
    with shown_progress(progress_as, quiet=quiet) as progress:
        result = report(path, profile=profile, store=store, jobs=jobs, progress=progress, lang=lang).shown(**view)
    if letters is None and output is None:
        output = result.file_for(format_name)
    written = result.write_letters(letters) if letters is not None else []
    if output is not None:
        result.write(format_name, output)
    if format_name == "json":
        _console.print_json(result.data)
    elif not quiet and written:
        _console.echo("\n".join(f"letter: {file}" for file in written))
    elif not quiet:
        _console.echo(f"report: {output}" if output is not None else result.in_format(format_name).rstrip("\n"))
    _console.finish(_console.EXIT_FINDINGS if result.has_errors else _console.EXIT_OK)
