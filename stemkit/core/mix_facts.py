"""What is known of a mix beside its prints: how its level was reached, and how chapters were joined."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from stemkit.core.film import FadeLaw, Role
from stemkit.core.finding import Severity
from stemkit.core.timebase import Span


@dataclass(frozen=True, slots=True)
class Reduction:
    """A stretch of film in which a limiter turns down, and its deepest place."""

    start_samples: int
    end_samples: int
    deepest_db: float
    deepest_at_samples: int


@dataclass(frozen=True, slots=True)
class LimiterFacts:
    """What the linked limiter did, or would have to do.

    Parameters
    ----------
    ceiling_dbtp
        What it was set to, at or below the limit.
    seconds
        Time with any reduction at all.
    deepest_db, worst_second_db
        Reductions as positive numbers: the deepest one, and the mean one of the second with most.
    count, reductions
        Stretches of work, and the deepest of them in order of time.
    curve_db
        Deepest gain of each 100 ms, 0 or negative.
    readings_dbtp
        Largest true peak after it, by an 8x interpolator, the filter of BS.1770-5 Annex 2 and one like libebur128's;
        `None` where nothing came near the ceiling.
    passes
        How often it was listened to until gain and ceiling were settled.
    """

    ceiling_dbtp: float
    seconds: float
    deepest_db: float
    deepest_at_samples: int | None
    worst_second_at_samples: int | None
    worst_second_db: float | None
    count: int
    reductions: tuple[Reduction, ...] = ()
    curve_db: tuple[float, ...] = ()
    readings_dbtp: tuple[float | None, ...] = ()
    passes: int = 1


@dataclass(frozen=True, slots=True)
class LevelFacts:
    """How the film's level was reached: one gain, and what limited it.

    Parameters
    ----------
    target_lufs
        `None` where the profile states none that applies.
    quantity, gating
        What the target is about, as the profile's rule says: programme, or the mix while somebody speaks.
    measured_lufs, speech_share
        That loudness before any gain, and the part of the film in which the voice is active, 0 to 1.
    wanted_gain_db
        The gain that reaches the target; `None` where the loudness is undefined.
    allowed_gain_db
        The largest gain that keeps every print under its limit; `None` where there is no sound.
    applied_gain_db
        The smaller of both.
    limited_by
        ``"true_peak"`` or ``"full_scale"`` where the limit decided, else `None`; ``limiting_print`` and
        ``peak_at_samples`` (of the film) then say where.
    reachable_lufs
        The loudness that counts with the applied gain.
    reason
        Why a value is `None`.
    missed
        How much it matters that the target is missed by more than its tolerance; `None` where it is not.
    limiter, is_limited
        What the limiter did, or, where it is off and the target was missed, what it would have to do.
    """

    target_lufs: float | None
    wanted_gain_db: float | None
    allowed_gain_db: float | None
    applied_gain_db: float
    limited_by: str | None
    reachable_lufs: float | None
    limiting_print: str | None = None
    limit_dbtp: float | None = None
    peak_at_samples: int | None = None
    reason: str | None = None
    limiter: LimiterFacts | None = None
    is_limited: bool = False
    quantity: Literal["programme", "dialogue"] | None = None
    gating: Literal["relative", "none"] | None = None
    measured_lufs: float | None = None
    speech_share: float | None = None
    missed: Severity | None = None


@dataclass(frozen=True, slots=True)
class VoiceFades:
    """Where the two sides of a join fade, in samples of the film, because words stood where they were to.

    Parameters
    ----------
    how
        ``"moved"`` into a pause, or ``"shortened"`` by one too.
    fade_out, fade_in
        `None` where a side has no voice.
    """

    how: Literal["moved", "shortened"]
    fade_out: Span | None
    fade_in: Span | None

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON data."""
        sides = {"fade_out": self.fade_out, "fade_in": self.fade_in}
        found = {
            name: None if span is None else {"start_samples": span.start, "end_samples": span.end}
            for name, span in sides.items()
        }
        return {"how": self.how, **found}


@dataclass(frozen=True, slots=True)
class JoinFacts:
    """How one role crosses the cut after a chapter in the render, and how it was asked to.

    Parameters
    ----------
    after
        Number of the chapter before the cut.
    at_samples
        The cut, in samples of the film.
    before_samples, after_samples
        How far the fade reaches before and after the cut; 0 and 0 is a straight cut.
    degraded
        There were no handles to cross on: a short fade out and in at the cut instead.
    shortened
        The handles, or the chapters, hold less than was asked for.
    correlation
        Of both sides in the fade, from 0 to 1, where the law is ``auto``.
    voice
        Where a voice fades instead of where it was to; ``before_samples`` and ``after_samples`` hold both sides.
    """

    after: int
    role: Role
    at_samples: int
    before_samples: int
    after_samples: int
    law: FadeLaw
    degraded: bool = False
    shortened: bool = False
    asked_before_samples: int = 0
    asked_after_samples: int = 0
    correlation: float | None = None
    voice: VoiceFades | None = None
