"""``stemkit init``."""

from __future__ import annotations

from pathlib import Path

import click

from stemkit.cli._console import echo, note, print_json
from stemkit.cli._options import format_options, profile_option, work_options


@click.command()
@click.argument("folder", required=False, type=click.Path(path_type=Path))
@click.option("--from", "chapter_list", type=click.Path(path_type=Path), metavar="CSV", help="A list of the chapters.")
@click.option("--column", "columns", multiple=True, metavar="MEANING=HEAD", help="length=Dauer: which column is which.")
@click.option("--frame-rate", metavar="R", help="The picture's rate, such as 24, 25 or 29.97df; wins over the list.")
@click.option("--force", is_flag=True, help="Replace a film file that is there, edits and all.")
@click.option("--schema", is_flag=True, help="Print the JSON Schema of film files, for an editor, and stop.")
@profile_option
@format_options("text", "json")
@work_options
def command(
    *,
    folder: Path | None,
    chapter_list: Path | None,
    columns: tuple[str, ...],
    frame_rate: str | None,
    force: bool,
    schema: bool,
    profile: str | None,
    format_name: str,
    quiet: bool,
    **_: object,
) -> None:
    """Look at a folder of deliveries and write FOLDER/film.toml.

    A chapter list comes out of any spreadsheet, as CSV (or Notion's archive of it): columns are found by their meaning
    (number, title, creator, length, start timecode, handles, frame rate). Folders and zip archives are matched to
    chapters by number, creator and title. Whatever is not clear stands in the file as a comment. Where a film file is
    there already, only what is new is added to it.
    """
    from stemkit.workflows.init import film_schema, init, named_columns

    if schema:
        print_json(film_schema())
        return
    named = named_columns(columns)
    result = init(
        folder or Path(), chapter_list=chapter_list, frame_rate=frame_rate, profile=profile, force=force, columns=named
    )
    if format_name == "json":
        print_json(result.as_dict())
    if quiet:
        return
    if format_name != "json":
        echo(result.as_text())
    for doubt in result.doubts:
        place = f"chapter {doubt.chapter}: " if doubt.chapter is not None else ""
        note(f"warning: {place}{doubt.message}")
