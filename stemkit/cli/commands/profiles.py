"""``stemkit profiles``."""

from __future__ import annotations

from pathlib import Path

import click

from stemkit.cli._console import echo, print_json, table
from stemkit.cli._options import format_options, work_options


@click.group(invoke_without_command=True)
@format_options("text", "json")
@work_options
@click.pass_context
def command(ctx: click.Context, /, format_name: str, quiet: bool, **_: object) -> None:
    """List the delivery profiles, show one, check one of your own, or print the schema for an editor.

    A profile is one TOML file; put yours into profiles/ beside the film file, or name its path.
    """
    if ctx.invoked_subcommand is not None:
        return
    from stemkit.workflows.profiles import list_profiles, rows_of

    found = list_profiles()
    if format_name == "json":
        print_json(found)
    elif not quiet:
        echo(table(rows_of(found)))


@command.command()
@click.argument("name", metavar="NAME|FILE")
@format_options("text", "json")
def show(name: str, format_name: str) -> None:
    """Show all that a profile asks for, each figure with its source."""
    from stemkit.workflows.profiles import as_json, as_text, show_profile

    profile = show_profile(name)
    print_json(as_json(profile)) if format_name == "json" else echo(as_text(profile))


@command.command()
@click.argument("file", type=click.Path(path_type=Path), metavar="FILE")
@format_options("text", "json")
def check(file: Path, format_name: str) -> None:
    """Check a profile of your own: every mistake with its line and key."""
    from stemkit.workflows.profiles import as_json, check_profile

    profile = check_profile(file)
    print_json(as_json(profile)) if format_name == "json" else echo(f"{file}: a profile without errors")


@command.command()
def schema() -> None:
    """Print the JSON Schema of profiles, for an editor that completes and checks while you write."""
    from stemkit.workflows.profiles import profile_schema

    print_json(profile_schema())
