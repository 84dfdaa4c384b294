"""``stemkit version``: what is installed, for reports of defects."""

from __future__ import annotations

import click

from stemkit.cli import _console
from stemkit.cli._options import format_options


@click.command()
@format_options("text", "json")
def command(format_name: str) -> None:
    """Show the versions of stemkit, its meters and the libraries that its numbers depend on."""
    from stemkit.workflows.version import versions

    data = versions()
    if format_name == "json":
        _console.print_json(data)
        return
    rows = [("stemkit", str(data["version"])), *data["libraries"].items()]
    rows += [(f"meter {name}", str(number)) for name, number in data["meters"].items()]
    _console.echo("\n".join(f"{name:<24}{value}" for name, value in rows))
