"""What comes out of a file: the same values as from libsndfile, however it is cut."""

from __future__ import annotations

import subprocess
import threading
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stemkit.audio.probe import probe
from stemkit.audio.reader import PcmFile, decode, open_pcm, read_blocks
from stemkit.core.block import Block
from stemkit.core.errors import MediaError
from stemkit.core.media import MediaInfo, ProblemKind
from stemkit.core.timebase import Span
from tests.oracles import require_program

OWN = ["PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE"]
LOSSLESS = [
    ("FLAC", "PCM_16", "flac"),
    ("FLAC", "PCM_24", "flac"),
    ("AIFF", "PCM_16", "aif"),
    ("AIFF", "PCM_24", "aiff"),
    ("AIFF", "FLOAT", "aifc"),
    ("CAF", "PCM_24", "caf"),
    ("W64", "PCM_24", "w64"),
    ("AU", "PCM_32", "au"),
]
LOSSY = [("MP3", "MPEG_LAYER_III", "mp3"), ("OGG", "VORBIS", "ogg"), ("OGG", "OPUS", "opus")]


def sound(samples: int, channels: int, seed: int = 1) -> Block:
    noise = np.random.default_rng(seed).normal(0.0, 0.2, (samples, channels))
    return np.clip(noise, -1.0, 0.999)


def write(path: Path, block: Block, container: str, subtype: str, rate_hz: int = 48_000) -> Path:
    with soundfile.SoundFile(path, "w", rate_hz, block.shape[1], subtype, format=container) as file:
        file.write(block)
    return path


def read_all(media: MediaInfo, span: Span | None = None, block_samples: int = 1 << 16) -> Block:
    return np.concatenate([np.empty((0, media.channels)), *read_blocks(media, span, block_samples)])


def by_libsndfile(path: Path) -> Block:
    with soundfile.SoundFile(path) as file:
        block: Block = file.read(dtype="float64", always_2d=True)
        return block


@pytest.mark.parametrize("channels", [1, 2, 3, 6])
@pytest.mark.parametrize("container", ["WAV", "WAVEX", "RF64"])
@pytest.mark.parametrize("subtype", OWN)
def test_own_reader_equals_libsndfile_bit_for_bit(tmp_path: Path, subtype: str, container: str, channels: int) -> None:
    path = write(tmp_path / "x.wav", sound(4097, channels), container, subtype)
    media = probe(path)
    assert media.problem is None
    assert media.data_offset_bytes is not None
    assert (media.subtype, media.channels, media.length_samples) == (subtype, channels, 4097)
    assert read_all(media, block_samples=1000).tobytes() == by_libsndfile(path).tobytes()


