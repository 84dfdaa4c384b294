"""From a sample of a delivered file to the frame of the film that it sounds under."""

from __future__ import annotations

from stemkit.core.film import Film
from stemkit.core.lengths import LengthFit


def film_frame_of(film: Film, number: int, fit: LengthFit | None, sample: int, file_rate_hz: int) -> int | None:
    """Return the frame, counted from the film's start, at which a sample of a chapter's file is heard.

    Parameters
    ----------
    number
        The chapter.
    fit
        Which handles the file holds; `None` for sound that starts with the picture.
    sample, file_rate_hz
        Position from the first sample of the file, and the file's rate.

    Returns
    -------
    int | None
        `None` where the film's frame rate or the lengths before the chapter are not known.
    """
    start = film.start_frame_of(number)
    if film.frame_rate is None or start is None or film.manifest is None:
        return None
    head_frames = fit.handles.head_frames if fit is not None else 0
    head = film.frame_rate.samples_at(head_frames, file_rate_hz)
    return start + film.frame_rate.frame_at(sample - head, file_rate_hz)


def timecode_of(film: Film, frame: int | None) -> str | None:
    """Return the film timecode of a frame counted from the film's start."""
    if frame is None or film.frame_rate is None:
        return None
    return film.frame_rate.format_timecode(film.start_frame + frame)


def film_samples_of(film: Film, number: int, rate_hz: int) -> tuple[int, int] | None:
    """Return where a chapter's picture starts and ends in the film, in samples, each rounded once."""
    start = film.start_frame_of(number)
    chapter = next((chapter for chapter in film.chapters if chapter.number == number), None)
    if film.frame_rate is None or start is None or chapter is None or chapter.length_frames is None:
        return None
    end = start + chapter.length_frames
    return film.frame_rate.samples_at(start, rate_hz), film.frame_rate.samples_at(end, rate_hz)
