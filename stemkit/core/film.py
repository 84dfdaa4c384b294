"""What the film-maker declares: the film, its chapters, their stems, and how they are joined.

Everything here is resolved: times are frames or samples, paths are absolute. What a person wrote
is read by `stemkit.core.manifest`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Literal

from stemkit.core.inserts import Insert
from stemkit.core.timebase import FrameRate


class Role(StrEnum):
    """The class of a stem: the trade's dialogue, effects and music."""

    VO = "VO"
    SFX = "SFX"
    MUSIC = "MUSIC"


BalanceMode = Literal["none", "dialogue", "programme"]
LimiterChoice = Literal["off", "linked"]
PrintContainer = Literal["wav", "flac"]
MeChoice = Literal["follow", "undipped"]
FadeLaw = Literal["equal-gain", "equal-power", "cosine", "auto"]
"""``auto`` keeps the power of what is heard on both sides, whatever their correlation, which is measured."""


@dataclass(frozen=True, slots=True)
class Stem:
    """One delivered file of one role.

    Parameters
    ----------
    role
        What it carries.
    path
        The file, absolute (or as given on the command line).
    declared_path
        The path as the user wrote or gave it, for messages and JSON.
    track
        Which sound track of a video file, counted from 1 or by its title; `None` for the only one.
    parts
        The mono files, one for each channel, that ``path`` was joined from; empty for any other stem.
    """

    role: Role
    path: Path
    declared_path: str
    track: int | str | None = None
    parts: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class Handles:
    """Frames delivered beyond the picture: ``head_frames`` before, ``tail_frames`` after."""

    head_frames: int = 0
    tail_frames: int = 0


@dataclass(frozen=True, slots=True)
class Crossfade:
    """How one role crosses one boundary: how far before and after the cut, and the law.

    A length of 0 on both sides is a straight cut: nothing is faded. Lengths are whole frames, or
    half frames where a whole crossfade of an odd number of frames is halved about the cut.
    """

    before_half_frames: int = 0
    after_half_frames: int = 0
    law: FadeLaw = "equal-power"

    @property
    def is_straight(self) -> bool:
        """Whether nothing is faded."""
        return self.before_half_frames == 0 and self.after_half_frames == 0


@dataclass(frozen=True, slots=True)
class Chapter:
    """A stretch of picture with an exact length, and the sound that was delivered for it.

    Parameters
    ----------
    number
        The chapter's number in the film; unique.
    length_frames
        Picture length in frames; `None` where no film file states it.
    handles
        What was asked for, after film file, film defaults and profile.
    folder
        Folder in which roles are found by file name; `None` where ``stems`` are declared.
    stems
        Declared stems; empty where a folder is searched.
    intentionally_silent
        Roles that carry no sound on purpose.
    reference_mix
        A mix that somebody made of the chapter's stems, to compare them with.
    given
        Files of the chapter that were named on the command line; only they are looked at.
    language
        In which the creator is written to, such as ``zh-Hans``; `None` where the film file names none.
    """

    number: int
    title: str = ""
    creator: str = ""
    length_frames: int | None = None
    handles: Handles = Handles()
    folder: Path | None = None
    declared_folder: str = ""
    stems: tuple[Stem, ...] = ()
    intentionally_silent: frozenset[Role] = frozenset()
    reference_mix: Path | None = None
    given: tuple[Path, ...] = ()
    claimed_number: int | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Boundary:
    """The cut after a chapter, where it differs from the film's defaults for some roles."""

    after: int
    crossfades: Mapping[Role, Crossfade] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Waiver:
    """An exception that somebody recorded, with a reason; ``by`` says who.

    ``start_frame`` and ``end_frame`` are film positions in frames, `None` for the whole stem.
    """

    rule: str
    reason: str
    chapter: int | None = None
    role: Role | None = None
    start_frame: int | None = None
    end_frame: int | None = None
    line: int | None = None
    by: str | None = None


