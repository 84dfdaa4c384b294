"""The parts of a profile that say which prints are made and how they are stored, with the leader around them."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator, model_validator

from stemkit.core.as_written import AsWritten
from stemkit.core.names import safe_name
from stemkit.core.profile_figures import Grade, LooseRole
from stemkit.core.timebase import FrameRate

_ANY_RATE = FrameRate.parse("24")
_LONGEST_LEADER_S = 600


class PrintSpec(AsWritten):
    """A deliverable: its name, the roles that are added for it, and whether its leader carries tone."""

    name: str
    roles: tuple[LooseRole, ...] = Field(min_length=1, strict=False)
    leader_tone: bool = True

    @field_validator("name")
    @classmethod
    def _can_be_a_file(cls, value: str) -> str:
        if not value or safe_name(value) != value:
            raise ValueError(f"{value!r} cannot be part of a file name")
        return value

    @field_validator("roles")
    @classmethod
    def _is_each_once(cls, value: tuple[LooseRole, ...]) -> tuple[LooseRole, ...]:
        if len(set(value)) < len(value):
            raise ValueError("each role is added once; a print is a sum with factors 0 and 1")
        return value


class LeaderSpec(AsWritten):
    """What stands before and after the picture in every file of a print; times as in a film file.

    Parameters
    ----------
    head, tail
        How long it is; the programme's first picture comes ``head`` after the first sample.
    pop, tail_pop
        One frame of tone begins so long before the first picture, and so long after the beginning of the last
        one; 0 for none.
    tone
        Line-up tone, from the first sample.
    level_dbfs, frequency_hz
        Of the tones: the peak of a sine, as SMPTE RP 155 counts.
    """

    head: str = "0f"
    tail: str = "0f"
    pop: str = "0f"
    tail_pop: str = "0f"
    tone: str = "0f"
    level_dbfs: float = Field(default=-20.0, ge=-60.0, le=-1.0)
    frequency_hz: float = Field(default=1000.0, ge=20.0, le=20_000.0)
    source: str
    grade: Grade = "project"

    @field_validator("head", "tail", "pop", "tail_pop", "tone")
    @classmethod
    def _is_time(cls, value: str) -> str:
        if _ANY_RATE.parse_duration(value) > _LONGEST_LEADER_S * _ANY_RATE.nominal:
            raise ValueError(f"a leader is at most {_LONGEST_LEADER_S} s long")
        return value

    @model_validator(mode="after")
    def _fits(self) -> LeaderSpec:
        head, tail, pop, tail_pop, tone = map(
            _ANY_RATE.parse_duration, (self.head, self.tail, self.pop, self.tail_pop, self.tone)
        )
        if max(pop, tone + pop) > head:
            raise ValueError(f"tone and pop do not fit into a head of {self.head}")
        if tail_pop > tail:
            raise ValueError(f"a tail pop at {self.tail_pop} does not fit into a tail of {self.tail}")
        return self


class DeliverySpec(AsWritten):
    """How prints are stored, all of them alike: stems and mix are laid out the same.

    Parameters
    ----------
    bit_depth_bits, packaging
        Those of ``[format]`` unless stated; 32 is float, which holds the 24-bit values.
    """

    bit_depth_bits: Literal[16, 24, 32] | None = None
    container: Literal["wav", "flac"] = "wav"
    packaging: Literal["interleaved", "discrete-mono"] | None = None
    leader: LeaderSpec | None = None
    source: str | None = None

    @model_validator(mode="after")
    def _can_be_stored(self) -> DeliverySpec:
        if self.container == "flac" and self.bit_depth_bits == 32:
            raise ValueError("FLAC holds whole numbers: choose 16 or 24 bit, or container = 'wav'")
        return self
