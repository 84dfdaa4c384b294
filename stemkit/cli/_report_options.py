"""Options of ``stemkit report``."""

from __future__ import annotations

from pathlib import Path

import click

from stemkit.cli._options import F, _apply


def language_option(function: F) -> F:
    """Add ``--lang`` (parameter ``lang: str``), by default the system's."""

    def choose(_: click.Context, parameter: click.Parameter, value: str | None) -> str:
        from stemkit.texts.language import languages, nearest_language, system_language

        found = system_language() if value is None else nearest_language(value)
        if found is None:
            raise click.BadParameter(f"{value!r} is not spoken; there are {', '.join(languages())}", param=parameter)
        return found

    help_text = "Language of what people read: en or zh-Hans; by default the system's."
    return click.option("--lang", callback=choose, metavar="LANGUAGE", help=help_text)(function)


def view_options(function: F) -> F:
    """Add what of a report is shown, and how."""
    file = click.Path(path_type=Path)
    folder = click.Path(path_type=Path, file_okay=False)
    return _apply(
        click.option("--chapter", type=int, metavar="N", help="This chapter alone, fit to send."),
        click.option("--compare", "earlier", type=file, metavar="OLD", help="An earlier report; shows what changed."),
        click.option("--audio", "has_audio", is_flag=True, help="Three seconds to hear at each finding."),
        click.option("--letters", type=folder, metavar="DIR", help="Write a message to each creator into DIR instead."),
        language_option,
    )(function)
