"""``stemkit measure``."""

from __future__ import annotations

from pathlib import Path

import click

from stemkit.cli._console import EXIT_OK, EXIT_UNREADABLE, ProgressDisplay, echo, finish, note, print_json, table
from stemkit.cli._options import format_options, rehash_option, work_options

_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="FILE|FOLDER|PATTERN ...")
@click.option("--layout", metavar="NAME", help="Order of the channels, such as 5.1 or 7.1; wins over the file.")
@click.option("--range", "span", metavar="START-END", help="Measure a stretch: seconds or h:mm:ss, as 90-0:02:30.")
@click.option("--reference", is_flag=True, help="The published filter for true peak, 1 s steps for the range.")
@click.option(
    "--curve", type=_FILE, metavar="FILE", help="Write M, S and true peak for every 100 ms, as .csv or .json."
)
@click.option(
    "--plot", type=_FILE, metavar="FILE", help="Draw loudness over time, as .svg (or .png, with Chromium installed)."
)
@format_options("text", "json", "csv")
@click.option("--csv", "as_csv", is_flag=True, help="Same as --format csv: one line a file.")
@rehash_option
@work_options
def command(
    paths: tuple[str, ...],
    layout: str | None,
    span: str | None,
    reference: bool,
    curve: Path | None,
    plot: Path | None,
    format_name: str,
    as_csv: bool,
    rehash: bool,
    jobs: int,
    quiet: bool,
    no_progress: bool,
) -> None:
    """Measure loudness, range and peaks of sound files.

    Programme loudness (BS.1770-5), loudness range (Tech 3342), largest momentary and short-term
    loudness, true peak and sample peak. Nothing is written but what --curve and --plot name.
    """
    from stemkit.workflows.measure import MeasureOptions, measure, parse_span

    options = MeasureOptions(layout, parse_span(span), reference, curve, plot, jobs, rehash)
    with ProgressDisplay(shown=not (quiet or no_progress)) as progress:
        result = measure(paths, options, progress)
    if format_name == "json":
        print_json(result.as_dict())
    elif not quiet:
        echo(result.as_csv() if as_csv or format_name == "csv" else table(result.rows(), right=frozenset(range(2, 9))))
    for line in result.notes() if not quiet else ():
        note(line)
    finish(EXIT_UNREADABLE if result.unreadable else EXIT_OK)
