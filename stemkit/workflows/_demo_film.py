"""The film of the demo: six chapters from six people, and the mistakes that people make."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np

from stemkit.audio.export import Container, write_foreign
from stemkit.audio.writer import PrintWriter, WriteFormat
from stemkit.core.block import Block
from stemkit.core.film import Role
from stemkit.core.layout import STEREO
from stemkit.core.progress import Event, Progress
from stemkit.core.timebase import FrameRate
from stemkit.core.units import amplitude_from_db
from stemkit.signals.effects import ambience
from stemkit.signals.music import compose
from stemkit.signals.voice import speak

RATE = FrameRate.parse("24")
HANDLE_FRAMES = 48
FILM_FILE = "film.toml"
_MOST_AT_ONCE = 4  # sounds in memory
_LOUDER_DB = 4.0  # people deliver hotter than asked
_MAKERS: Mapping[Role, Callable[..., Block]] = {Role.VO: speak, Role.SFX: ambience, Role.MUSIC: compose}


@dataclass(frozen=True, slots=True)
class Planted:
    """A fault that the check must find, by its code."""

    code: str
    chapter: int
    role: Role | None
    what: str


@dataclass(frozen=True, slots=True)
class Sound:
    """One file of a delivery: what is in it, and how it is stored."""

    role: Role
    name: str
    container: Container = "WAV"
    subtype: str = "PCM_24"
    sample_rate_hz: int = 48_000
    is_mono: bool = False
    has_handles: bool = True
    seed: int | None = None
    shorter_by_samples: int = 0
    peak_dbfs: float | None = None
    is_silent: bool = False


@dataclass(frozen=True, slots=True)
class Scene:
    """One chapter as one creator delivered it."""

    number: int
    title: str
    creator: str
    frames: int
    sounds: tuple[Sound, ...]
    notes: Mapping[str, str] = field(default_factory=dict)


SCENES: tuple[Scene, ...] = (
    Scene(
        1,
        "Harbour at night",
        "Mei Tanaka",
        19 * 24,
        (
            Sound(Role.VO, "The Long Crossing_ch01_VO.wav"),
            Sound(Role.SFX, "The Long Crossing_ch01_SFX.wav"),
            Sound(Role.MUSIC, "The Long Crossing_ch01_MUSIC.wav"),
        ),
    ),
    Scene(
        2,
        "The kitchen",
        "Ольга Смирнова",
        22 * 24,
        (
            Sound(Role.VO, "kitchen голос.flac", "FLAC", sample_rate_hz=44_100, is_mono=True),
            Sound(Role.SFX, "kitchen effects.wav"),
            Sound(Role.MUSIC, "kitchen music.mp3", "MP3", "MPEG_LAYER_III", 44_100),
        ),
    ),
    Scene(
        3,
        "Second Avenue",
        "Dario Conti",
        20 * 24,
        (
            Sound(Role.VO, "avenue-dialogo-vo.wav", subtype="PCM_16"),
            Sound(Role.SFX, "avenue-fx.aiff", "AIFF", sample_rate_hz=96_000),
            Sound(Role.MUSIC, "avenue-music.wav", has_handles=False),
        ),
    ),
    Scene(
        4,
        "清晨的树林",
        "李雷",
        20 * 24,
        (
            Sound(Role.VO, "旁白.wav"),
            Sound(Role.SFX, "音效.wav"),
            Sound(Role.MUSIC, "配乐.flac", "FLAC"),
        ),
    ),
    Scene(
        5,
        "The forge",
        "Ana Souza",
        19 * 24,
        (
            Sound(Role.VO, "forja_voz_vo.wav", is_mono=True),
            Sound(Role.SFX, "forja_sfx.wav", shorter_by_samples=480),
            Sound(Role.MUSIC, "forja_music.wav", is_silent=True),
        ),
    ),
    Scene(
        6,
        "Storm",
        "Jonas Weber",
        20 * 24,
        (
            Sound(Role.VO, "sturm VO.wav"),
            Sound(Role.SFX, "sturm SFX.wav", subtype="FLOAT", peak_dbfs=0.4),
            Sound(Role.MUSIC, "sturm MUSIC.wav", seed=4),
        ),
        notes={"notes.txt": "The thunder is meant to be loud. Theme of chapter 4 again, as agreed. Jonas\n"},
    ),
)

PLANTED: tuple[Planted, ...] = (
    Planted("FMT001", 2, Role.VO, "voice at 44.1 kHz"),
    Planted("FMT003", 2, Role.VO, "voice in mono"),
    Planted("FMT004", 2, Role.VO, "voice as FLAC"),
    Planted("FMT001", 2, Role.MUSIC, "music at 44.1 kHz"),
    Planted("FMT004", 2, Role.MUSIC, "music as MP3"),
    Planted("FMT002", 3, Role.VO, "voice in 16 bit"),
    Planted("FMT001", 3, Role.SFX, "effects at 96 kHz"),
    Planted("FMT004", 3, Role.SFX, "effects as AIFF"),
    Planted("LEN002", 3, Role.MUSIC, "music without handles"),
    Planted("FMT004", 4, Role.MUSIC, "music as FLAC"),
    Planted("FMT003", 5, Role.VO, "voice in mono"),
    Planted("LEN001", 5, Role.SFX, "effects 480 samples short"),
    Planted("STM003", 5, Role.MUSIC, "music without a sound (waived: it is meant)"),
    Planted("STM002", 6, None, "a full mix among the stems"),
    Planted("STM004", 6, Role.MUSIC, "the same music as chapter 4"),
    Planted("PEK001", 6, Role.SFX, "effects over full scale"),
    Planted("PEK003", 6, Role.SFX, "effects in float, over full scale"),
)

CLEAN_CHAPTERS = (1,)
STRAY_MIX = "sturm full mix.wav"


def build_film(folder: Path, progress: Progress, jobs: int = 1) -> tuple[Path, bool]:
    """Write the deliveries of six people and their film file; what is there already is kept.

    Returns
    -------
    tuple[Path, bool]
        The film file, and whether anything was made (`False` on a second run).
    """
    film = folder / FILM_FILE
    if film.is_file() and film.read_text(encoding="utf-8") == film_text() and all(_is_there(folder, s) for s in SCENES):
        return film, False
    work = [
        partial(_build_sound, folder / _folder_name(scene), scene, sound) for scene in SCENES for sound in scene.sounds
    ]
    work += [partial(_build_rest, folder / _folder_name(scene), scene) for scene in SCENES if scene.notes]
    with ThreadPoolExecutor(min(jobs, _MOST_AT_ONCE)) as pool:
        for done, _ in enumerate(pool.map(lambda make: make(), work)):
            progress(Event("making the film", done + 1, len(work)))
    film.write_text(film_text(), encoding="utf-8", newline="\n")
    return film, True


def film_text() -> str:
    """Return the film file."""
    chapters = "\n".join(
        f'[[chapter]]\nnumber = {scene.number}\ntitle = "{scene.title}"\ncreator = "{scene.creator}"\n'
        f'length = "{RATE.format_timecode(scene.frames)}"\nfolder = "{_folder_name(scene)}"\n'
        for scene in SCENES
    )
    return f"""# Made by 'stemkit demo'.
