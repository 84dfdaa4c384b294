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
    from stemkit.workflows.profiles import list_profiles

    found = list_profiles()
    if format_name == "json":
        print_json(found)
    elif not quiet:
        entries = found["profiles"]
        assert isinstance(entries, list)
        rows = [[e["name"], e["title"] or f"has errors: {e['error']}", e["revision"] or ""] for e in entries]
        echo(table([["name", "what it asks for", "revision"], *rows]))


def _print_profile(name: str, format_name: str, *, is_file: bool, quiet: bool = False) -> None:
    from stemkit.workflows.profiles import as_json, as_text, check_profile, show_profile

    profile = check_profile(Path(name)) if is_file else show_profile(name)
    if format_name == "json":
        print_json(as_json(profile))
    elif not quiet:
        echo(f"{name}: a profile without errors\n" if is_file else as_text(profile))


@command.command()
@click.argument("name", metavar="NAME|FILE")
@format_options("text", "json")
def show(name: str, format_name: str) -> None:
    """Show all that a profile asks for, each figure with its source."""
    _print_profile(name, format_name, is_file=False)


@command.command()
@click.argument("file", metavar="FILE")
@format_options("text", "json")
def check(file: str, format_name: str) -> None:
    """Check a profile of your own: every mistake with its line and key."""
    _print_profile(file, format_name, is_file=True)


@command.command()
def schema() -> None:
    """Print the JSON Schema of profiles, for an editor that completes and checks while you write."""
    from stemkit.workflows.profiles import profile_schema

    print_json(profile_schema())
