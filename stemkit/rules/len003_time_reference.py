"""LEN003: the start timecodes of a chapter's stems contradict each other, or the film."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from fractions import Fraction

from stemkit.core.facts import ChapterFacts, FilmFacts, StemFacts
from stemkit.core.finding import Finding, Severity, Value
from stemkit.rules._base import ChapterRule, Supersedes, Topic, where_chapter, where_stem
from stemkit.rules._timecodes import Clock, shift_by, stated_start

_TOLERANCE_S = Fraction(1, 1000)  # programs round a timecode to samples in their own ways


class TimeReference(ChapterRule):
    """Broadcast WAVs of one chapter state one start, and if it is the film's clock, the chapter's place."""

    code = "LEN003"
    name = "time_reference"
    topic = Topic.LENGTH
    fix = "unsafe"
    conditions = ("inconsistent", "disagree", "other_chapter", "elsewhere")
    supersedes = (Supersedes(("FMT005",), by=("other_chapter",)),)

    def check(self, chapter: ChapterFacts, film: FilmFacts) -> Iterator[Finding]:
        """Yield stems that start elsewhere than the others; where all agree, a chapter that is not in its place."""
        starts = {stem.stem.path: stated_start(stem, chapter, film) for stem in chapter.stems}
        stated = [(stem, start) for stem in chapter.stems if (start := starts[stem.stem.path]) is not None]
        if not stated:
            return
        votes = Counter(round(start, 3) for _, start in stated)
        common, count = votes.most_common(1)[0]
        if len(votes) == 1 or max(votes) - min(votes) <= _TOLERANCE_S:
            yield from self._against_film(chapter, film, common, [stem for stem, _ in stated])
        elif count > len(stated) - count:
            for stem, start in stated:
                if abs(start - common) > _TOLERANCE_S:
                    yield self._stray(stem, chapter, start, common, film.profile.format.sample_rate_hz)
        else:
            told: str = ", ".join(f"{stem.stem.role} {_clock(start)}" for stem, start in stated)
            yield self.finding(
                "disagree", where_chapter(chapter), observed=len(votes), expected=1, params={"starts": told}
            )

    def _stray(
        self, stem: StemFacts, chapter: ChapterFacts, start: Fraction, common: Fraction, rate_hz: int
    ) -> Finding:
        params: dict[str, Value] = {"start": _clock(start), "common": _clock(common)}
        params["difference_s"] = float(start - common)
        return self.finding(
            "inconsistent",
            where_stem(stem, chapter),
            observed=float(start),
            expected=float(common),
            unit="s",
            fixes=shift_by(stem, start - common, rate_hz),
            params=params,
        )

    def _against_film(
        self, chapter: ChapterFacts, film: FilmFacts, start: Fraction, stems: list[StemFacts]
    ) -> Iterator[Finding]:
        clock = Clock(film)
        number = chapter.chapter.number
        if clock.is_own(start, chapter) or clock.is_at(start, number, chapter, _TOLERANCE_S) is not False:
            return
        where = where_stem(stems[0], chapter) if len(stems) == 1 else where_chapter(chapter)
        params: Mapping[str, Value] = {"start": _clock(start), "place": _clock(clock.start_of(number) or start)}
        other = next((one for one in clock.numbers if clock.is_at(start, one, chapter, _TOLERANCE_S)), None)
        if other is not None:
            params = {**params, "other": other}
            yield self.finding(
                "other_chapter", where, severity=Severity.WARNING, observed=other, expected=number, params=params
            )
        else:
            yield self.finding("elsewhere", where, severity=Severity.WARNING, confidence=0.6, params=params)


def _clock(seconds: Fraction) -> str:
    """Return a time of day to the millisecond."""
    whole, thousandths = divmod(round(seconds * 1000), 1000)
    return f"{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}.{thousandths:03d}"
