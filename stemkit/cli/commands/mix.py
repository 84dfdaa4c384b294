"""``stemkit mix``: the continuous feature, its stems, and the proof that they are the mix."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from stemkit.cli import _console
from stemkit.cli._options import format_options, output_option, profile_option, rehash_option, work_options

if TYPE_CHECKING:
    from stemkit.core.film import LimiterChoice


@click.command()
@click.argument("film", type=click.Path(path_type=Path), required=False, metavar="[FILM|FOLDER]")
@output_option("Folder of the prints and the report.")
@click.option("--missing", type=click.Choice(["silence"]), help="Put silence where a stem is absent or unusable.")
@click.option("--limiter", type=click.Choice(["off", "linked"]), help="One true-peak limiter for all prints.")
@click.option("--balance", metavar="MODE|CSV", help="none, dialogue, programme, or an edited balance.csv.")
@click.option("--plan", "plan_only", is_flag=True, help="Show the balance of the chapters and write nothing.")
@click.option("--joins", is_flag=True, help="Write a short file for each cut too: the full mix, 3 s before and after.")
@profile_option
@format_options("text", "json")
@work_options
@rehash_option
def command(
    *,
    film: Path | None,
    output: Path,
    missing: str | None,
    limiter: LimiterChoice | None,
    balance: str | None,
    plan_only: bool,
    joins: bool,
    profile: str | None,
    format_name: str,
    jobs: int,
    quiet: bool,
    no_progress: bool,
    rehash: bool,
) -> None:
    """Join all chapters into the film: the full mix, a print for each role, music and effects.

    Raw deliveries are conformed on the way, as far as that is safe. The prints are read again, measured,
    and subtracted from one another: the stems are the mix, sample by sample.
    """
    from stemkit.intake.folder import open_film
    from stemkit.report.mix import mix_as_text
    from stemkit.store.facts import open_store
    from stemkit.workflows._balance_table import asked_balance
    from stemkit.workflows.joins import cut_joins
    from stemkit.workflows.mix import mix

    declared = open_film([film] if film else [], profile=profile)
    with _console.ProgressDisplay(shown=not (quiet or no_progress)) as progress:
        result = mix(
            declared,
            output,
            print_by=profile,
            limiter=limiter,
            **asked_balance(balance, declared),
            plan_only=plan_only,
            missing_as_silence=missing == "silence",
            store=open_store(rehash=rehash),
            jobs=jobs,
            progress=progress,
        )
    data = result.as_dict()
    if joins and result.report is not None:
        data["joins"] = list(cut_joins(output))
    if format_name == "json":
        _console.print_json(data)
    elif not quiet:
        _console.echo(mix_as_text(data, result.report, is_unchanged=result.is_unchanged))
    code = _console.EXIT_FINDINGS if result.has_errors else _console.EXIT_OK
    _console.finish(code, _console.EXIT_DEFECT if result.has_crashed else _console.EXIT_OK)
