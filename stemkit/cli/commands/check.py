"""``stemkit check``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from stemkit.cli._console import EXIT_DEFECT, EXIT_FINDINGS, EXIT_OK, columns, echo, finish, print_json
from stemkit.cli._options import format_options, output_option, profile_option, rehash_option, work_options
from stemkit.cli._progress import shown_progress
from stemkit.cli._report_options import language_option


@click.command()
@click.argument("paths", nargs=-1, metavar="[PATH ...]", type=click.Path(path_type=Path))
@click.option("--film", "film_file", type=click.Path(path_type=Path), metavar="FILE", help="The film these belong to.")
@profile_option
@click.option("--select", multiple=True, metavar="CODES", help="Only these rules: codes or their beginnings.")
@click.option("--ignore", multiple=True, metavar="CODES", help="Not these rules; wins over --select.")
@click.option(
    "--severity",
    multiple=True,
    metavar="[CODE=]LEVEL",
    help="List nothing below this level (error, warning, info); with CODE=, give a rule's findings this level.",
)
@click.option("--fix", is_flag=True, help="Write repaired copies to the folder of -o, and check those.")
@click.option("--deep", is_flag=True, help="Listen to music twice, slowly, and draw spectrograms (librosa).")
@output_option("Folder for the repaired copies of --fix.", required=False)
@format_options("text", "json", "markdown", "junit", "csv", "html")
@language_option
@rehash_option
@work_options
def command(
    paths: tuple[Path, ...],
    fix: bool,
    output: Path | None,
    format_name: str,
    lang: str,
    quiet: bool,
    progress_as: str,
    **options: Any,
) -> None:
    """Say whether stems, a chapter's folder or zip archive, or a film will be accepted, and if not what must be done.

    Writes nothing (but for --fix). Without PATH it takes the film.toml of this folder or its parents;
    the folder of a mix is proven again. Exit code 0: nothing is wrong, or only warnings; 1: errors.
    """
    from stemkit.workflows.check import check

    if fix != (output is not None):
        raise click.UsageError("--fix and -o DIR belong together: the repaired copies need a folder.")
    with shown_progress(progress_as, quiet=quiet) as progress:
        result = check(paths, fix_into=output, progress=progress, **options)
    if format_name == "json":
        print_json(result.report)
    elif not quiet:
        echo(result.in_format(format_name, lang, columns()).rstrip("\n"))
    finish(EXIT_DEFECT if result.has_crashed else EXIT_OK, EXIT_FINDINGS if result.has_errors else EXIT_OK)
