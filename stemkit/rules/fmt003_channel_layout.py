"""FMT003: the channels are not the profile's."""

from __future__ import annotations

from collections.abc import Iterator

from stemkit.core.facts import ChapterFacts, FilmFacts, Need, StemFacts, StreamOf
from stemkit.core.finding import Finding
from stemkit.meters.channel_levels import ChannelLevels
from stemkit.rules._base import StemRule, Supersedes, Topic, profile_layout, where_stem
from stemkit.rules._channels import way_between


class ChannelLayout(StemRule):
    """Stems have the profile's channels in the profile's order."""

    code = "FMT003"
    name = "channel_layout"
    topic = Topic.LAYOUT
    conditions = ("mono", "order", "live_channels", "dual_mono", "fold", "layout", "unknown_layout")
    fix = "safe"
    wants = (Need(StreamOf.STEM, ChannelLevels),)
    supersedes = (
        Supersedes(("SIG005", "SIG006"), by=("live_channels", "dual_mono")),
        Supersedes(("FMT012",)),
    )

    def check(self, stem: StemFacts, chapter: ChapterFacts, film: FilmFacts) -> Iterator[Finding]:
        """Yield another layout; what loses nothing is put right safely, a fold-down waits for somebody to ask."""
        assert stem.media is not None
        where, wanted = where_stem(stem, chapter), profile_layout(film)
        layout, channels = stem.media.layout, stem.media.channels
        if layout is None:
            params = {"channels": channels}
            yield self.finding("unknown_layout", where, observed=channels, expected=wanted.name, params=params)
        elif layout != wanted:
            levels = stem.measured.get(ChannelLevels)
            condition, fixes = way_between(layout, wanted, levels, film.profile.format.mono_to_stereo_db)
            yield self.finding(
                condition,
                where,
                observed=layout.name,
                expected=wanted.name,
                fixes=fixes,
                params={"channels": channels, "live": _live_count(levels)},
            )


def _live_count(levels: ChannelLevels | None) -> int:
    return len(levels.rms_dbfs) - len(levels.dead) if levels else 0
