"""The closed set of conform steps, in the order in which they are carried out.

A closed union on purpose: the executor is one ``match`` with ``assert_never``, so the type checker
points at every place that a new step must be added to.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import ClassVar, Literal

from stemkit.core.inserts import Insert

Subtype = Literal["PCM_16", "PCM_24", "FLOAT"]


@dataclass(frozen=True, slots=True)
class Retag:
    """Believe another sample rate than the header's: the sound was labelled wrongly."""

    kind: ClassVar[str] = "retag"
    safe: ClassVar[bool] = False
    sample_rate_hz: int


@dataclass(frozen=True, slots=True)
class PickChannels:
    """Keep some channels of the file, counted from 0; the ``others`` are silent, or the same as those kept.

    That they are is seen while the stem is written: nothing that can be heard is left out.
    """

    kind: ClassVar[str] = "pick_channels"
    safe: ClassVar[bool] = True
    layout: str
    channels: tuple[int, ...]
    others: Literal["silent", "same"]


@dataclass(frozen=True, slots=True)
class FoldDown:
    """Mix channels into fewer ones; one row of coefficients for each channel that comes out."""

    kind: ClassVar[str] = "fold_down"
    safe: ClassVar[bool] = False
    layout: str
    matrix: tuple[tuple[float, ...], ...]


@dataclass(frozen=True, slots=True)
class CopyChannel:
    """Put one channel in the place of another, counted from 0."""

    kind: ClassVar[str] = "copy_channel"
    safe: ClassVar[bool] = False
    source: int
    target: int


@dataclass(frozen=True, slots=True)
class FlipPolarity:
    """Turn channels over, counted from 0."""

    kind: ClassVar[str] = "flip_polarity"
    safe: ClassVar[bool] = False
    channels: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class RemoveOffset:
    """Take a constant away from each channel."""

    kind: ClassVar[str] = "remove_offset"
    safe: ClassVar[bool] = False
    offsets: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class RemapChannels:
    """Bring the channels into another layout by label; mono goes to both sides of stereo."""

    kind: ClassVar[str] = "remap_channels"
    safe: ClassVar[bool] = True
    layout: str
    mono_to_stereo_db: float = 0.0


@dataclass(frozen=True, slots=True)
class Resample:
    """Convert the sample rate (soxr VHQ), without delay and with the exact length."""

    kind: ClassVar[str] = "resample"
    safe: ClassVar[bool] = True
    sample_rate_hz: int


@dataclass(frozen=True, slots=True)
class FitLength:
    """Add silence at the tail, or take digital silence away from it, to reach a length in samples."""

    kind: ClassVar[str] = "fit_length"
    safe: ClassVar[bool] = True
    length_samples: int


@dataclass(frozen=True, slots=True)
class ShiftSound:
    """Move the sound by whole samples inside its file, later where positive; the length stays."""

    kind: ClassVar[str] = "shift_sound"
    safe: ClassVar[bool] = False
    by_samples: int


@dataclass(frozen=True, slots=True)
class TrimTail:
    """Cut sound away at the tail, to a length in samples."""

    kind: ClassVar[str] = "trim_tail"
    safe: ClassVar[bool] = False
    length_samples: int


@dataclass(frozen=True, slots=True)
class RunInserts:
    """Run effects that the film file declares for the role."""

    kind: ClassVar[str] = "run_inserts"
    safe: ClassVar[bool] = False
    effects: tuple[Insert, ...]


@dataclass(frozen=True, slots=True)
class ApplyGain:
    """Apply one constant gain in dB."""

    kind: ClassVar[str] = "apply_gain"
    safe: ClassVar[bool] = False
    gain_db: float


@dataclass(frozen=True, slots=True)
class Requantise:
    """Store the samples in another form; integer forms are dithered where anything was processed."""

    kind: ClassVar[str] = "requantise"
    safe: ClassVar[bool] = True
    subtype: Subtype


@dataclass(frozen=True, slots=True)
class Rewrap:
    """Put the samples into another container."""

    kind: ClassVar[str] = "rewrap"
    safe: ClassVar[bool] = True
    container: Literal["WAV", "RF64"]


@dataclass(frozen=True, slots=True)
class Rename:
    """Give the file the name that the profile asks for."""

    kind: ClassVar[str] = "rename"
    safe: ClassVar[bool] = True
    name: str


Step = (
    Retag
    | PickChannels
    | FoldDown
    | CopyChannel
    | FlipPolarity
    | RemoveOffset
    | RemapChannels
    | Resample
    | ShiftSound
    | FitLength
    | TrimTail
    | RunInserts
    | ApplyGain
    | Requantise
    | Rewrap
    | Rename
)
ORDER: tuple[type[Step], ...] = (
    Retag,
    PickChannels,
    FoldDown,
    CopyChannel,
    FlipPolarity,
    RemoveOffset,
    RemapChannels,
    Resample,
    FitLength,
    ShiftSound,
    TrimTail,
    RunInserts,
    ApplyGain,
    Requantise,
    Rewrap,
    Rename,
)


def step_as_dict(step: Step) -> dict[str, object]:
    """Return a step as JSON data: ``kind``, ``safe``, then its own fields."""
    return {"kind": step.kind, "safe": step.safe, **{key: _plain(value) for key, value in asdict(step).items()}}


def _plain(value: object) -> object:
    """Return a value as it is once it was JSON, so that a receipt can be compared."""
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, tuple | list) else value
