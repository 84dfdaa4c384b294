"""LEN001: a stem is not as long as its chapter's picture, with or without its handles."""

from __future__ import annotations

from collections.abc import Iterator
from types import MappingProxyType

from stemkit.core.facts import ChapterFacts, FilmFacts, Need, StemFacts, StreamOf
from stemkit.core.finding import Finding, Severity
from stemkit.core.lengths import LengthFit, LengthKind, picture_samples
from stemkit.core.steps import FitLength
from stemkit.meters.silence import Silence
from stemkit.rules._base import ChapterRule, Supersedes, Topic, fit_any, where_chapter, where_stem
from stemkit.rules._history import was_taken
from stemkit.rules._length_fixes import codec_surplus, length_fixes, likely_cause

_RIGHT = (LengthKind.WITH_HANDLES, LengthKind.PICTURE_ONLY)
_SPEED = (LengthKind.MISLABELLED_RATE, LengthKind.PULL)


class Length(ChapterRule):
    """Stems are exactly as long as the picture, with the handles that were asked for or with none."""

    code = "LEN001"
    name = "length"
    topic = Topic.LENGTH
    topics = MappingProxyType({kind.value: Topic.RATE for kind in (LengthKind.MISLABELLED_RATE, LengthKind.PULL)})
    conditions = (
        *(kind.value for kind in LengthKind if kind not in _RIGHT),
        "cut",
        "padded",
        "codec",
        "unequal",
        "fitted",
        "skip_no_picture",
    )
    fix = "safe"
    wants = (Need(StreamOf.STEM, Silence),)
    supersedes = (
        Supersedes(("FMT009", "FMT010", "STM005", "STM010", "STM011"), by=(LengthKind.MISLABELLED_RATE.value,)),
        Supersedes(("STM005",), by=(LengthKind.PULL.value,)),
        Supersedes(("LEN010.too_long",), by=(LengthKind.LONG.value, "padded")),
        Supersedes(("LEN010.too_short",), by=(LengthKind.SHORT.value, LengthKind.SHORT_HANDLES.value, "cut")),
    )

    def check(self, chapter: ChapterFacts, film: FilmFacts) -> Iterator[Finding]:
        """Yield each stem whose length does not fit, with the likely cause; without a picture compare the stems."""
        usable = [stem for stem in chapter.stems if stem.media is not None and stem.media.is_usable]
        has_picture = film.film.frame_rate is not None and chapter.chapter.length_frames is not None
        if not has_picture:
            yield self.skip("skip_no_picture", where_chapter(chapter))
        for stem in usable:
            fit = fit_any(stem, chapter, film)
            if fit is not None and not fit.is_right:
                condition = likely_cause(fit, stem, _rate_hz(film)) if has_picture or fit.kind in _SPEED else "unequal"
                rate, frames = film.film.frame_rate, chapter.chapter.length_frames
                picture = None if rate is None or frames is None else picture_samples(frames, rate, _rate_hz(film))
                surplus = codec_surplus(fit, stem, picture)
                yield self._finding("codec" if surplus else condition, fit, stem, chapter, film, surplus)
            elif fit is not None and was_taken(FitLength.kind, stem):
                yield self.finding("fitted", where_stem(stem, chapter), severity=Severity.WARNING)

    def _finding(
        self, condition: str, fit: LengthFit, stem: StemFacts, chapter: ChapterFacts, film: FilmFacts, surplus: int = 0
    ) -> Finding:
        rate_hz, frame_rate = _rate_hz(film), film.film.frame_rate
        length, difference_s = fit.expected_samples + fit.difference_samples, fit.difference_samples / rate_hz
        return self.finding(
            condition,
            where_stem(stem, chapter),
            observed=length,
            expected=fit.expected_samples,
            unit="samples",
            fixes=() if surplus else length_fixes(fit, stem, rate_hz),
            params={
                "length_s": length / rate_hz,
                "expected_s": fit.expected_samples / rate_hz,
                "difference_s": difference_s,
                "difference_frames": round(difference_s * float(frame_rate.fps), 2) if frame_rate else None,
                "surplus_s": surplus / rate_hz,
                "rate_hz": stem.media.sample_rate_hz if stem.media else None,
                "true_rate_hz": fit.true_rate_hz,
            },
        )


def _rate_hz(film: FilmFacts) -> int:
    return film.profile.format.sample_rate_hz