@dataclass(frozen=True, slots=True)
class Ducking:
    """Music and effects under the voice.

    Parameters
    ----------
    depth_db
        By how much they are turned down while somebody speaks; 0 is off.
    lookahead_s
        So long before the voice their gain begins to fall.
    attack_s, release_s
        How long it falls, and how long it rises.
    hold_s
        How long it stays down after the voice.
    """

    depth_db: float = 0.0
    lookahead_s: float = 0.3
    attack_s: float = 0.3
    hold_s: float = 0.4
    release_s: float = 0.8


@dataclass(frozen=True, slots=True)
class MixSettings:
    """How the feature is printed; the profile is the film's unless named.

    Parameters
    ----------
    limiter
        ``"linked"``: one limiter for all prints brings the film to its level where a single gain cannot.
    balance, max_trim_db
        What brings the chapters together: one gain each, towards the film's level, bounded.
    trims_db
        Trims that a person wrote, by chapter; they win.
    duck
        Music and effects under the voice.
    me
        ``"follow"``: music and effects are printed as they are in the mix; ``"undipped"``: as they are before
        ducking and limiter, and then their sum with the voice is not the mix.
    me_gain_db
        Of the undipped music and effects, beside the gain of the film.
    container
        Of the prints, ``"wav"`` or ``"flac"``; the profile's, if `None`.
    reels
        Numbers of the chapters after which the prints are cut into reels, ascending.
    slate
        Sound that stands in the leader.
    """

    profile: str | None = None
    limiter: LimiterChoice = "off"
    balance: BalanceMode = "none"
    max_trim_db: float = 6.0
    trims_db: Mapping[int, float] = field(default_factory=dict)
    duck: Ducking = Ducking()
    me: MeChoice = "follow"
    me_gain_db: float = 0.0
    container: PrintContainer | None = None
    reels: tuple[int, ...] = ()
    slate: Path | None = None


@dataclass(frozen=True, slots=True)
class Film:
    """A film as declared, or as made up from a folder without a film file.

    Parameters
    ----------
    title
        The film's title; the folder's name where nothing declares one.
    frame_rate
        `None` where no film file states it.
    start_frame
        Frame count of the film's first picture timecode.
    base
        Folder against which the film file's paths count.
    manifest
        The film file, `None` for a bare folder or for files on the command line.
    is_excerpt
        True if only some of the film's chapters are in hand; rules about the film as a whole then rest.
    gaps
        Of an excerpt, by the number of the chapter after each: the frames that lie between it and the chapter before
        it in hand, `None` where nothing states how many.
    inserts
        Effects that conforming runs on every stem of a role.
    """

    title: str
    base: Path
    chapters: tuple[Chapter, ...]
    frame_rate: FrameRate | None = None
    start_frame: int = 0
    profile: str = "crowd-film"
    manifest: Path | None = None
    crossfades: Mapping[Role, Crossfade] = field(default_factory=dict)
    boundaries: tuple[Boundary, ...] = ()
    waivers: tuple[Waiver, ...] = ()
    mix: MixSettings = MixSettings()
    is_excerpt: bool = False
    gaps: Mapping[int, int | None] = field(default_factory=dict)
    inserts: Mapping[Role, tuple[Insert, ...]] = field(default_factory=dict)

    def start_frame_of(self, number: int) -> int | None:
        """Return the first frame of a chapter from the film's start, `None` where lengths are unknown."""
        frame = 0
        for chapter in self.chapters:
            gap = self.gaps.get(chapter.number, 0)
            if gap is None:
                return None
            frame += gap
            if chapter.number == number:
                return frame
            if chapter.length_frames is None:
                return None
            frame += chapter.length_frames
        return None

    def crossfade_after(self, number: int, role: Role) -> Crossfade:
        """Return how a role crosses the cut after a chapter: the boundary's own, else the film's default."""
        for boundary in self.boundaries:
            if boundary.after == number and role in boundary.crossfades:
                return boundary.crossfades[role]
        return self.crossfades.get(role, Crossfade())
