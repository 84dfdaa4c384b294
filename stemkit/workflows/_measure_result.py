"""What ``measure`` found: one file after another, and the forms in which it is told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from stemkit import __version__
from stemkit.core.layout import Layout
from stemkit.core.media import LayoutSource, MediaInfo
from stemkit.core.names import display_name
from stemkit.meters._ledger import Ledger
from stemkit.meters._meter import meter_versions
from stemkit.meters.summary import Summary
from stemkit.report import measured

MORE = ("details", "overs", "dialogue", "leq_m")


@dataclass(frozen=True, slots=True)
class MeasuredFile:
    """One file: its header, its ledger, its numbers, or why there are none.

    Parameters
    ----------
    ledger, curves
        Of the scan that the numbers are from, and of the one that holds the curve of true peaks.
    more
        Under ``details``, ``overs``, ``dialogue`` and ``leq_m`` what else was measured, as JSON data.
    """

    path: str
    error: str | None
    media: MediaInfo | None
    layout: Layout | None
    layout_source: LayoutSource | None
    ledger: Ledger | None
    summary: Summary
    curves: Ledger | None = None
    more: Mapping[str, object] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The path, safe for people's terminals."""
        return display_name(self.path)

    def as_dict(self) -> dict[str, object]:
        """Return the file's entry in the JSON contract."""
        media = self.media
        return {
            "path": self.path,
            "name": self.name,
            "error": self.error,
            "container": media.container if media else None,
            "subtype": media.subtype if media else None,
            "sample_rate_hz": media.sample_rate_hz if media else None,
            "channels": media.channels if media else None,
            "layout": self.layout.name if self.layout else None,
            "layout_source": self.layout_source,
            "length_samples": media.length_samples if media else None,
            "duration_s": media.duration_s if media else None,
            **self.summary.as_dict(),
            **{name: self.more.get(name) for name in MORE},
        }


@dataclass(frozen=True, slots=True)
class MeasureResult:
    """All files, in the order in which they were given."""

    files: tuple[MeasuredFile, ...]

    @property
    def unreadable(self) -> int:
        """How many files could not be measured."""
        return sum(file.error is not None for file in self.files)

    def as_dict(self) -> dict[str, object]:
        """Return the JSON contract ``stemkit/measure/1``."""
        return {
            "schema": "stemkit/measure/1",
            "version": __version__,
            "meters": meter_versions(),
            "files": [file.as_dict() for file in self.files],
        }

    def rows(self) -> list[list[str]]:
        """Return a table for people."""
        return measured.rows([file.as_dict() for file in self.files])

    def lines(self) -> list[str]:
        """Return what follows the table: places over a limit, dialogue, Leq(m)."""
        return measured.lines([file.as_dict() for file in self.files])

    def notes(self) -> list[str]:
        """Return what a reader of the table must know."""
        return measured.notes([file.as_dict() for file in self.files])

    def as_csv(self) -> str:
        """Return a table for spreadsheets."""
        return measured.as_csv([file.as_dict() for file in self.files])
