"""``stemkit report``: the mix report again, as a page, a table or JSON."""

from __future__ import annotations

from pathlib import Path

import click

from stemkit.cli import _console
from stemkit.cli._options import format_options, profile_option, rehash_option, work_options


@click.command()
@click.argument("path", type=click.Path(path_type=Path), required=False, metavar="[D|FILM]")
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Where to.")
@profile_option
@format_options("html", "json", "csv", "markdown", "text")
@work_options
@rehash_option
def command(
    *,
    path: Path | None,
    output: Path | None,
    profile: str | None,
    format_name: str,
    jobs: int,
    quiet: bool,
    no_progress: bool,
    rehash: bool,
) -> None:
    """Write the report of a mix again, after proving its prints anew.

    D is the folder that 'stemkit mix' wrote. The page goes to D/report.html; other forms go to standard
    output, or to FILE. For a FILM that is not mixed yet it is the report of its check.
    """
    from stemkit.store.facts import open_store
    from stemkit.workflows.report import report

    with _console.ProgressDisplay(shown=not (quiet or no_progress)) as progress:
        result = report(path, profile=profile, store=open_store(rehash=rehash), jobs=jobs, progress=progress)
    if format_name == "html" and output is None:
        output = (result.folder or Path()) / "report.html"
    if output is not None:
        result.write(format_name, output)
    if format_name == "json":
        _console.print_json(result.report)
    elif not quiet:
        _console.echo(f"report: {output}" if output is not None else result.in_format(format_name).rstrip("\n"))
    _console.finish(_console.EXIT_FINDINGS if result.has_errors else _console.EXIT_OK)
