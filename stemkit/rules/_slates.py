"""What may be a spoken slate: words of the voice stem that are over before the picture begins."""

from __future__ import annotations

from stemkit.core.facts import ChapterFacts, FilmFacts, StemFacts
from stemkit.core.film import Role
from stemkit.meters.opening_words import OpeningWords
from stemkit.rules._base import fit_of

_PAUSE_S = 0.5  # a line that runs into the picture goes on sooner


def picture_start_s(stem: StemFacts, chapter: ChapterFacts, film: FilmFacts) -> float | None:
    """Return where the picture begins in a file, `None` where nothing tells."""
    fit, rate = fit_of(stem, chapter, film), film.film.frame_rate
    return None if fit is None or rate is None else float(fit.handles.head_frames / rate.fps)


def spoken_slate(stem: StemFacts, chapter: ChapterFacts, film: FilmFacts) -> tuple[float, float] | None:
    """Return from when to when somebody speaks before the picture and then pauses, in seconds of the file."""
    picture_s, words = picture_start_s(stem, chapter, film), stem.measured.get(OpeningWords)
    if picture_s is None or words is None or stem.stem.role is not Role.VO:
        return None
    spans = words.spans_s
    ends = [
        end
        for at, (_, end) in enumerate(spans)
        if end <= picture_s and (at + 1 == len(spans) or spans[at + 1][0] - end >= _PAUSE_S)
    ]
    return (spans[0][0], ends[-1]) if ends else None
