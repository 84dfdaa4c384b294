"""SIG002: the sound stands beside the zero line, all the time."""

from __future__ import annotations

from collections.abc import Iterator

from stemkit.core.facts import ChapterFacts, FilmFacts, Need, StemFacts, StreamOf
from stemkit.core.film import Role
from stemkit.core.finding import Finding, Severity
from stemkit.core.steps import RemoveOffset
from stemkit.meters.steady_offset import SteadyOffset
from stemkit.rules._base import StemRule, Supersedes, Topic, where_stem

_LARGE_DBFS, _SMALL_DBFS, _SMALL_MUSIC_DBFS = -40.0, -60.0, -48.0
_STEADY, _RATHER_STEADY = 0.12, 0.35


class DcOffset(StemRule):
    """The sound swings about zero."""

    code = "SIG002"
    name = "dc_offset"
    topic = Topic.CONTENT
    conditions = ("offset",)
    fix = "unsafe"
    needs = (Need(StreamOf.STEM, SteadyOffset),)
    supersedes = (Supersedes(("SIG011",)),)

    def check(self, stem: StemFacts, chapter: ChapterFacts, film: FilmFacts) -> Iterator[Finding]:
        """Yield an offset that every second has; drawn waveforms, whose mean changes with the note, are left alone."""
        offset = stem.measured.get(SteadyOffset)
        assert offset is not None
        least = _SMALL_MUSIC_DBFS if stem.stem.role is Role.MUSIC else _SMALL_DBFS
        if offset.dbfs is None or offset.dbfs <= least or offset.variation > _RATHER_STEADY:
            return
        is_certain = offset.dbfs >= _LARGE_DBFS and offset.variation <= _STEADY
        yield self.finding(
            "offset",
            where_stem(stem, chapter),
            severity=Severity.ERROR if is_certain else Severity.WARNING,
            observed=round(offset.dbfs, 1),
            expected=least,
            unit="dBFS",
            fixes=(RemoveOffset(offset.per_channel),) if is_certain else (),
            confidence=0.99 if offset.variation <= _STEADY else 0.8,
            params={
                "offset": offset.per_channel[offset.channel],
                "percent": 100 * abs(offset.per_channel[offset.channel]),
                "channel": offset.channel + 1,
            },
        )
