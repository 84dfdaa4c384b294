"""``selftest``: the standards' test signals, made and metered here, beside a second opinion."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

from stemkit import __version__
from stemkit.core.block import Block
from stemkit.core.progress import Event, Progress, silent
from stemkit.meters import loudness, true_peak
from stemkit.meters._ledger import Floats, Ledger
from stemkit.meters._meter import meter_versions
from stemkit.meters.scan import Scanner
from stemkit.signals.conformance import RATE_HZ, Case, load_cases

TASK = "metering the standards' signals"
UNDEFINED = "undefined"
_EXACT = 1e-9


@dataclass(frozen=True, slots=True)
class Reading:
    """One value that a case asks for.

    Parameters
    ----------
    expected, ours, pyloudnorm
        `None` is undefined; ``pyloudnorm`` is `None` too where it has no such reading.
    below, above
        How far a reading may be from the expected one.
    """

    case: str
    document: str
    quantity: str
    expected: float | None
    below: float
    above: float
    ours: float | None
    pyloudnorm: float | None

    @property
    def is_right(self) -> bool:
        """Whether our reading is within the tolerance."""
        if self.expected is None or self.ours is None:
            return self.expected is None and self.ours is None
        return self.below - _EXACT <= self.ours - self.expected <= self.above + _EXACT


@dataclass(frozen=True, slots=True)
class SelftestResult:
    """All readings, in the order of the standards."""

    readings: tuple[Reading, ...]

    @property
    def missed(self) -> int:
        """How many readings of ours are wrong."""
        return sum(not reading.is_right for reading in self.readings)

    def as_dict(self) -> dict[str, object]:
        """Return the result as JSON data."""
        return {
            "schema": "stemkit/selftest/1",
            "version": __version__,
            "meters": meter_versions(),
            "readings": [asdict(reading) | {"is_right": reading.is_right} for reading in self.readings],
            "missed": self.missed,
        }

    def rows(self) -> list[list[str]]:
        """Return a table for people, its head first."""
        head = ["case", "reading", "expected", "tolerance", "stemkit", "pyloudnorm", ""]
        return [head, *[_row(reading) for reading in self.readings]]

    def verdict(self) -> str:
        """Return the outcome in one sentence."""
        count = len(self.readings)
        if self.missed:
            return f"{self.missed} of {count} readings are outside the standards' tolerances."
        return f"All {count} readings are within the standards' tolerances."


def _row(reading: Reading) -> list[str]:
    def shown(value: float | None) -> str:
        return UNDEFINED if value is None else f"{value:.3f}"

    second = "–" if reading.pyloudnorm is None else f"{reading.pyloudnorm:.3f}"
    tolerance = "exact" if reading.expected is None else f"{reading.below:+g} {reading.above:+g}"
    verdict = "ok" if reading.is_right else "WRONG"
    return [reading.case, reading.quantity, shown(reading.expected), tolerance, shown(reading.ours), second, verdict]


def selftest(progress: Progress = silent, cases: Sequence[Case] | None = None) -> SelftestResult:
    """Meter every case with ours and, where it can, with pyloudnorm."""
    cases = load_cases() if cases is None else cases
    readings: list[Reading] = []
    for done, case in enumerate(cases):
        progress(Event(TASK, done, len(cases), case.id))
        readings += _read_joined(case) if case.joined else _read_each(case)
    progress(Event(TASK, len(cases), len(cases)))
    return SelftestResult(tuple(readings))


def _scan(block: Block, case: Case) -> Ledger:
    scanner = Scanner(RATE_HZ, case.layout.count, case.layout)
    scanner.push(block)
    return scanner.result()


def _read_each(case: Case) -> list[Reading]:
    """Read each signal of a case by itself; of several, the one furthest from what is expected counts."""
    found: list[list[Reading]] = []
    for block in case.signals():
        ledger = _scan(block, case)
        found.append([_reading(case, name, ledger, block) for name in case.expect])
    return [max(readings, key=_distance) for readings in zip(*found, strict=True)]


def _distance(reading: Reading) -> float:
    if reading.ours is None or reading.expected is None:
        return 0.0 if reading.is_right else float("inf")
    return abs(reading.ours - reading.expected)


def _read_joined(case: Case) -> list[Reading]:
    """Read the running maximum after each signal of a case, all in one sound, as a live meter does."""
    blocks = list(case.signals())
    ledger = _scan(np.concatenate(blocks), case)
    readings: list[Reading] = []
    (name,) = case.expect
    cells = loudness.SHORT_TERM_CELLS if name == "short_term_lufs" else loudness.MOMENTARY_CELLS
    powers = loudness.window_powers(ledger, cells)
    end = 0
    for i, block in enumerate(blocks):
        end += len(block)
        heard = powers[: max(1, end * 100 // RATE_HZ - cells + 1)]
        expected = float(case.expect[name]) + i * case.expect_step
        ours = loudness.lufs(float(heard.max()))
        readings.append(Reading(case.id, case.document, name, expected, *case.tolerance, ours, None))
    return [max(readings, key=_distance)]


def _reading(case: Case, name: str, ledger: Ledger, block: Block) -> Reading:
    value = case.expect[name]
    expected = None if value == UNDEFINED else float(value)
    second = _second_opinion(block, case) if name == "programme_lufs" else None
    return Reading(case.id, case.document, name, expected, *case.tolerance, _ours(name, ledger, expected), second)


def _ours(name: str, ledger: Ledger, expected: float | None) -> float | None:
    if name == "true_peak_dbtp":
        return true_peak.read(ledger).max_dbtp
    heard = loudness.read(ledger)
    if name == "constant_short_term_lufs":
        return _furthest(loudness.window_powers(ledger, loudness.SHORT_TERM_CELLS), expected)
    if name == "constant_momentary_lufs":
        # The reading must be constant once the first second is over.
        return _furthest(loudness.window_powers(ledger, loudness.MOMENTARY_CELLS)[60:], expected)
    readings = {
        "programme_lufs": heard.programme_lufs,
        "momentary_lufs": heard.max_momentary_lufs,
        "short_term_lufs": heard.max_short_term_lufs,
        "range_lu": heard.range_lu,
    }
    return readings[name]


def _furthest(powers: Floats, expected: float | None) -> float:
    lowest, highest = loudness.lufs(float(powers.min())), loudness.lufs(float(powers.max()))
    middle = expected or 0.0
    return max(lowest, highest, key=lambda value: abs(value - middle))


def _second_opinion(block: Block, case: Case) -> float | None:
    """Return the reading of pyloudnorm with its exact filters; it knows five channels at most, and no LFE."""
    keeps = [i for i, label in enumerate(case.layout.labels) if label != "LFE"]
    if len(keeps) > 5 or not block[:, keeps].any():
        return None
    try:
        import pyloudnorm
    except ImportError:
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        value = float(pyloudnorm.Meter(RATE_HZ, filter_class="DeMan").integrated_loudness(block[:, keeps]))
    return value if np.isfinite(value) else None
