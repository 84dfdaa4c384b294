"""``stemkit rules``."""

from __future__ import annotations

import click

from stemkit.cli._console import echo, print_json, table
from stemkit.cli._options import format_options, profile_option, work_options
from stemkit.cli._report_options import language_option


@click.command()
@profile_option
@language_option
@format_options("text", "json", "markdown")
@work_options
def command(profile: str | None, lang: str, format_name: str, quiet: bool, **_: object) -> None:
    """List everything that is checked."""
    from stemkit.core.profile import DEFAULT_PROFILE
    from stemkit.workflows.rules import as_json, as_markdown, list_rules

    name = profile or DEFAULT_PROFILE
    rules = list_rules(name, lang)
    if format_name == "json":
        print_json(as_json(rules, name))
    elif quiet:
        return
    elif format_name == "markdown":
        echo(as_markdown(rules))
    else:
        rows = [[one.rule.code, one.severity, one.rule.fix, one.text.title] for one in rules]
        echo(table([["code", "severity", "fix", "title"], *rows]))
        echo("\n'stemkit explain CODE' says what a rule checks, why, and how to put it right.")
