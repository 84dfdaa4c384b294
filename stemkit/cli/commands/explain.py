"""``stemkit explain``."""

from __future__ import annotations

import click

from stemkit.cli._console import echo, print_json
from stemkit.cli._options import format_options, profile_option, work_options
from stemkit.cli._report_options import language_option


@click.command()
@click.argument("code")
@profile_option
@language_option
@format_options("text", "json")
@work_options
def command(code: str, profile: str | None, lang: str, format_name: str, quiet: bool, **_: object) -> None:
    """Say what a rule checks, why, and how to put it right, with the numbers of the profile."""
    from stemkit.core.profile import DEFAULT_PROFILE
    from stemkit.workflows.rules import as_json, as_text, explain

    name = profile or DEFAULT_PROFILE
    info = explain(code, name, lang)
    if format_name == "json":
        print_json(as_json((info,), name))
    elif not quiet:
        echo(as_text(info, name, lang))
