"""Options that commands share, declared once."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])


def _apply(*decorators: Callable[[F], F]) -> Callable[[F], F]:
    def decorate(function: F) -> F:
        for decorator in reversed(decorators):
            function = decorator(function)
        return function

    return decorate


def profile_option(function: F) -> F:
    """Add ``--profile NAME|FILE`` (parameter ``profile: str | None``)."""
    return click.option("--profile", metavar="NAME|FILE", help="Delivery profile; see 'stemkit profiles'.")(function)


def format_options(*formats: str) -> Callable[[F], F]:
    """Add ``--format`` with the given names (first is the default) and ``--json`` (parameter ``format_name: str``)."""

    def choose_json(ctx: click.Context, _: click.Parameter, value: bool) -> None:
        if value:
            ctx.params["format_name"] = "json"

    def keep_json(ctx: click.Context, _: click.Parameter, value: str) -> str:
        return str(ctx.params.get("format_name", value))

    return _apply(
        click.option(
            "--json",
            is_flag=True,
            is_eager=True,
            expose_value=False,
            callback=choose_json,
            help="Same as --format json: one JSON object on standard output.",
        ),
        click.option(
            "--format",
            "format_name",
            type=click.Choice(formats),
            default=formats[0],
            show_default=True,
            callback=keep_json,
            help="How the result is written.",
        ),
    )


def work_options(function: F) -> F:
    """Add ``--jobs``, ``--quiet``, ``--progress`` and ``--no-progress`` (``jobs``, ``quiet``, ``progress_as: str``)."""

    def choose_none(ctx: click.Context, _: click.Parameter, value: bool) -> None:
        if value:
            ctx.params["progress_as"] = "none"

    def keep_none(ctx: click.Context, _: click.Parameter, value: str) -> str:
        return str(ctx.params.get("progress_as", value))

    return _apply(
        click.option(
            "--jobs",
            type=click.IntRange(min=1, max=256),
            default=os.cpu_count() or 1,
            show_default="all cores",
            metavar="N",
            help="Files worked on at once; the result is the same whatever it is.",
        ),
        click.option("--quiet", is_flag=True, help="Print nothing but errors (and the JSON, if asked for)."),
        click.option(
            "--no-progress",
            is_flag=True,
            is_eager=True,
            expose_value=False,
            callback=choose_none,
            help="Show no progress.",
        ),
        click.option(
            "--progress",
            "progress_as",
            type=click.Choice(["text", "json"]),
            default="text",
            show_default=True,
            callback=keep_none,
            help="How progress is shown; json: one object a line on standard error.",
        ),
    )(function)


def output_option(help_text: str, *, required: bool = True) -> Callable[[F], F]:
    """Add ``-o/--output DIR`` (parameter ``output: Path``)."""
    from pathlib import Path

    kind = click.Path(file_okay=False, path_type=Path)
    return click.option("-o", "--output", type=kind, required=required, metavar="DIR", help=help_text)


def rehash_option(function: F) -> F:
    """Add ``--rehash`` (parameter ``rehash: bool``)."""
    return click.option("--rehash", is_flag=True, help="Read every file again, whatever the cache says.")(function)
