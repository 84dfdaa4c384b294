"""FMT012: the channel mask of the header does not say what the channels are."""

from __future__ import annotations

from collections.abc import Iterator

from stemkit.core.facts import ChapterFacts, FilmFacts, StemFacts
from stemkit.core.finding import Finding, Severity, Value
from stemkit.core.layout import layout_from_mask
from stemkit.rules._base import StemRule, Topic, where_stem

_SURE_BY_COUNT = 2  # one or two channels mean the same whatever the header says


class ChannelMask(StemRule):
    """The mask names as many loudspeakers as there are channels, and files of many channels have one."""

    code = "FMT012"
    name = "channel_mask"
    topic = Topic.LAYOUT
    conditions = ("mismatch", "unusual", "absent")
    severity = Severity.WARNING

    def check(self, stem: StemFacts, chapter: ChapterFacts, film: FilmFacts) -> Iterator[Finding]:
        """Yield a mask that does not fit, and surround sound whose order nothing states."""
        media = stem.media
        assert media is not None
        where, mask = where_stem(stem, chapter), media.channel_mask
        if not mask:
            if media.channels > _SURE_BY_COUNT and media.layout_source == "assumed" and media.layout is not None:
                params: dict[str, Value] = {"layout": media.layout.name, "order": " ".join(media.layout.labels)}
                yield self.finding("absent", where, observed=media.channels, unit="channels", params=params)
            return
        if layout_from_mask(mask, media.channels) is not None:
            return
        named = mask.bit_count()
        condition = "mismatch" if named != media.channels else "unusual"
        params = {"mask": f"0x{mask:X}", "channels": media.channels}
        yield self.finding(condition, where, observed=named, expected=media.channels, unit="channels", params=params)
