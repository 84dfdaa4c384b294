"""What is wrong with one stem's part in a reference mix."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from statistics import median

from stemkit.core.finding import Severity, Value
from stemkit.core.steps import ApplyGain, ShiftSound, Step
from stemkit.meters.reference import StemPart

LATE_S = 0.001
LEVEL_DB = 0.5
PART_CONDITIONS = ("drift", "not_in_it", "lag", "inverted", "level")


@dataclass(frozen=True, slots=True)
class PartFault:
    """One thing that is wrong, in the words of a finding."""

    condition: str
    severity: Severity
    confidence: float
    observed: float | None = None
    unit: str | None = None
    params: Mapping[str, Value] = field(default_factory=dict)
    fixes: tuple[Step, ...] = ()


def faults_of(part: StemPart, shift_s: float, gain_db: float) -> Iterator[PartFault]:
    """Yield what is wrong with a part, beside the shift and the gain that all parts have."""
    if part.drift is not None:
        params = {"drift_percent": round(100 * abs(part.drift), 3), "drift_ms": round(60_000 * abs(part.drift), 1)}
        way = {"way": "slow" if part.drift < 0.0 else "fast"}
        observed = round(100 * part.drift, 4)
        yield PartFault("drift", Severity.ERROR, 0.95, observed, "%", {**params, **way})
        return
    if part.gain_db is None or part.lag_s is None:
        yield PartFault("not_in_it", Severity.WARNING, 0.8)
        return
    if abs(lag := part.lag_s - shift_s) > LATE_S:
        params = {"lag_s": lag}
        way = {"way": "early" if lag > 0.0 else "late"}
        # Which of two clocks is wrong nobody can say where all are elsewhere.
        is_proven = part.lag_samples is not None and not shift_s
        shift: tuple[Step, ...] = (ShiftSound(part.lag_samples or 0),) if is_proven else ()
        yield PartFault("lag", Severity.ERROR, 0.95, round(lag, 4), "s", {**params, **way}, shift)
    if part.is_inverted:
        yield PartFault("inverted", Severity.ERROR, 0.95)
    if abs(by_db := part.gain_db - gain_db) > LEVEL_DB:
        way = {"way": "quieter" if by_db > 0.0 else "louder"}
        # A level is known only where the stem stands at the right sample.
        gain: tuple[Step, ...] = (ApplyGain(round(by_db, 2)),) if not gain_db and not part.lag_s else ()
        yield PartFault("level", Severity.WARNING, 0.9, round(-by_db, 1), "dB", {"by_db": abs(by_db), **way}, gain)


def common(values: list[float | None], least: float) -> float:
    """Return what most of two or more parts have alike, where it is more than the least; else 0."""
    known = [value for value in values if value is not None]
    middle = median(known) if len(known) > 1 else 0.0
    alike = sum(abs(value - middle) <= least for value in known)
    return middle if abs(middle) > least and 2 * alike > len(known) else 0.0
