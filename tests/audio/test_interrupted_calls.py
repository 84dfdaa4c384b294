"""A Ctrl-C while libsndfile calls back is never lost, and never taken for damage."""

from __future__ import annotations

import io
import signal
import sys
import threading

import numpy as np
import pytest

from stemkit.audio._streamed import StreamedFile, WholeCalls


class Pressing(io.BytesIO):
    """A file during one of whose calls somebody presses Ctrl-C."""

    armed = False

    def _press(self) -> None:
        if self.armed:
            self.armed = False
            signal.raise_signal(signal.SIGINT)

    def write(self, data: object) -> int:
        self._press()
        return super().write(data)  # type: ignore[arg-type]

    def readinto(self, buffer: object) -> int:
        self._press()
        return super().readinto(buffer)  # type: ignore[arg-type]


@pytest.mark.skipif(sys.platform == "win32", reason="signals of this kind are those of POSIX")
def test_an_interrupt_waits_until_the_call_is_over() -> None:
    assert threading.current_thread() is threading.main_thread()
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        data, file = np.random.default_rng(1).uniform(-0.5, 0.5, (100_000, 2)), Pressing()
        with WholeCalls(file, "w", 48_000, 2, "PCM_24", format="FLAC") as sound:
            file.armed = True
            with pytest.raises(KeyboardInterrupt):
                sound.write(data)
        file.seek(0)
        with StreamedFile(file, "r") as sound:
            assert sound.frames == len(data)
            file.armed = True
            with pytest.raises(KeyboardInterrupt):
                sound.read(50_000)
            assert len(sound.read(50_000)) == 50_000
    finally:
        signal.signal(signal.SIGINT, before)
