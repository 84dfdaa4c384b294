"""The files of prints: written from one stream, and read back as one.

A print may be several files, one for each reel and channel, with a leader around the programme. Whoever
looks at the sound of the print sees the programme alone, from its first picture to its last.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from stemkit.audio.channel_files import SoundWriter
from stemkit.audio.flac_writer import FlacWriter, chapter_tags
from stemkit.audio.reader import decode, read_blocks
from stemkit.audio.tags import Marker
from stemkit.audio.writer import Chunks, PrintWriter, WriteFormat
from stemkit.audio.written import Put
from stemkit.core.block import BLOCK_SAMPLES, Block, Stream
from stemkit.core.checksum import Checksum
from stemkit.core.completing import Completing
from stemkit.core.media import Bext, MediaInfo
from stemkit.core.timebase import Span


@dataclass(frozen=True, slots=True)
class Target:
    """One file to write.

    Parameters
    ----------
    path
        A temporary name.
    film
        The stretch of the film that goes into it.
    channels
        Which of the programme's channels.
    head, tail
        The leader on the file's grid, one channel.
    """

    path: Path
    fmt: WriteFormat
    film: Span
    channels: tuple[int, ...]
    bext: Bext | None = None
    chunks: Chunks = ()
    markers: tuple[Marker, ...] = ()
    container: str = "wav"
    head: Block | None = None
    tail: Block | None = None
    checksum: Checksum = field(default_factory=Checksum, compare=False)

    def open(self) -> SoundWriter:
        """Open its writer."""
        if self.container == "flac":
            return FlacWriter(self.path, self.fmt, _tags(self), self.checksum)
        return PrintWriter(self.path, self.fmt, bext=self.bext, chunks=self.chunks, checksum=self.checksum)

    @property
    def put(self) -> Put:
        """What was written, for those who look for it again."""
        return Put(self.chunks, self.checksum)


@dataclass(frozen=True, slots=True)
class PrintTarget:
    """All files of one print.

    Parameters
    ----------
    channels, bits
        Of the stream that is pushed: channels of the programme, word length of its grid.
    """

    files: tuple[Target, ...]
    channels: int
    bits: int

    @classmethod
    def plain(cls, path: Path, fmt: WriteFormat, bext: Bext | None = None) -> PrintTarget:
        """Return the target of a print that is one file with nothing but the programme."""
        whole = Target(path, fmt, Span(0, fmt.length_samples), tuple(range(fmt.layout.count)), bext)
        return cls((whole,), fmt.layout.count, 16 if fmt.subtype == "PCM_16" else 24)

    def open(self, start: int = 0) -> PrintSink:
        """Open all its files for a stream that begins at a sample of the film."""
        return PrintSink(self, start)


class PrintSink(Completing):
    """Takes the stream of a print and hands its files what is theirs; all are completed, or none is left.

    The stream may begin before and go on beyond what the files hold.
    """

    def __init__(self, target: PrintTarget, start: int = 0) -> None:
        self._files, self._channels = target.files, target.channels
        self._position = start
        self._writers: list[SoundWriter] = []
        try:
            for file in target.files:
                self._writers.append(file.open())
                if file.head is not None:
                    self._writers[-1].push(_on_all(file.head, file))
        except BaseException:
            self.abort()
            raise
        self._plain = self._only_plain()

    def _only_plain(self) -> PrintWriter | None:
        """Return the writer of a print that is one 24-bit file with nothing but the programme."""
        file, writer = self._files[0], self._writers[0]
        is_alone = len(self._files) == 1 and file.head is None and file.tail is None
        is_plain = is_alone and file.fmt.subtype == "PCM_24" and len(file.channels) == self._channels
        return writer if is_plain and isinstance(writer, PrintWriter) else None

    def push(self, block: Block) -> None:
        """Take the next samples of the film."""
        here = Span(self._position, self._position + len(block))
        for file, writer in zip(self._files, self._writers, strict=True):
            if (part := file.film.overlap(here)) is None:
                continue
            rows = block if part == here else block[part.start - here.start : part.end - here.start]
            writer.push(rows if len(file.channels) == block.shape[1] else rows[:, list(file.channels)])
            if file.tail is not None and part.end == file.film.end:
                writer.push(_on_all(file.tail, file))
        self._position = here.end

    def push_packed(self, raw: memoryview) -> None:
        """Take the next samples as they lie in a 24-bit file."""
        here = Span(self._position, self._position + raw.nbytes // (3 * self._channels))
        if self._plain is not None and here.overlap(self._files[0].film) == here:
            self._plain.push_packed(raw)
            self._position = here.end
        else:
            self.push(decode(raw, "PCM_24", self._channels))

    def close(self) -> None:
        """Complete every file."""
        with ExitStack() as stack:
            for writer in self._writers:
                stack.push(writer.__exit__)

    def abort(self) -> None:
        """Give up and remove what was written."""
        for writer in self._writers:
            writer.abort()


def _on_all(sound: Block, file: Target) -> Block:
    return np.repeat(sound, len(file.channels), axis=1)


def _tags(file: Target) -> list[tuple[str, str]]:
    bext = file.bext or Bext()
    tags = [("TITLE", bext.description), ("ENCODED-BY", bext.originator)]
    tags.append(("TIME_REFERENCE", str(bext.time_reference_samples)))
    return tags + chapter_tags(file.markers, file.fmt.sample_rate_hz)


@dataclass(frozen=True, slots=True)
class WrittenFile:
    """A file of a print as it lies on the disk.

    Parameters
    ----------
    media
        As probed after writing.
    film, channels
        As in `Target`.
    head_samples
        Of leader before the programme.
    """

    media: MediaInfo
    film: Span
    channels: tuple[int, ...]
    head_samples: int = 0
    tail_samples: int = 0

    @property
    def is_whole(self) -> bool:
        """Whether the file has the length and channels that it should have."""
        length = self.head_samples + self.film.length + self.tail_samples
        return (self.media.length_samples, self.media.channels) == (length, len(self.channels))

    def programme(self, film: Span | None = None, block_samples: int = BLOCK_SAMPLES) -> Stream:
        """Read a stretch of the film, which the file holds; all that it holds by default."""
        span = (film or self.film).shift(self.head_samples - self.film.start)
        yield from read_blocks(self.media, span, block_samples)


def read_print(files: Sequence[WrittenFile], film: Span | None = None) -> Stream:
    """Read the sound of a print back, without leader: all channels side by side, reel after reel.

    Parameters
    ----------
    film
        A stretch of the film; all of it by default.
    """
    for span in dict.fromkeys(file.film for file in files):
        wanted = span if film is None else span.overlap(film)
        if wanted is None:
            continue
        reel = [file for file in files if file.film == span]
        step = BLOCK_SAMPLES  # the same for all, so that their blocks stand side by side
        streams = [file.programme(wanted, step) for file in reel]
        if len(reel) == 1:
            yield from streams[0]
            continue
        order = np.argsort([channel for file in reel for channel in file.channels])
        for blocks in zip(*streams, strict=True):
            yield np.concatenate(blocks, axis=1)[:, order]
