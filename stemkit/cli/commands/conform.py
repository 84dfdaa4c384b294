"""``stemkit conform``: repaired copies of everything that a tool can repair, with receipts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from stemkit.cli import _console
from stemkit.cli._options import format_options, output_option, profile_option, rehash_option, work_options
from stemkit.cli._progress import shown_progress


@click.command()
@click.argument("film", type=click.Path(path_type=Path), required=False, metavar="[FILM|FOLDER]")
@output_option("Folder of the conformed tree.", required=False)
@click.option("--plan", "plan_only", is_flag=True, help="Show what would be done and why, and write nothing.")
@click.option("--listen", is_flag=True, help="Listen to everything, as check and --plan do; slower on a new delivery.")
@click.option("--unsafe-fixes", "unsafe", is_flag=True, help="Take steps too that can be heard or rest on a guess.")
@click.option("--only", multiple=True, metavar="ROLE|CHAPTER", help="Conform only these: VO, 7, 3-9; may be repeated.")
@click.option("--steps", multiple=True, metavar="STEP,...", help="Take only these, such as resample,depth.")
@profile_option
@format_options("text", "json")
@work_options
@rehash_option
def command(*, film: Path | None, output: Path | None, plan_only: bool, format_name: str, **options: Any) -> None:
    """Write repaired copies of a film's stems into one tree; the sources are only read.

    Only what nobody can hear is done, unless --unsafe-fixes says otherwise. Exit code 0: no errors are left; 1: some
    are, as check finds them. Where no run has listened yet, only what can be repaired is looked for, and that is said.
    """
    from stemkit.intake.folder import open_film
    from stemkit.report.conform import conform_text
    from stemkit.store.facts import open_store
    from stemkit.workflows._conform_choice import choice_of, only_of
    from stemkit.workflows.conform import conform

    if output is None and not plan_only:
        raise click.UsageError("name a folder for the conformed tree with -o, or look first with --plan")
    declared = open_film([film] if film else [], profile=options["profile"])
    with shown_progress(options["progress_as"], quiet=options["quiet"]) as progress:
        result = conform(
            declared,
            output or Path("conformed"),
            plan_only=plan_only,
            listen=options["listen"],
            choice=choice_of(options["steps"], unsafe=options["unsafe"]),
            only=only_of(options["only"], declared),
            store=open_store(rehash=options["rehash"]),
            jobs=options["jobs"],
            progress=progress,
        )
    data = result.as_dict()
    if format_name == "json":
        _console.print_json(data)
    elif not options["quiet"]:
        _console.echo(conform_text(data, _console.table, plan_only=plan_only, has_written=result.has_written))
    code = _console.EXIT_FINDINGS if result.has_errors else _console.EXIT_OK
    _console.finish(code, _console.EXIT_DEFECT if result.has_defect else _console.EXIT_OK)
