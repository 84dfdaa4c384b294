"""LEN001: a stem is not as long as its chapter's picture, with or without its handles."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from stemkit.core.facts import ChapterFacts, FilmFacts, StemFacts
from stemkit.core.finding import Finding
from stemkit.core.lengths import LengthFit, LengthKind, fit_sibling
from stemkit.core.steps import FitLength, Retag, Step
from stemkit.core.timebase import resampled_length
from stemkit.rules._base import ChapterRule, Topic, fit_of, where_chapter, where_stem

_MOST_PADDING_S = 1  # more than this is missing sound, not a ragged end


class Length(ChapterRule):
    """Stems are exactly as long as the picture, with the handles that were asked for or with none."""

    code = "LEN001"
    name = "length"
    topic = Topic.LENGTH
    conditions = ("mislabelled_rate", "pull", "short", "short_handles", "long", "unequal", "skip_no_picture")
    fix = "safe"

    def check(self, chapter: ChapterFacts, film: FilmFacts) -> Iterator[Finding]:
        """Yield each stem whose length does not fit, with the likely cause; without a picture compare the stems."""
        usable = [stem for stem in chapter.stems if stem.media is not None and stem.media.is_usable]
        if film.film.frame_rate is None or chapter.chapter.length_frames is None:
            yield self.skip("skip_no_picture", where_chapter(chapter))
            yield from self._compare(usable, chapter, film)
            return
        for stem in usable:
            fit = fit_of(stem, chapter, film)
            if fit is not None and not fit.is_right:
                yield self._judge(fit.kind.value, fit, stem, chapter, film)

    def _compare(self, stems: list[StemFacts], chapter: ChapterFacts, film: FilmFacts) -> Iterator[Finding]:
        rate_hz = film.profile.format.sample_rate_hz
        lengths = [
            resampled_length(stem.media.length_samples, stem.media.sample_rate_hz, rate_hz)
            for stem in stems
            if stem.media is not None
        ]
        if not lengths:
            return
        (common, times), longest = Counter(lengths).most_common(1)[0], max(lengths)
        expected = common if times > 1 else longest
        for stem in stems:
            assert stem.media is not None
            fit = fit_sibling(stem.media.length_samples, stem.media.sample_rate_hz, rate_hz, expected)
            if not fit.is_right:
                is_speed = fit.kind in (LengthKind.MISLABELLED_RATE, LengthKind.PULL)
                yield self._judge(fit.kind.value if is_speed else "unequal", fit, stem, chapter, film)

    def _judge(
        self, condition: str, fit: LengthFit, stem: StemFacts, chapter: ChapterFacts, film: FilmFacts
    ) -> Finding:
        rate_hz, frame_rate = film.profile.format.sample_rate_hz, film.film.frame_rate
        difference_s = fit.difference_samples / rate_hz
        return self.finding(
            condition,
            where_stem(stem, chapter),
            observed=fit.expected_samples + fit.difference_samples,
            expected=fit.expected_samples,
            unit="samples",
            fixes=_fixes(fit, chapter, film),
            params={
                "length_s": (fit.expected_samples + fit.difference_samples) / rate_hz,
                "expected_s": fit.expected_samples / rate_hz,
                "difference_s": difference_s,
                "difference_frames": round(difference_s * float(frame_rate.fps), 2) if frame_rate else None,
                "rate_hz": stem.media.sample_rate_hz if stem.media else None,
                "true_rate_hz": fit.true_rate_hz,
            },
        )


def _fixes(fit: LengthFit, chapter: ChapterFacts, film: FilmFacts) -> tuple[Step, ...]:
    """Return what a tool can do: only a ragged end is put right without asking."""
    rate_hz, frame_rate = film.profile.format.sample_rate_hz, film.film.frame_rate
    if fit.kind is LengthKind.MISLABELLED_RATE and fit.true_rate_hz is not None:
        return (Retag(fit.true_rate_hz),)
    missing = -fit.difference_samples
    if fit.kind in (LengthKind.SHORT, LengthKind.SHORT_HANDLES) and missing <= _MOST_PADDING_S * rate_hz:
        head = frame_rate.samples_at(fit.handles.head_frames, rate_hz) if frame_rate else 0
        if head and missing == head:  # as likely the head handle is missing: padding the tail would break sync
            return ()
        return (FitLength(fit.expected_samples),)
    return ()