@pytest.mark.parametrize(("subtype", "bits"), [("PCM_U8", 8), ("PCM_16", 16), ("PCM_24", 24), ("PCM_32", 32)])
def test_integers_become_exact_fractions(subtype: str, bits: int) -> None:
    full = 1 << (bits - 1)
    values = [-full, -full + 1, -1, 0, 1, full - 2, full - 1]
    stored = b"".join(
        (value + 128).to_bytes(1, "little") if bits == 8 else value.to_bytes(bits // 8, "little", signed=True)
        for value in values
    )
    assert decode(memoryview(stored), subtype, 1).ravel().tolist() == [value / full for value in values]
    assert decode(memoryview(b""), subtype, 2).shape == (0, 2)


@pytest.mark.parametrize(("container", "subtype", "suffix"), LOSSLESS)
def test_lossless_files_give_the_values_that_were_written(
    tmp_path: Path, container: str, subtype: str, suffix: str
) -> None:
    block = np.round(sound(70_001, 2) * 2**15) / 2**15
    media = probe(write(tmp_path / f"x.{suffix}", block, container, subtype))
    assert (media.container, media.subtype, media.problem) == (container, subtype, None)
    assert media.length_samples == 70_001
    assert np.array_equal(read_all(media), block)
    assert np.array_equal(read_all(media, Span(65_000, 66_001), 700), block[65_000:66_001])


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("samples", [1, 1152, 44_101, 200_003])
@pytest.mark.parametrize("codec", LOSSY)
def test_lossy_files_have_their_exact_length(
    tmp_path: Path, codec: tuple[str, str, str], samples: int, channels: int
) -> None:
    container, subtype, suffix = codec
    path = write(tmp_path / f"x.{suffix}", sound(samples, channels), container, subtype)
    media = probe(path)
    assert (media.length_samples, media.is_lossy, media.layout_source) == (samples, True, "codec")
    assert media.bit_depth_bits is None
    assert len(read_all(media)) == samples


@pytest.mark.parametrize(("container", "subtype", "suffix"), [*LOSSY, *LOSSLESS[:3]])
def test_a_file_is_the_same_however_it_is_cut(tmp_path: Path, container: str, subtype: str, suffix: str) -> None:
    media = probe(write(tmp_path / f"x.{suffix}", sound(100_000, 2), container, subtype))
    whole = read_all(media)
    assert np.array_equal(read_all(media, block_samples=777), whole)
    for span in (Span(0, 5), Span(99_990, 100_000), Span(31_234, 61_235), Span(50, 50)):
        assert np.array_equal(read_all(media, span, 4096), whole[span.start : span.end])


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_span_in_any_blocks_is_a_cut_of_the_whole(tmp_path: Path, data: st.DataObject) -> None:
    subtype = data.draw(st.sampled_from(OWN))
    block = sound(501, 2)
    media = probe(write(tmp_path / "x.wav", block, "WAV", subtype))
    start = data.draw(st.integers(0, 501))
    span = Span(start, data.draw(st.integers(start, 501)))
    cut = read_all(media, span, data.draw(st.integers(1, 600)))
    assert np.array_equal(cut, by_libsndfile(media.path)[span.start : span.end])


def test_a_span_outside_the_file_is_a_mistake_of_the_caller(tmp_path: Path) -> None:
    media = probe(write(tmp_path / "x.wav", sound(10, 1), "WAV", "PCM_16"))
    with pytest.raises(ValueError, match="not inside"):
        list(read_blocks(media, Span(0, 11)))


def test_very_many_channels_come_in_short_blocks(tmp_path: Path) -> None:
    media = probe(write(tmp_path / "x.wav", np.zeros((5000, 1024)), "WAV", "PCM_U8"))
    blocks = list(read_blocks(media))
    assert max(block.nbytes for block in blocks) <= 32 << 20
    assert sum(map(len, blocks)) == 5000


def test_nan_with_any_payload_comes_out_as_nan(tmp_path: Path) -> None:
    path = write(tmp_path / "x.wav", np.zeros((4, 1)), "WAV", "FLOAT")
    signalling = np.array([0x7F800001, 0xFFC12345, 0x7F800000, 0x3F000000], "<u4").tobytes()
    path.write_bytes(path.read_bytes()[:-16] + signalling)
    values = read_all(probe(path)).ravel()
    assert np.isnan(values[:2]).all()
    assert values[2:].tolist() == [np.inf, 0.5]


def test_threads_may_share_a_file(tmp_path: Path) -> None:
    block = np.round(sound(50_000, 2) * 2**23) / 2**23
    media = probe(write(tmp_path / "x.wav", block, "WAV", "PCM_24"))
    wrong: list[int] = []

    def read_some(file: PcmFile, seed: int) -> None:
        buffer = memoryview(bytearray(100 * file.frame_bytes))
        for start in np.random.default_rng(seed).integers(0, 49_900, 200).tolist():
            count = file.read_into(start, buffer)
            if not np.array_equal(decode(buffer, "PCM_24", 2), block[start : start + count]):
                wrong.append(start)

    with PcmFile(media) as file:
        threads = [threading.Thread(target=read_some, args=(file, seed)) for seed in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert wrong == []


def test_raw_reading_stops_at_the_declared_end_and_is_not_offered_for_codecs(tmp_path: Path) -> None:
    path = write(tmp_path / "x.wav", sound(10, 1), "WAV", "PCM_16")
    path.write_bytes(path.read_bytes() + b"LIST\x04\0\0\0abcd")
    with PcmFile(probe(path)) as file:
        assert file.read_into(8, memoryview(bytearray(100))) == 2
        assert file.read_into(10, memoryview(bytearray(100))) == 0
    assert open_pcm(probe(write(tmp_path / "x.flac", sound(10, 1), "FLAC", "PCM_16"))) is None


@pytest.mark.parametrize(("container", "subtype", "suffix"), [*LOSSLESS, *LOSSY])
@pytest.mark.parametrize("kept", [0.5, 0.97])
def test_a_cut_file_of_any_container_is_truncated(
    tmp_path: Path, container: str, subtype: str, suffix: str, kept: float
) -> None:
    path = write(tmp_path / f"x.{suffix}", sound(48_000, 2), container, subtype)
    path.write_bytes(path.read_bytes()[: int(kept * path.stat().st_size) - 3])
    media = probe(path)
    assert media.problem is not None
    assert media.problem.kind is ProblemKind.TRUNCATED
    assert not media.is_usable


def test_a_damaged_flac_is_an_error_and_not_silence(tmp_path: Path) -> None:
    path = write(tmp_path / "x.flac", sound(96_000, 2), "FLAC", "PCM_24")
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 3000] = bytes(3000)
    path.write_bytes(content)
    with pytest.raises(MediaError, match=r"decoded|ends after"):
        read_all(probe(path))


@pytest.mark.parametrize("suffix", ["wav", "mp3", "flac", "aif"])
def test_the_name_may_not_say_another_container(tmp_path: Path, suffix: str) -> None:
    wrong = {"wav": "FLAC", "mp3": "WAV", "flac": "AIFF", "aif": "WAV"}[suffix]
    media = probe(write(tmp_path / f"x.{suffix}", sound(100, 1), wrong, "PCM_16"))
    assert media.problem is not None
    assert media.problem.kind is ProblemKind.WRONG_EXTENSION
    assert media.problem.params == {"extension": f".{suffix}", "container": wrong}
    assert len(read_all(media)) == 100


def test_an_apple_double_beside_an_mp3_does_no_harm(tmp_path: Path) -> None:
    path = write(tmp_path / "x.mp3", sound(48_000, 2), "MP3", "MPEG_LAYER_III")
    (tmp_path / "._x.mp3").write_bytes(b"\0\5\x16\7" + bytes(100))
    assert len(read_all(probe(path))) == 48_000


def _encode(path: Path, target: Path, *options: str) -> bytes:
    subprocess.run([require_program("ffmpeg"), "-v", "error", "-y", "-i", path, *options, target], check=True)
    return target.read_bytes()


@pytest.mark.parametrize("rate", [["-b:a", "64k"], ["-q:a", "3"]])
def test_an_mp3_without_a_length_is_counted_and_tags_are_no_sound(tmp_path: Path, rate: list[str]) -> None:
    block = sound(44_100 * 4 + 7, 2)
    block[44_100:88_200] = 0.0  # a variable rate varies
    wav = write(tmp_path / "x.wav", block, "WAV", "PCM_16", 44_100)
    bare = _encode(wav, tmp_path / "bare.mp3", *rate, "-write_xing", "0", "-id3v2_version", "0", "-write_id3v1", "0")
    picture = b"ID3\x03\0\0" + bytes([0, 6, 0, 0]) + bytes(6 << 14)
    (tmp_path / "tagged.mp3").write_bytes(picture + bare + b"TAG" + bytes(125))
    command = [require_program("ffmpeg"), "-v", "error", "-i", str(tmp_path / "bare.mp3"), "-f", "f32le", "-"]
    decoded = np.frombuffer(subprocess.run(command, check=True, capture_output=True).stdout, "<f4").reshape(-1, 2)
    for name in ("bare.mp3", "tagged.mp3"):
        media = probe(tmp_path / name)
        assert (media.problem, media.length_samples) == (None, len(decoded))
        assert np.abs(read_all(media) - decoded).max() < 2e-4  # ffmpeg decodes with other arithmetic


def test_a_flac_out_of_a_pipe_is_counted(tmp_path: Path) -> None:
    block = np.round(sound(50_000, 2) * 2**15) / 2**15
    wav = write(tmp_path / "x.wav", block, "WAV", "PCM_16")
    command = [require_program("ffmpeg"), "-v", "error", "-i", str(wav), "-f", "flac", "-"]
    (tmp_path / "x.flac").write_bytes(subprocess.run(command, check=True, capture_output=True).stdout)
    media = probe(tmp_path / "x.flac")
    assert (media.problem, media.length_samples) == (None, 50_000)
    assert np.array_equal(read_all(media), block)


@pytest.mark.parametrize(("suffix", "layout"), [("flac", "5.1"), ("ogg", "5.1-film")])
def test_a_codec_orders_its_channels_by_its_own_specification(tmp_path: Path, suffix: str, layout: str) -> None:
    seconds = np.arange(48_000) / 48_000
    tones = [100, 200, 300, 50, 500, 600]  # L R C LFE Ls Rs
    block = 0.3 * np.stack([np.sin(2 * np.pi * tone * seconds) for tone in tones], axis=1)
    wav = write(tmp_path / "x.wav", block, "WAVEX", "PCM_24")
    _encode(wav, tmp_path / f"x.{suffix}", "-channel_layout", "5.1")
    media = probe(tmp_path / f"x.{suffix}")
    assert media.layout is not None
    assert (media.layout.name, media.layout_source) == (layout, "codec")
    spectrum = np.abs(np.fft.rfft(read_all(media)[:48_000], axis=0))
    by_label = dict(zip(["L", "R", "C", "LFE", "Ls", "Rs"], tones, strict=True))
    assert spectrum.argmax(axis=0).tolist() == [by_label[label] for label in media.layout.labels]


def test_a_mask_names_the_layout_and_two_channels_are_assumed(tmp_path: Path) -> None:
    plain = probe(write(tmp_path / "plain.wav", sound(9, 2), "WAV", "PCM_16"))
    assert plain.layout is not None
    assert (plain.layout.name, plain.layout_source, plain.channel_mask) == ("stereo", "assumed", None)
    masked = probe(write(tmp_path / "masked.wav", sound(9, 2), "WAVEX", "PCM_16"))
    assert (masked.layout_source, masked.channel_mask) == ("mask", 3)
    assert probe(write(tmp_path / "five.wav", sound(9, 5), "WAV", "PCM_16")).layout is None


def test_valid_bits_may_be_fewer_than_stored_ones(tmp_path: Path) -> None:
    path = write(tmp_path / "x.wav", sound(9, 2), "WAVEX", "PCM_24")
    content = bytearray(path.read_bytes())
    place = content.index(b"fmt ") + 8 + 18
    content[place : place + 2] = (20).to_bytes(2, "little")
    path.write_bytes(content)
    media = probe(path)
    assert (media.bit_depth_bits, media.valid_bits, media.problem) == (24, 20, None)


def test_names_of_any_kind_are_opened(tmp_path: Path) -> None:
    content = write(tmp_path / "x.wav", sound(9, 1), "WAV", "PCM_16").read_bytes()
    for name in ("e\u0301.wav", "旁白.wav", "a\nb.wav", "🎬.wav", "x" * 240 + ".wav", "-rf.wav"):
        (tmp_path / name).write_bytes(content)
        assert len(read_all(probe(tmp_path / name))) == 9
