"""A few seconds of a file as compressed bytes, for pages to play."""

from __future__ import annotations

import io

import numpy as np

from stemkit.audio.reader import read_blocks
from stemkit.core.media import MediaInfo
from stemkit.core.timebase import Span

MEDIA_TYPE = "audio/ogg"
_RATES = (8_000, 12_000, 16_000, 24_000, 48_000)


def snippet(media: MediaInfo, span: Span) -> tuple[str, bytes]:
    """Return a stretch of a file, as mono or stereo, with its media type: Opus where its rate fits, else FLAC.

    Raises
    ------
    MediaError
        If the file ends before the stretch does.
    """
    import soundfile

    sound = np.concatenate(list(read_blocks(media, span)))
    sound = sound[:, :2] if sound.shape[1] in (1, 2) else sound.mean(axis=1, keepdims=True)
    sound = np.clip(np.nan_to_num(sound), -1.0, 1.0)
    is_opus = media.sample_rate_hz in _RATES
    form = {"format": "OGG", "subtype": "OPUS"} if is_opus else {"format": "FLAC", "subtype": "PCM_16"}
    out = io.BytesIO()
    with soundfile.SoundFile(out, "w", media.sample_rate_hz, sound.shape[1], **form) as file:
        file.write(sound)
    return (MEDIA_TYPE if is_opus else "audio/flac"), out.getvalue()
