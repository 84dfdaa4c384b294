"""FMT003: the channels are not the profile's."""

from __future__ import annotations

from collections.abc import Iterator

from stemkit.core.facts import ChapterFacts, FilmFacts, StemFacts
from stemkit.core.finding import Finding
from stemkit.core.layout import MONO
from stemkit.core.steps import RemapChannels
from stemkit.rules._base import StemRule, Topic, profile_layout, where_stem


class ChannelLayout(StemRule):
    """Stems have the profile's channels in the profile's order."""

    code = "FMT003"
    name = "channel_layout"
    topic = Topic.LAYOUT
    conditions = ("mono", "order", "layout", "unknown_layout")
    fix = "safe"

    def check(self, stem: StemFacts, chapter: ChapterFacts, film: FilmFacts) -> Iterator[Finding]:
        """Yield another layout; mono and another order of the same channels can be put right by label."""
        assert stem.media is not None
        where, wanted = where_stem(stem, chapter), profile_layout(film)
        layout, channels = stem.media.layout, stem.media.channels
        params = {"channels": channels}
        remap = RemapChannels(wanted.name, film.profile.format.mono_to_stereo_db)
        if layout is None:
            yield self.finding("unknown_layout", where, observed=channels, expected=wanted.name, params=params)
        elif layout == wanted:
            return
        elif layout == MONO:
            yield self.finding("mono", where, observed=layout.name, expected=wanted.name, fixes=(remap,))
        elif set(layout.labels) == set(wanted.labels):
            yield self.finding("order", where, observed=layout.name, expected=wanted.name, fixes=(remap,))
        else:
            yield self.finding("layout", where, observed=layout.name, expected=wanted.name, params=params)
