"""What can be asked of a mix on the command line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from stemkit.core.film import Film, LimiterChoice, MeChoice, PrintContainer
    from stemkit.workflows.excerpt import ExcerptResult
    from stemkit.workflows.mix import MixResult


@dataclass(frozen=True, slots=True)
class MixAsked:
    """The options of ``mix`` that say what is rendered."""

    missing: str | None
    limiter: LimiterChoice | None
    balance: str | None
    duck: float | None
    me: MeChoice | None
    me_gain: float | None
    plan_only: bool
    joins: bool
    chapters: str | None
    reels: str | None
    container: PrintContainer | None
    picture: Path | None

    def run(self, film: Film, output: Path, print_by: str | None, **work: Any) -> MixResult | ExcerptResult:
        """Render what is asked for: the film, or some of its chapters."""
        from stemkit.workflows._mix_asked import chapter_runs, with_files_asked
        from stemkit.workflows.excerpt import excerpt
        from stemkit.workflows.mix import mix
        from stemkit.workflows.under_picture import look_at

        if self.chapters is not None:
            self._require_excerpt_alone()
            silence = self.missing == "silence"
            runs = chapter_runs(self.chapters, film)
            return excerpt(film, output, runs, print_by=print_by, missing_as_silence=silence, **work)
        film = with_files_asked(film, self.reels, self.container)
        if self.picture is not None and not self.plan_only:
            look_at(self.picture, film)
        return mix(film, output, **self.as_options(film, print_by), **work)

    def _require_excerpt_alone(self) -> None:
        from stemkit.core.errors import Problem, UsageError

        alone = ("chapters", "missing")
        names = {"plan_only": "plan", "me_gain": "me-gain"}
        others = [names.get(each.name, each.name) for each in fields(self) if getattr(self, each.name)]
        if others := [name for name in others if name not in alone]:
            message = f"--chapters is an excerpt of the mix as it is: --{others[0]} does not go with it"
            raise UsageError(Problem("usage", message, "mix the film with it first, then ask for the excerpt"))

    def as_options(self, film: Film, print_by: str | None) -> dict[str, Any]:
        """Return the arguments of the workflow."""
        from stemkit.workflows._balance_table import asked_balance

        return {
            "print_by": print_by,
            "missing_as_silence": self.missing == "silence",
            "limiter": self.limiter,
            "duck_db": self.duck,
            "me": self.me,
            "me_gain_db": self.me_gain,
            "plan_only": self.plan_only,
            **asked_balance(self.balance, film),
        }

    def data_of(self, result: MixResult | ExcerptResult, output: Path) -> dict[str, Any]:
        """Return the JSON object of a mix, after what was asked for beside it is written."""
        from stemkit.workflows._mix_parts import left_over
        from stemkit.workflows.excerpt import ExcerptResult
        from stemkit.workflows.joins import cut_joins, cuts_in
        from stemkit.workflows.under_picture import PICTURE, put_under_picture

        data = result.as_dict()
        if isinstance(result, ExcerptResult) or result.report is None:
            return data
        if self.joins:
            data["joins"] = list(cut_joins(output))
        if self.picture is not None:
            data[PICTURE] = put_under_picture(output, self.picture)
        made = data.get(PICTURE) or result.report.get(PICTURE)
        others = left_over(output, data["prints"], [made["path"]] if made else [])
        others += [] if self.joins or result.is_unchanged else cuts_in(output)
        if others:
            data["left_over"] = others
        return data

    def text_of(self, result: MixResult | ExcerptResult, data: dict[str, Any]) -> str:
        """Return what is told to people."""
        from stemkit.report.listening import excerpt_as_text
        from stemkit.report.mix import mix_as_text
        from stemkit.workflows.excerpt import ExcerptResult

        if isinstance(result, ExcerptResult):
            return excerpt_as_text(data)
        return mix_as_text(data, result.report, is_unchanged=result.is_unchanged)


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
    @click.option(
        "--me-gain", type=click.FloatRange(-40.0, 0.0), metavar="DB", help="A gain for an undipped M&E alone."
    )
    @click.option("--plan", "plan_only", is_flag=True, help="Show the balance of the chapters and write nothing.")
    @click.option("--joins", is_flag=True, help="Write a short file for each cut too: full mix, 3 s before and after.")
    @click.option(
        "--chapters", metavar="LIST", help="Only these, such as 22-24 or 3,7-9, to listen to; in files of their own."
    )
    @click.option("--reels", metavar="LIST", help="End a reel after these chapters, such as 12,25,38.")
    @click.option("--container", type=click.Choice(["wav", "flac"]), help="Of the prints.")
    @click.option(
        "--picture",
        type=click.Path(path_type=Path),
        metavar="VIDEO",
        help="Put the full mix under a picture of the film's length too, which is copied untouched.",
    )
    @wraps(command)
    def with_options(**given: Any) -> None:
        asked = MixAsked(**{field.name: given.pop(field.name) for field in fields(MixAsked)})
        command(asked=asked, **given)

    return with_options
