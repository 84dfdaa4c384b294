"""The film file as people write it: its keys, their types and what they mean, for errors and for editors.

Everything may be absent here; `stemkit.core.manifest` says what must not be, so that one missing key
does not hide the other mistakes of a file.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Discriminator, Field, Tag

from stemkit.core.as_written import LIST_TAG, NUMBER_TAG, TABLE_TAG, TIME_TAG, ZERO_TAG, AsWritten
from stemkit.core.film import Role

_TIME = 'picture frames "48f", seconds "2s" or timecode "00:00:02:00"'


def _form_of(value: object) -> str:
    if isinstance(value, list):
        return LIST_TAG
    return TABLE_TAG if isinstance(value, dict) else TIME_TAG


def _time_form(value: object) -> str:
    return ZERO_TAG if isinstance(value, int) and not isinstance(value, bool) else TIME_TAG


Zero = Annotated[Literal[0], Tag(ZERO_TAG)]
Time = Annotated[Annotated[str, Tag(TIME_TAG)] | Zero, Discriminator(_time_form)]


class HandlesPart(AsWritten):
    """Sound beyond the picture."""

    head: Time | None = Field(default=None, description=f"before the picture: {_TIME}")
    tail: Time | None = Field(default=None, description=f"after the picture: {_TIME}")


class CrossfadePart(AsWritten):
    """A crossfade with two sides."""

    before: Time | None = Field(default=None, description=f"how far it reaches before the cut: {_TIME}")
    after: Time | None = Field(default=None, description=f"how far it reaches after the cut: {_TIME}")
    law: Literal["equal-gain", "equal-power", "cosine", "auto"] | None = Field(
        default=None, description="default: equal-power"
    )


def _crossfade_form(value: object) -> str:
    return TABLE_TAG if isinstance(value, dict) else _time_form(value)


CrossfadeValue = Annotated[
    Annotated[str, Tag(TIME_TAG)] | Zero | Annotated[CrossfadePart, Tag(TABLE_TAG)], Discriminator(_crossfade_form)
]
_WHOLE = 'the whole crossfade, half before and half after the cut, such as "0.5s"; "0" is a straight cut'


class CrossfadesPart(AsWritten):
    """Crossfades by role."""

    VO: CrossfadeValue | None = Field(default=None, description=_WHOLE)
    SFX: CrossfadeValue | None = Field(default=None, description=_WHOLE)
    MUSIC: CrossfadeValue | None = Field(default=None, description=_WHOLE)


class FilmPart(AsWritten):
    """The film as a whole."""

    title: str | None = Field(default=None, description="default: the name of the film file's folder")
    profile: str | None = Field(default=None, description="what creators deliver by; default: crowd-film")
    frame_rate: str | None = Field(default=None, description='"24", "24000/1001", "25", "29.97df" …, as text')
    start_timecode: str | None = Field(default=None, description='of the first picture, such as "01:00:00:00"')


class DefaultsPart(AsWritten):
    """What holds for every chapter and boundary that says nothing else."""

    handles: HandlesPart | None = Field(default=None, description="what creators were asked for")
    crossfade: CrossfadesPart | None = None


def _track_form(value: object) -> str:
    return NUMBER_TAG if isinstance(value, int) else TIME_TAG


class TrackPart(AsWritten):
    """One sound track of a video file."""

    file: str
    track: Annotated[
        Annotated[int, Field(ge=1), Tag(NUMBER_TAG)] | Annotated[str, Tag(TIME_TAG)],
        Discriminator(_track_form),
    ] = Field(description="counted from 1, or its title")


_OneStem = Annotated[
    Annotated[str, Tag(TIME_TAG)] | Annotated[TrackPart, Tag(TABLE_TAG)],
    Discriminator(_form_of),
]
_Stems = Annotated[
    Annotated[str, Tag(TIME_TAG)]
    | Annotated[TrackPart, Tag(TABLE_TAG)]
    | Annotated[list[_OneStem], Tag(LIST_TAG), Field(min_length=1)],
    Discriminator(_form_of),
]


class StemsPart(AsWritten):
    """Files by role, or tracks of video files; several of one role are added."""

    VO: _Stems | None = None
    SFX: _Stems | None = None
    MUSIC: _Stems | None = None


_FOLDER = "roles are found by file name in this folder, zip archive, or folder in an archive (all.zip/ch07)"


class ChapterPart(AsWritten):
    """A stretch of picture and the sound delivered for it."""

    number: int | None = Field(default=None, ge=0, le=9999, description="its place in the film; unique")
    title: str | None = None
    creator: str | None = None
    language: str | None = Field(default=None, description="in which the creator is written to, such as zh-Hans")
    length: str | None = Field(default=None, description=f"picture length: {_TIME}")
    handles: HandlesPart | None = Field(default=None, description="wins over [defaults]")
    folder: str | None = Field(default=None, description=_FOLDER)
    stems: StemsPart | None = Field(default=None, description="files by role, instead of what a folder would give")
    intentionally_silent: list[Annotated[Role, Field(strict=False)]] | None = None
    reference_mix: str | None = Field(default=None, description="a mix of the chapter to compare its stems with")


class BoundaryPart(CrossfadesPart):
    """A cut that differs from the defaults."""

    after: int | None = Field(default=None, description="number of the chapter before the cut")


class WaiverPart(AsWritten):
    """An exception, with its reason."""

    rule: str | None = Field(default=None, description="code of the rule, such as SIG003")
    reason: str | None = Field(default=None, description="why; required")
    by: str | None = Field(default=None, description="who decided it")
    chapter: int | None = None
    stem: Role | None = Field(default=None, strict=False)
    span: str | None = Field(default=None, description='"from-to" in timecode, counted from the chapter\'s start')


class DuckPart(AsWritten):
    """Music and effects under the voice."""

    depth_db: float | None = Field(
        default=None,
        ge=0.0,
        le=40.0,
        description="how far music and effects are turned down; default 0: off",
    )
    lookahead_s: float | None = Field(
        default=None, ge=0.0, le=5.0, description="how long before the voice they begin to fall; default 0.3"
    )
    attack_s: float | None = Field(default=None, ge=0.01, le=5.0, description="how long they fall; default 0.3")
    hold_s: float | None = Field(
        default=None, ge=0.0, le=10.0, description="how long they stay down after the voice; default 0.4"
    )
    release_s: float | None = Field(default=None, ge=0.05, le=10.0, description="how long they rise; default 0.8")


class MixPart(AsWritten):
    """How the feature is printed."""

    profile: str | None = Field(default=None, description="what the prints are delivered by; default: the film's")
    balance: Literal["none", "dialogue", "programme"] | None = Field(
        default=None, description="what brings the chapters together"
    )
    max_trim_db: float | None = Field(
        default=None, ge=0.0, le=24.0, description="bound of a chapter's trim; default 6.0"
    )
    limiter: Literal["off", "linked"] | None = Field(
        default=None, description="linked: one true-peak limiter for all prints"
    )
    duck: DuckPart | None = None
    me: Literal["follow", "undipped"] | None = Field(
        default=None, description="undipped: music and effects as before ducking and limiter; default follow"
    )
    me_gain_db: float | None = Field(
        default=None, ge=-40.0, le=0.0, description="a gain for undipped music and effects alone; default 0.0"
    )
    container: Literal["wav", "flac"] | None = Field(
        default=None, description="of the prints; default: what their profile says, else wav"
    )
    reels: list[int] | None = Field(default=None, description="numbers of the chapters after which a reel ends")
    slate: str | None = Field(default=None, description="mono sound for the leader, where the profile asks for one")


class InsertPart(AsWritten):
    """An effect on the stems of a role; its parameters by name."""

    effect: str | None = Field(default=None, description="a built-in effect, such as HighpassFilter")
    plugin: str | None = Field(default=None, description="absolute path of a VST3 or AU plug-in on this machine")
    parameters: dict[str, bool | int | float | str] | None = Field(default=None, description="by name")


class InsertsPart(AsWritten):
    """Effects that 'conform' runs on the stems of a role, in order; never by default."""

    VO: list[InsertPart] | None = None
    SFX: list[InsertPart] | None = None
    MUSIC: list[InsertPart] | None = None


class FilmDocument(AsWritten):
    """A stemkit film file."""

    model_config = ConfigDict(title="stemkit film file")

    film: FilmPart | None = None
    defaults: DefaultsPart | None = None
    chapter: list[ChapterPart] | None = Field(default=None, description="in any order; numbers say their place")
    boundary: list[BoundaryPart] | None = None
    waiver: list[WaiverPart] | None = None
    mix: MixPart | None = None
    inserts: InsertsPart | None = None
    balance: dict[str, float] | None = Field(default=None, description="trims in dB by chapter number; they win")


REQUIRED = {
    "FilmPart": ["frame_rate"],
    "ChapterPart": ["number"],
    "BoundaryPart": ["after"],
    "WaiverPart": ["rule", "reason"],
    "FilmDocument": ["film", "chapter"],
}
"""Keys that a film file must have, by the name of their table's model."""


def film_schema() -> dict[str, Any]:
    """Return the JSON Schema of film files, for editors."""
    schema = FilmDocument.model_json_schema()
    for name, keys in REQUIRED.items():
        part = schema if name == "FilmDocument" else schema["$defs"][name]
        part["required"] = keys
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
