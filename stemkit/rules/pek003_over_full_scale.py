"""PEK003: a stem goes over full scale, as delivered or once it is converted."""

from __future__ import annotations

from collections.abc import Iterator

from stemkit.core.facts import ChapterFacts, FilmFacts, Need, StemFacts, StreamOf
from stemkit.core.finding import Finding, Severity
from stemkit.core.steps import ApplyGain
from stemkit.core.units import db_from_amplitude
from stemkit.meters.sample_peak import SamplePeak
from stemkit.rules._base import StemRule, Topic, where_stem

_HEADROOM_DB = 0.02


class OverFullScale(StemRule):
    """Stems stay within full scale; what goes over is kept in float, never clipped."""

    code = "PEK003"
    name = "over_full_scale"
    topic = Topic.LEVEL
    conditions = ("delivered", "converted", "no_float")
    severity = Severity.WARNING
    fix = "unsafe"
    needs = (Need(StreamOf.STEM, SamplePeak),)
    wants = (Need(StreamOf.CONFORMED, SamplePeak),)

    def check(self, stem: StemFacts, chapter: ChapterFacts, film: FilmFacts) -> Iterator[Finding]:
        """Yield peaks that integers cannot hold, as the mix would take the stem."""
        delivered, converted = stem.measured.get(SamplePeak), stem.conformed.get(SamplePeak)
        assert stem.media is not None
        assert delivered is not None
        largest = 1.0 - 2.0 ** -(film.profile.format.bit_depth_bits - 1)
        amplitude = max(delivered.max_amplitude, converted.max_amplitude if converted else 0.0)
        is_integer = not stem.media.is_float and not stem.media.is_lossy and converted is None
        if is_integer or amplitude <= largest:
            return
        peak_db = db_from_amplitude(amplitude) or 0.0
        can_keep = film.profile.format.float_accepted
        over_as_delivered = delivered.max_amplitude > largest
        yield self.finding(
            ("delivered" if over_as_delivered else "converted") if can_keep else "no_float",
            where_stem(stem, chapter),
            severity=Severity.WARNING if can_keep else Severity.ERROR,
            observed=round(peak_db, 2),
            expected=0.0,
            unit="dBFS",
            fixes=() if can_keep else (ApplyGain(-round(max(peak_db, 0.0) + _HEADROOM_DB + 0.005, 2)),),
            params={"by_db": peak_db, "samples": delivered.over_full_scale_samples},
        )
