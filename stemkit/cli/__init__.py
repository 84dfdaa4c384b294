"""The command line: the only package that prints, prompts or exits."""

from __future__ import annotations

import importlib
import pkgutil

import click

from stemkit.cli import commands as commands_package

_TOUR = ("demo", "init", "check", "measure", "conform", "mix", "report")


class CommandFolder(click.Group):
    """A group whose commands are the modules of ``stemkit.cli.commands``, imported when they are used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of a delivery's way, then the rest by name."""
        names = {info.name for info in pkgutil.iter_modules(commands_package.__path__) if info.name[0] != "_"}
        return [name for name in _TOUR if name in names] + sorted(names - set(_TOUR))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return one command, `None` if there is none of that name."""
        if cmd_name not in self.list_commands(ctx):
            return None
        command: click.Command = importlib.import_module(f"stemkit.cli.commands.{cmd_name}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command, or say which known one is nearest to what was typed."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            import difflib

            near = difflib.get_close_matches(args[0], self.list_commands(ctx), n=1)
            known = f"Did you mean '{near[0]}'?" if near else f"Commands: {', '.join(self.list_commands(ctx))}."
            raise click.UsageError(f"{error.message} {known}", ctx) from None


@click.command(
    cls=CommandFolder,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    epilog="Start with 'stemkit demo'. Every command answers --help.",
)
@click.version_option(package_name="stemkit", message="stemkit %(version)s")
def stemkit() -> None:
    """Turn many people's VO, SFX and MUSIC stems into one proven film soundtrack.

    Creators run 'stemkit check' on their folder before they deliver; the supervisor runs 'init',
    'check', 'conform' and 'mix' on everybody's.
    """
