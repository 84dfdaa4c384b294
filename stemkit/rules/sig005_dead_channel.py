"""SIG005: one channel of a stereo pair carries nothing, or next to nothing."""

from __future__ import annotations

from collections.abc import Iterator

from stemkit.core.facts import ChapterFacts, FilmFacts, Need, StemFacts, StreamOf
from stemkit.core.finding import Finding
from stemkit.core.steps import CopyChannel
from stemkit.meters.channel_levels import ChannelLevels
from stemkit.rules._base import StemRule, Topic, where_stem

_FAR_DB = 40.0
_SIDES = ("left", "right")


class DeadChannel(StemRule):
    """Both channels of a pair carry sound."""

    code = "SIG005"
    name = "dead_channel"
    topic = Topic.CONTENT
    conditions = ("dead", "far_below")
    fix = "unsafe"
    needs = (Need(StreamOf.STEM, ChannelLevels),)

    def check(self, stem: StemFacts, chapter: ChapterFacts, film: FilmFacts) -> Iterator[Finding]:
        """Yield the channel that is silent, or more than 40 dB below the other."""
        levels = stem.measured.get(ChannelLevels)
        assert levels is not None
        if len(levels.rms_dbfs) != 2:
            return
        where = where_stem(stem, chapter)
        if levels.dead:
            dead = levels.dead[0]
            params = {"side": _SIDES[dead], "other": _SIDES[1 - dead]}
            yield self.finding("dead", where, fixes=(CopyChannel(1 - dead, dead),), params=params)
        elif levels.spread_db is not None and levels.spread_db >= _FAR_DB:
            quiet = 0 if (levels.rms_dbfs[0] or 0.0) < (levels.rms_dbfs[1] or 0.0) else 1
            yield self.finding(
                "far_below",
                where,
                observed=round(levels.spread_db, 1),
                expected=_FAR_DB,
                unit="dB",
                confidence=0.98,
                params={"side": _SIDES[quiet], "other": _SIDES[1 - quiet]},
            )
