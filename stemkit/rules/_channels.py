"""How a file's channels can be brought to those that a profile asks for."""

from __future__ import annotations

from stemkit.core.fold_down import fold_matrix
from stemkit.core.layout import LAYOUTS, MONO, STEREO, Layout
from stemkit.core.steps import FoldDown, PickChannels, RemapChannels, Step
from stemkit.meters.channel_levels import ChannelLevels

_SAME_DB = -140.0
_LIVE = {("L", "R"): STEREO, ("C",): MONO}


def way_between(
    layout: Layout, wanted: Layout, levels: ChannelLevels | None, mono_to_stereo_db: float
) -> tuple[str, tuple[Step, ...]]:
    """Return what is wrong, and the steps that lead from a layout to another; none where nobody can know them."""
    remap = RemapChannels(wanted.name, mono_to_stereo_db)
    if layout == MONO:
        return "mono", (remap,)
    if set(layout.labels) == set(wanted.labels):
        return "order", (remap,)
    if (live := live_layout(layout, levels)) is not None:
        pick = PickChannels(live.name, tuple(layout.labels.index(label) for label in live.labels), "silent")
        if live == wanted:
            return "live_channels", (pick,)
        if live == MONO and wanted == STEREO:
            return "live_channels", (pick, remap)
    if wanted == MONO and levels is not None and levels.side_db is not None and levels.side_db <= _SAME_DB:
        return "dual_mono", (PickChannels(MONO.name, (0,), "same"),)
    matrix = fold_matrix(layout, LAYOUTS[wanted.name])
    return ("fold", (FoldDown(wanted.name, matrix),)) if matrix else ("layout", ())


def live_layout(layout: Layout, levels: ChannelLevels | None) -> Layout | None:
    """Return the layout of the channels that carry sound, `None` where all do or they are no layout of their own."""
    if levels is None or not levels.dead or len(levels.rms_dbfs) != layout.count or layout.count < 3:
        return None
    live = tuple(label for at, label in enumerate(layout.labels) if at not in levels.dead)
    return _LIVE.get(live)
