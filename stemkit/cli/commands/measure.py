"""``stemkit measure``."""

from __future__ import annotations

from typing import Any

import click

from stemkit.cli._console import EXIT_OK, EXIT_UNREADABLE, echo, finish, note, print_json, table
from stemkit.cli._measure_options import measure_options
from stemkit.cli._options import format_options, rehash_option, work_options
from stemkit.cli._progress import shown_progress


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="FILE|FOLDER|PATTERN ...")
@measure_options
@format_options("text", "json", "csv")
@click.option("--csv", "as_csv", is_flag=True, help="Same as --format csv: one line a file.")
@rehash_option
@work_options
def command(
    *,
    paths: tuple[str, ...],
    asked: dict[str, Any],
    format_name: str,
    as_csv: bool,
    rehash: bool,
    jobs: int,
    quiet: bool,
    progress_as: str,
) -> None:
    """Measure loudness, range and peaks of sound files.

    Programme loudness (BS.1770-5), loudness range (Tech 3342), largest momentary and short-term
    loudness, true peak and sample peak; --json holds many more, by channel and with their places.
    Nothing is written but what --curve and --plot name.
    """
    from stemkit.workflows.measure import MeasureOptions, measure, parse_span

    asked["span_s"] = parse_span(asked["span_s"])
    options = MeasureOptions(**asked, jobs=jobs, rehash=rehash)
    with shown_progress(progress_as, quiet=quiet) as progress:
        result = measure(paths, options, progress)
    if format_name == "json":
        print_json(result.as_dict())
    elif as_csv or format_name == "csv":
        if not quiet:
            echo(result.as_csv())
    elif not quiet:
        echo("\n".join([table(result.rows(), right=frozenset(range(2, 9))), *result.lines()]))
    for line in result.notes() if not quiet else ():
        note(line)
    finish(EXIT_UNREADABLE if result.unreadable else EXIT_OK)
