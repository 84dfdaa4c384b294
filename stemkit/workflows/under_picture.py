"""The full mix under its picture: the video copied untouched, the sound sample by sample, or nothing at all."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any, cast

from stemkit.audio.picture import Picture, holds_sound, look_at_picture, put_under
from stemkit.audio.probe import probe
from stemkit.core.errors import Problem, RenderError, UsageError
from stemkit.core.files import OutputSet, require_space, sha256_of
from stemkit.core.film import Film
from stemkit.core.steps import Subtype
from stemkit.render.print_files import read_print
from stemkit.report.formats import json
from stemkit.report.model import REPORT_NAME, open_report
from stemkit.workflows._mix_parts import layout_in, parts_in, sound_of, stem_of

PICTURE = "picture"
"""Key of the report under which stands what was put under a picture."""


def look_at(picture: Path, film: Film) -> Picture:
    """Look at a picture before anything is rendered; where the film's length is known, see that both agree.

    Raises
    ------
    UsageError
        If picture and film differ in length by more than half a frame, or the file does not exist.
    MediaError
        If it cannot be read.
    """
    found = look_at_picture(picture)
    frames = [chapter.length_frames for chapter in film.chapters]
    if film.frame_rate is not None and None not in frames:
        total = sum(count for count in frames if count is not None)
        _require_one_length(found, Fraction(total) / film.frame_rate.fps, film.frame_rate.fps)
    return found


def put_under_picture(folder: Path, video: Path) -> dict[str, Any]:
    """Write the full mix of a folder under a picture, into a file beside the prints.

    The report of the mix gets what is returned; a file that is there already, of this picture and this mix, is kept.

    Returns
    -------
    dict
        ``path``, ``sha256``, ``frames`` and ``frame_rate`` of the file, and the ``video_digest`` of the picture in it.

    Raises
    ------
    UsageError
        If there is no finished mix, or picture and film differ in length.
    OutputError, RenderError
        If it cannot be written, or is not what it was to be; nothing is left then.
    """
    report, picture = open_report(folder), look_at_picture(video)
    if (kept := _kept(folder, report, picture)) is not None:
        return kept
    full = max(report["prints"], key=lambda each: len(each["roles"]))
    parts = parts_in(full)
    files = [sound_of(part, probe(folder / part["path"])) for part in parts]
    _require_one_length(picture, Fraction(full["length_samples"], files[0].media.sample_rate_hz), picture.fps)
    name = f"{stem_of(parts[0])}_picture.{picture.suffix}"
    require_space(folder, picture.path.stat().st_size + sum(file.media.size_bytes for file in files))
    media = files[0].media
    subtype = cast("Subtype", media.subtype)
    with OutputSet(folder) as output:
        path = output.temporary(name)
        put_under(picture, read_print(files), media.sample_rate_hz, layout_in(full, media), subtype, path)
        made = look_at_picture(path)
        if (made.digest, made.frames) != (picture.digest, picture.frames):
            raise _not_as_planned(path, "its video is not the picture's")
        if not holds_sound(path, read_print(files)):
            raise _not_as_planned(path, "its sound is not the mix")
        told = {
            "path": name,
            "sha256": sha256_of(path),
            "frames": picture.frames,
            "frame_rate": str(picture.fps) if picture.fps else None,
            "video_digest": picture.digest,
        }
        output.write(REPORT_NAME, json.render({**report, PICTURE: told}))
        output.commit([name, REPORT_NAME])
    return told


def _kept(folder: Path, report: Mapping[str, Any], picture: Picture) -> dict[str, Any] | None:
    """Return what the report says of a file with the same picture that is still there; a new mix says nothing."""
    told = report.get(PICTURE)
    try:
        if not told or told["video_digest"] != picture.digest:
            return None
        return dict(told) if sha256_of(folder / told["path"]) == told["sha256"] else None
    except (OSError, KeyError, TypeError):
        return None


def _require_one_length(picture: Picture, length_s: Fraction, fps: Fraction | None) -> None:
    frame = 1 / (picture.fps or fps or Fraction(24))
    if abs(picture.length_s - length_s) <= frame / 2:
        return
    shown = f"{float(picture.length_s):.3f} s ({picture.frames} frames at {_rate(picture.fps)})"
    difference = float(picture.length_s - length_s)
    message = f"the picture is {shown}, the film {float(length_s):.3f} s: {abs(difference):.3f} s "
    message += "longer" if difference > 0 else "shorter"
    hint = "export the picture from the film's first frame to its last, at its frame rate, without leader"
    raise UsageError(Problem("other_length", message, hint, str(picture.path)))


def _rate(fps: Fraction | None) -> str:
    return "an unknown rate" if fps is None else f"{float(fps):.6g} a second"


def _not_as_planned(path: Path, message: str) -> RenderError:
    return RenderError(
        Problem("not_as_planned", f"the file with the picture: {message}", "run again", str(path.parent))
    )
