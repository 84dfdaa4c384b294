"""What can be asked of a mix on the command line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from pathlib import Path

    from stemkit.core.film import Film, LimiterChoice, MeChoice
    from stemkit.workflows.mix import MixResult


@dataclass(frozen=True, slots=True)
class MixAsked:
    """The options of ``mix`` that say what is rendered."""

    missing: str | None
    limiter: LimiterChoice | None
    balance: str | None
    duck: float | None
    me: MeChoice | None
    plan_only: bool
    joins: bool

    def as_options(self, film: Film, print_by: str | None) -> dict[str, Any]:
        """Return the arguments of the workflow."""
        from stemkit.workflows._balance_table import asked_balance

        return {
            "print_by": print_by,
            "missing_as_silence": self.missing == "silence",
            "limiter": self.limiter,
            "duck_db": self.duck,
            "me": self.me,
            "plan_only": self.plan_only,
            **asked_balance(self.balance, film),
        }

    def data_of(self, result: MixResult, output: Path) -> dict[str, Any]:
        """Return the JSON object of a mix, after what was asked for beside it is written."""
        from stemkit.workflows.joins import cut_joins

        data = result.as_dict()
        if self.joins and result.report is not None:
            data["joins"] = list(cut_joins(output))
        return data


def mix_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options; the command takes them as ``asked``."""

    @click.option("--missing", type=click.Choice(["silence"]), help="Put silence where a stem is absent or unusable.")
    @click.option("--limiter", type=click.Choice(["off", "linked"]), help="One true-peak limiter for all prints.")
    @click.option("--balance", metavar="MODE|CSV", help="none, dialogue, programme, or an edited balance.csv.")
    @click.option(
        "--duck",
        type=click.FloatRange(0.0, 40.0),
        metavar="DB",
        help="Music and effects so far under the voice; 0: off.",
    )
    @click.option(
        "--me", type=click.Choice(["follow", "undipped"]), help="M&E as in the mix, or before ducking and limiter."
    )
    @click.option("--plan", "plan_only", is_flag=True, help="Show the balance of the chapters and write nothing.")
    @click.option("--joins", is_flag=True, help="Write a short file for each cut too: full mix, 3 s before and after.")
    @wraps(command)
    def with_options(**given: Any) -> None:
        asked = MixAsked(**{field.name: given.pop(field.name) for field in fields(MixAsked)})
        command(asked=asked, **given)

    return with_options
