"""FMT011: channels of a surround file carry nothing: mono or stereo sound in too large a file."""

from __future__ import annotations

from collections.abc import Iterator

from stemkit.core.facts import ChapterFacts, FilmFacts, Need, StemFacts, StreamOf
from stemkit.core.finding import Finding, Severity
from stemkit.core.steps import Step
from stemkit.meters.channel_levels import ChannelLevels
from stemkit.rules._base import StemRule, Supersedes, Topic, profile_layout, where_stem
from stemkit.rules._channels import way_between


class EmptyChannels(StemRule):
    """A surround file carries surround sound."""

    code = "FMT011"
    name = "empty_channels"
    topic = Topic.LAYOUT
    conditions = ("empty",)
    severity = Severity.WARNING
    fix = "safe"
    needs = (Need(StreamOf.STEM, ChannelLevels),)
    supersedes = (Supersedes(("FMT003.live_channels", "FMT012.absent")),)

    def check(self, stem: StemFacts, chapter: ChapterFacts, film: FilmFacts) -> Iterator[Finding]:
        """Yield a file of more than two channels in which no more than two carry sound."""
        levels = stem.measured.get(ChannelLevels)
        assert levels is not None
        assert stem.media is not None
        count = stem.media.channels
        full = [i for i, level in enumerate(levels.rms_dbfs) if level is not None]
        if count <= 2 or not 0 < len(full) <= 2:
            return
        labels = stem.media.layout.labels if stem.media.layout else tuple(str(i + 1) for i in range(count))
        wanted = profile_layout(film)
        is_wanted = wanted.count == count
        yield self.finding(
            "empty",
            where_stem(stem, chapter),
            severity=Severity.WARNING if is_wanted else Severity.ERROR,
            observed=len(full),
            expected=count,
            unit="channels",
            fixes=_fixes(stem, levels, film) if not is_wanted else (),
            params={"full": " and ".join(labels[i] for i in full)},
        )


def _fixes(stem: StemFacts, levels: ChannelLevels, film: FilmFacts) -> tuple[Step, ...]:
    """Return the steps that leave the empty channels out, where the profile asks for just those that are full."""
    if stem.media is None or stem.media.layout is None:
        return ()
    form = film.profile.format
    condition, steps = way_between(stem.media.layout, profile_layout(film), levels, form.mono_to_stereo_db)
    return steps if condition == "live_channels" else ()
