"""What a mix can take from earlier ones: prints where nothing changed, and what was measured of stretches.

The report says for each stretch of the film what it was made of (`stemkit.plan.stretches`), and for all of them
at what gain and under what limiter. Prints that still have the hashes of the report hold each stretch just as it
would be rendered now, if all that is the same. They are only read: the new prints are files of their own, opened
again, measured and proven like any others.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stemkit import __version__
from stemkit.audio.probe import probe
from stemkit.core.errors import MediaError, UsageError
from stemkit.core.mix_facts import LevelFacts
from stemkit.plan.deliverables import Form
from stemkit.plan.routing import PrintRow, roles_needed
from stemkit.plan.stretches import recipes, segments_in_stretch, stretches
from stemkit.plan.timeline import Timeline
from stemkit.render.buses import Ready
from stemkit.render.kept import Kept
from stemkit.render.memory import Memory, PrintParts
from stemkit.report.model import REPORT_NAME, SCHEMA, open_report

STRETCHES = "stretches"
"""Key of the report under which stands what each stretch was made of."""
_FILM_WIDE = ("version", "form", "prints", "gain_db", "ceiling_dbtp")


@dataclass(frozen=True, slots=True)
class Rendering:
    """What was rendered, and why.

    Parameters
    ----------
    changed
        What changed for the whole film, so that all of it was rendered: of `_FILM_WIDE`.
    """

    made_of: Mapping[str, Any]
    count: int
    rendered: int
    changed: tuple[str, ...] = ()

    def digests(self) -> list[str]:
        """Return for each stretch a digest of all that decides what the prints hold there."""
        film_wide = json.dumps([self.made_of[key] for key in _FILM_WIDE])
        return [
            hashlib.blake2b(f"{film_wide} {recipe}".encode(), digest_size=12).hexdigest()
            for recipe in self.made_of["recipes"]
        ]

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON data for those who use a mix."""
        return {"stretches": self.count, "rendered": self.rendered, "changed": list(self.changed)}


@dataclass(frozen=True, slots=True)
class Reuse:
    """The folder of an earlier mix, and the memory of what was measured.

    Parameters
    ----------
    ready
        Makes the files that are read next, where they are not there yet.
    require_unchanged
        Sees that what was measured so far was measured of the right sounds.
    """

    out: Path
    memory: Memory
    ready: Ready
    require_unchanged: Callable[[], None]

    def settle(self) -> None:
        """Keep what was measured for other runs, unless a source changed meanwhile."""
        self.require_unchanged()
        self.memory.settle()

    def plan(
        self, timeline: Timeline, rows: Sequence[PrintRow], form: Form, level: LevelFacts
    ) -> tuple[Rendering, Kept | None]:
        """Decide which stretches are rendered.

        Parameters
        ----------
        rows
            The prints that are rendered together.
        """
        spans = stretches(timeline, form.layout.count)
        made_of: dict[str, Any] = {
            "version": __version__,
            "form": [form.sample_rate_hz, form.layout.name, form.subtype],
            "prints": [[row.name, *(role.value for role in row.roles)] for row in rows],
            "gain_db": level.applied_gain_db,
            "ceiling_dbtp": level.limiter.ceiling_dbtp if level.is_limited and level.limiter else None,
            "recipes": list(recipes(timeline, form.layout.count, roles_needed(rows), self.memory.sounds)),
        }
        report = self._earlier() if form.is_plain else None
        if report is None:
            return Rendering(made_of, len(spans), len(spans)), None
        before = report[STRETCHES]
        changed = tuple(key for key in _FILM_WIDE if before.get(key) != made_of[key])
        was = before["recipes"]
        is_right = [at < len(was) and was[at] == recipe for at, recipe in enumerate(made_of["recipes"])]
        prints = None if changed or not any(is_right) else self._believed(report, rows)
        if prints is None:
            return Rendering(made_of, len(spans), len(spans), changed), None
        kept = Kept(prints, spans, is_right)
        return Rendering(made_of, len(spans), kept.rendered), kept

    def parts_of(
        self, rows: Sequence[PrintRow], rendering: Rendering, kept: Kept | None, form: Form
    ) -> dict[str, PrintParts]:
        """Return for each print what is known of it as a file, stretch by stretch."""
        segments = segments_in_stretch(form.sample_rate_hz, form.layout.count)
        made_of = rendering.digests()
        is_copied = kept.is_right if kept is not None else [False] * len(made_of)
        return {row.name: PrintParts(self.memory, row, segments, made_of, is_copied) for row in rows}

    def _earlier(self) -> Mapping[str, Any] | None:
        try:
            report = open_report(self.out / REPORT_NAME)
        except UsageError:
            return None
        is_proven = (report.get("null_test") or {}).get("exact") is True
        return report if report["schema"] == SCHEMA and is_proven and report.get(STRETCHES) else None

    def _believed(self, report: Mapping[str, Any], rows: Sequence[PrintRow]) -> dict[str, Any] | None:
        """Return the prints in the folder, `None` if one of them is not what the report proves."""
        proven = {each["name"]: each for each in report["prints"]}
        try:
            if any(
                self.memory.store.sha256_of(self.out / proven[row.name]["path"]) != proven[row.name]["sha256"]
                for row in rows
            ):
                return None
            return {row.name: probe(self.out / proven[row.name]["path"]) for row in rows}
        except (OSError, KeyError, MediaError):
            return None
