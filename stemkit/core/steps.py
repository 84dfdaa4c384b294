"""The closed set of conform steps, in the order in which they are carried out.

A closed union on purpose: the executor is one ``match`` with ``assert_never``, so the type checker
points at every place that a new step must be added to.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import ClassVar, Literal

Subtype = Literal["PCM_16", "PCM_24", "FLOAT"]


@dataclass(frozen=True, slots=True)
class Retag:
    """Believe another sample rate than the header's: the sound was labelled wrongly."""

    kind: ClassVar[str] = "retag"
    safe: ClassVar[bool] = False
    sample_rate_hz: int


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


Step = Retag | RemapChannels | Resample | FitLength | ApplyGain | Requantise | Rewrap | Rename
ORDER: tuple[type[Step], ...] = (Retag, RemapChannels, Resample, FitLength, ApplyGain, Requantise, Rewrap, Rename)


def step_as_dict(step: Step) -> dict[str, object]:
    """Return a step as JSON data: ``kind``, ``safe``, then its own fields."""
    return {"kind": step.kind, "safe": step.safe, **asdict(step)}
