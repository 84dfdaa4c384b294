"""A long campaign: ``python -m tests.fire [RANDOM_SHOTS [VICTIM …]]`` shoots at runs and counts what broke.

First at every event that touches the output folder, then at random moments.
"""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from tests.fire.victims import AIMED, ENDED, VICTIMS, Range

SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)


def main() -> None:
    """Run the campaign; exits with the number of failures, 99 at most."""
    shots = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    failures = 0
    for victim in sys.argv[2:] or VICTIMS:
        with tempfile.TemporaryDirectory(prefix="stemkit-fire-") as name:
            failures += _campaign(Range(victim, Path(name)), shots)
    raise SystemExit(min(99, failures))


def _campaign(place: Range, shots: int) -> int:
    ended = place.run(AIMED, 1_000_000, signal.SIGKILL, place.out)
    events = 1_000_000 - int(ended.stderr.rpartition(" ")[2])
    place.check_next()
    counts: Counter[str] = Counter()
    for event in range(1, events + 1):
        number = SIGNALS[event % 3]
        # The cache stays warm after the first event, so that later events come at the same count.
        _one(place, counts, f"event {event}", number, lambda: place.run(AIMED, event, number, place.out))  # noqa: B023
    dice = random.Random(8)
    for shot in range(shots):
        number, delay_s = SIGNALS[shot % 3], dice.uniform(0.0, 1.1 * place.seconds)
        place.forget()
        _one(place, counts, f"{delay_s:.3f} s", number, lambda: place.shoot(number, delay_s))  # noqa: B023
    sys.stdout.write(f"{place.name}: {events} events, {shots} moments: {dict(sorted(counts.items()))}\n")
    return counts["broke"]


def _one(
    place: Range, counts: Counter[str], what: str, number: int, shoot: Callable[[], subprocess.CompletedProcess[str]]
) -> None:
    ended = shoot()
    name = signal.Signals(number).name
    try:
        place.check(ended, is_killed=number == signal.SIGKILL)
        assert ended.returncode in (*ENDED[signal.Signals(number)], 0, 1), (ended.returncode, ended.stderr)
        place.check_next()
        counts[f"{name} ended {ended.returncode}"] += 1
    except AssertionError as error:
        counts["broke"] += 1
        sys.stdout.write(f"BROKE {place.name} {what} {name} ({ended.returncode}): {str(error)[:600]}\n")
        place.reset()
    sys.stdout.flush()


if __name__ == "__main__":
    main()
