"""FMT003: the channels are not the profile's."""

from __future__ import annotations

from collections.abc import Iterator

from stemkit.core.facts import ChapterFacts, FilmFacts, Need, StemFacts, StreamOf
from stemkit.core.finding import Finding
from stemkit.core.fold_down import fold_matrix
from stemkit.core.layout import LAYOUTS, MONO, STEREO, Layout
from stemkit.core.steps import FoldDown, PickChannels, RemapChannels, Step
from stemkit.meters.channel_levels import ChannelLevels
from stemkit.rules._base import StemRule, Topic, profile_layout, where_stem

_SAME_DB = -140.0
_LIVE = {("L", "R"): STEREO, ("C",): MONO}


class ChannelLayout(StemRule):
    """Stems have the profile's channels in the profile's order."""

    code = "FMT003"
    name = "channel_layout"
    topic = Topic.LAYOUT
    conditions = ("mono", "order", "live_channels", "dual_mono", "fold", "layout", "unknown_layout")
    fix = "safe"
    wants = (Need(StreamOf.STEM, ChannelLevels),)

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
            condition, fixes = _way(layout, wanted, levels, film.profile.format.mono_to_stereo_db)
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


def _way(
    layout: Layout, wanted: Layout, levels: ChannelLevels | None, mono_to_stereo_db: float
) -> tuple[str, tuple[Step, ...]]:
    """Return what is wrong, and the steps that lead from a layout to another; none where nobody can know them."""
    remap = RemapChannels(wanted.name, mono_to_stereo_db)
    if layout == MONO:
        return "mono", (remap,)
    if set(layout.labels) == set(wanted.labels):
        return "order", (remap,)
    if (live := _live(layout, levels)) is not None:
        pick = PickChannels(live.name, tuple(layout.labels.index(label) for label in live.labels), "silent")
        if live == wanted:
            return "live_channels", (pick,)
        if live == MONO and wanted == STEREO:
            return "live_channels", (pick, remap)
    if wanted == MONO and levels is not None and levels.side_db is not None and levels.side_db <= _SAME_DB:
        return "dual_mono", (PickChannels(MONO.name, (0,), "same"),)
    matrix = fold_matrix(layout, LAYOUTS[wanted.name])
    return ("fold", (FoldDown(wanted.name, matrix),)) if matrix else ("layout", ())


def _live(layout: Layout, levels: ChannelLevels | None) -> Layout | None:
    """Return the layout of the channels that carry sound, `None` where all do or they are no layout of their own."""
    if levels is None or not levels.dead or len(levels.rms_dbfs) != layout.count or layout.count < 3:
        return None
    live = tuple(label for at, label in enumerate(layout.labels) if at not in levels.dead)
    return _LIVE.get(live)
