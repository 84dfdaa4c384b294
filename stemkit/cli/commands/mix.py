"""``stemkit mix``: the continuous feature, its stems, and the proof that they are the mix."""

from __future__ import annotations

from pathlib import Path

import click

from stemkit.cli import _console
from stemkit.cli._mix_options import MixAsked, mix_options
from stemkit.cli._options import format_options, output_option, profile_option, rehash_option, work_options
from stemkit.cli._progress import shown_progress


@click.command()
@click.argument("film", type=click.Path(path_type=Path), required=False, metavar="[FILM|FOLDER]")
@output_option("Folder of the prints and the report.")
@mix_options
@profile_option
@format_options("text", "json")
@work_options
@rehash_option
def command(
    *,
    film: Path | None,
    output: Path,
    asked: MixAsked,
    profile: str | None,
    format_name: str,
    jobs: int,
    quiet: bool,
    progress_as: str,
    rehash: bool,
) -> None:
    """Join all chapters into the film: the full mix, a print for each role, music and effects.

    Raw deliveries are conformed on the way, as far as that is safe. The prints are read again, measured,
    and subtracted from one another: the stems are the mix, sample by sample.
    """
    from stemkit.intake.folder import open_film
    from stemkit.store.facts import open_store

    declared = open_film([film] if film else [], profile=profile)
    with shown_progress(progress_as, quiet=quiet) as progress:
        store = open_store(rehash=rehash)
        result = asked.run(declared, output, profile, store=store, jobs=jobs, progress=progress)
    data = asked.data_of(result, output)
    if format_name == "json":
        _console.print_json(data)
    elif not quiet:
        _console.echo(asked.text_of(result, data))
    code = _console.EXIT_FINDINGS if result.has_errors else _console.EXIT_OK
    _console.finish(code, _console.EXIT_DEFECT if result.has_crashed else _console.EXIT_OK)
