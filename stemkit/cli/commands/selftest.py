"""``stemkit selftest``."""

from __future__ import annotations

import click

from stemkit.cli._console import EXIT_FINDINGS, EXIT_OK, echo, finish, print_json, table
from stemkit.cli._options import format_options, work_options
from stemkit.cli._progress import shown_progress


@click.command()
@format_options("text", "json")
@work_options
def command(format_name: str, quiet: bool, progress_as: str, **_: object) -> None:
    """Meter the standards' own test signals on this machine, beside a second opinion.

    EBU Tech 3341 and 3342 and tones after ITU-R BS.2217, made in memory. Ends with 1 if a reading of
    ours is outside the standard's tolerance.
    """
    from stemkit.store.facts import open_store
    from stemkit.workflows._conformance import keep_result
    from stemkit.workflows.selftest import selftest

    with shown_progress(progress_as, quiet=quiet) as progress:
        result = selftest(progress)
    keep_result(open_store(), len(result.readings), result.missed)
    if format_name == "json":
        print_json(result.as_dict())
    elif not quiet:
        echo(table(result.rows(), right=frozenset((2, 4, 5))))
        echo(f"\n{result.verdict()}")
    finish(EXIT_FINDINGS if result.missed else EXIT_OK)
