"""``stemkit cache``."""

from __future__ import annotations

import click

from stemkit.cli._console import echo, print_json
from stemkit.cli._options import format_options, work_options


@click.command()
@click.argument("action", type=click.Choice(("info", "clear")), default="info")
@format_options("text", "json")
@work_options
def command(action: str, format_name: str, quiet: bool, **_: object) -> None:
    """Say what measurements are kept between runs (info), or remove them (clear).

    STEMKIT_CACHE=DIR keeps them elsewhere, STEMKIT_CACHE=off keeps none.
    """
    from stemkit.workflows.cache import cache

    result = cache("clear" if action == "clear" else "info")
    if format_name == "json":
        print_json(result.as_dict())
    elif not quiet:
        echo(result.as_text())
