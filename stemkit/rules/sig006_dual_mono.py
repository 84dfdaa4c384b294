"""SIG006: both channels of a stereo stem are the same."""

from __future__ import annotations

from collections.abc import Iterator

from stemkit.core.facts import ChapterFacts, FilmFacts, Need, StemFacts, StreamOf
from stemkit.core.film import Role
from stemkit.core.finding import Finding, Severity
from stemkit.meters.channel_levels import ChannelLevels
from stemkit.rules._base import StemRule, Topic, where_stem

_SAME_DB = -90.0


class DualMono(StemRule):
    """Music and effects in stereo differ between left and right; a voice is mono by nature."""

    code = "SIG006"
    name = "dual_mono"
    topic = Topic.CONTENT
    conditions = ("dual_mono",)
    severity = Severity.INFO
    needs = (Need(StreamOf.STEM, ChannelLevels),)

    def check(self, stem: StemFacts, chapter: ChapterFacts, film: FilmFacts) -> Iterator[Finding]:
        """Yield stereo music or effects whose sides do not differ."""
        levels = stem.measured.get(ChannelLevels)
        assert levels is not None
        if stem.stem.role is Role.VO or levels.side_db is None or levels.side_db > _SAME_DB:
            return
        yield self.finding("dual_mono", where_stem(stem, chapter), params={"role": stem.stem.role.value})