[film]
title = "The Long Crossing"
profile = "crowd-film"
frame_rate = "24"
start_timecode = "01:00:00:00"

[defaults]
handles = {{ head = "2s", tail = "2s" }}
crossfade.VO = "0s"
crossfade.SFX = "0.5s"
crossfade.MUSIC = "1s"

{chapters}
[[waiver]]
rule = "STM003"
chapter = 5
stem = "MUSIC"
reason = "no music while the hammer falls, as scripted"
"""


def _folder_name(scene: Scene) -> str:
    return f"ch{scene.number:02d}"


def _is_there(folder: Path, scene: Scene) -> bool:
    own = folder / _folder_name(scene)
    return all((own / sound.name).is_file() for sound in scene.sounds)


def _build_sound(folder: Path, scene: Scene, sound: Sound) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder / sound.name, _sound(scene, sound), sound)


def _build_rest(folder: Path, scene: Scene) -> None:
    """Write what people leave beside their stems: a note, and a mix that is no stem."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in scene.notes.items():
        (folder / name).write_text(text, encoding="utf-8")
    mix = sum((_made(scene, role, 24_000, scene.frames) for role in Role), np.zeros(()))
    write_foreign(folder / STRAY_MIX, mix, 24_000, "WAV", "PCM_16")


def _write(path: Path, block: Block, sound: Sound) -> None:
    if sound.subtype != "FLOAT":
        write_foreign(path, block, sound.sample_rate_hz, sound.container, sound.subtype)
        return
    # libsndfile puts the time of day into a float WAV; ours is the same every day
    with PrintWriter(path, WriteFormat(sound.sample_rate_hz, "FLOAT", STEREO, len(block))) as writer:
        writer.push(block)


def _sound(scene: Scene, sound: Sound) -> Block:
    frames = scene.frames + (2 * HANDLE_FRAMES if sound.has_handles else 0)
    block = _made(scene, sound.role, sound.sample_rate_hz, frames, sound.seed)
    block = block[: len(block) - sound.shorter_by_samples]
    if sound.is_silent:
        return np.zeros_like(block)
    if sound.is_mono:
        block = block.mean(axis=1, keepdims=True)
    return block if sound.peak_dbfs is None else _with_peak(block, sound.sample_rate_hz, sound.peak_dbfs)


def _made(scene: Scene, role: Role, rate_hz: int, frames: int, seed: int | None = None) -> Block:
    length = RATE.samples_at(frames, rate_hz)
    return _MAKERS[role](length, rate_hz, seed or scene.number) * amplitude_from_db(_LOUDER_DB)


def _with_peak(block: Block, rate_hz: int, peak_dbfs: float) -> Block:
    """Raise the loudest hit of a sound to a peak, with a swell around it, as a clumsy fader would."""
    at = int(np.argmax(np.abs(block[rate_hz * 4 : -rate_hz * 4]).max(axis=1))) + rate_hz * 4
    wanted = amplitude_from_db(peak_dbfs) / float(np.abs(block[at]).max())
    distance = (np.arange(len(block)) - at) / (0.05 * rate_hz)
    swelled: Block = block * (1.0 + (wanted - 1.0) * np.exp(-0.5 * distance * distance))[:, None]
    return swelled
