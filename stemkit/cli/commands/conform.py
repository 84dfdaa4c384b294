"""``stemkit conform``: repaired copies of everything that a tool can repair, with receipts."""

from __future__ import annotations

from pathlib import Path

import click

from stemkit.cli import _console
from stemkit.cli._options import format_options, output_option, profile_option, rehash_option, work_options


@click.command()
@click.argument("film", type=click.Path(path_type=Path), required=False, metavar="[FILM|FOLDER]")
@output_option("Folder of the conformed tree.", required=False)
@click.option("--plan", "plan_only", is_flag=True, help="Show what would be done, and write nothing.")
@profile_option
@format_options("text", "json")
@work_options
@rehash_option
def command(
    *,
    film: Path | None,
    output: Path | None,
    plan_only: bool,
    profile: str | None,
    format_name: str,
    jobs: int,
    quiet: bool,
    no_progress: bool,
    rehash: bool,
) -> None:
    """Write repaired copies of a film's stems into one tree; the sources are only read.

    FILM is a film file or its folder, FOLDER a folder of deliveries. Only what nobody can hear is done:
    sample rate, bit depth, mono to stereo, container, ragged ends, names.
    """
    from stemkit.intake.folder import open_film
    from stemkit.report.conform import conform_notes, conform_rows, conform_verdict
    from stemkit.store.facts import open_store
    from stemkit.workflows.conform import conform

    if output is None and not plan_only:
        raise click.UsageError("name a folder for the conformed tree with -o, or look first with --plan")
    declared = open_film([film] if film else [], profile=profile)
    with _console.ProgressDisplay(shown=not (quiet or no_progress)) as progress:
        store = open_store(rehash=rehash)
        out = output or Path("conformed")
        result = conform(declared, out, plan_only=plan_only, store=store, jobs=jobs, progress=progress)
    data = result.as_dict()
    if format_name == "json":
        _console.print_json(data)
    elif not quiet:
        _console.echo(_console.table(conform_rows(data)))
        _console.echo("\n".join(["", *conform_notes(data), conform_verdict(data, has_written=result.has_written)]))
    code = _console.EXIT_FINDINGS if result.has_errors else _console.EXIT_OK
    _console.finish(code, _console.EXIT_DEFECT if result.has_crashed else _console.EXIT_OK)
