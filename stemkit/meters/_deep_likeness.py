"""Voices under music, listened for again with librosa: on request only, it takes its time.

What is steady for a third of a second (held notes) and what is over in a hundredth (blows) is taken away by median
filters; a voice is neither, so what remains has more of it. The likeness of the remainder is judged as any other.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from stemkit.meters._content import RATE_HZ, Floats
from stemkit.meters.content_scan import ContentScanner
from stemkit.meters.likeness import judge

_LONG, _SHORT = 4096, 256
_LEAST_SHARE = 0.5
_FEWEST_WINDOWS = 3
_SURE = 0.9


@dataclass(frozen=True, slots=True)
class DeepLikeness:
    """Whether a voice is heard in what is left of a sound.

    Parameters
    ----------
    voice_over_music
        Share of windows of three seconds in which a voice is heard.
    windows
        How many windows there are.
    start_s, end_s
        The longest stretch in which it is, in seconds of what was listened to.
    """

    voice_over_music: float = 0.0
    windows: int = 0
    start_s: float = 0.0
    end_s: float = 0.0

    @property
    def has_voice(self) -> bool:
        """Whether there is a voice in so much of the sound that it did not come by chance."""
        return self.voice_over_music >= _LEAST_SHARE and self.voice_over_music * self.windows >= _FEWEST_WINDOWS


def listen_deeply(sketch: Floats) -> DeepLikeness:
    """Return what a mono sketch at 12 kHz is like without its held notes and its blows."""
    if len(sketch) < 2 * _LONG:
        return DeepLikeness()
    scanner = ContentScanner(RATE_HZ, 1)
    scanner.push(_neither_held_nor_struck(sketch).astype(np.float64)[:, np.newaxis])
    content, _ = scanner.finish()
    like = judge(content, _SURE)
    return DeepLikeness(like.voice_over_music, like.windows, like.start_s, like.end_s)


def _neither_held_nor_struck(sketch: Floats) -> Floats:
    import librosa

    slow = librosa.stft(sketch.astype(np.float32), n_fft=_LONG, hop_length=_LONG // 8)
    _, moving = librosa.decompose.hpss(slow)
    rest = librosa.istft(moving, hop_length=_LONG // 8, length=len(sketch))
    quick = librosa.stft(rest, n_fft=_SHORT, hop_length=_SHORT // 4)
    sounding, _ = librosa.decompose.hpss(quick)
    return np.asarray(librosa.istft(sounding, hop_length=_SHORT // 4, length=len(sketch)))
