"""Conform steps in words, made of their JSON data alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Step = Mapping[str, Any]


def _channels(numbers: Any) -> str:
    return ", ".join(str(number + 1) for number in numbers)


def _fold(step: Step) -> str:
    rows = ["(" + " ".join(f"{one:.4g}" for one in row) + ")" for row in step["matrix"]]
    return f"fold down to {step['layout']} with {' '.join(rows)}"


def _inserts(step: Step) -> str:
    words = []
    for effect in step["effects"]:
        values = ", ".join(f"{name}={value}" for name, value in effect["parameters"])
        words.append(f"{effect['effect'] or effect['plugin']}({values})")
    return "run " + ", ".join(words)


_WORDS: Mapping[str, Callable[[Step], str]] = {
    "retag": lambda step: f"believe {step['sample_rate_hz']} Hz",
    "pick_channels": lambda step: (
        f"keep channel {_channels(step['channels'])} as {step['layout']}, the others are {step['others']}"
    ),
    "fold_down": _fold,
    "copy_channel": lambda step: f"copy channel {step['source'] + 1} to {step['target'] + 1}",
    "flip_polarity": lambda step: f"turn channel {_channels(step['channels'])} over",
    "remove_offset": lambda step: "take away a DC offset of " + ", ".join(f"{one:+.5f}" for one in step["offsets"]),
    "remap_channels": lambda step: f"to {step['layout']}",
    "resample": lambda step: f"to {step['sample_rate_hz']} Hz",
    "shift_sound": lambda step: (
        f"move {abs(step['by_samples'])} samples {'later' if step['by_samples'] > 0 else 'earlier'}"
    ),
    "fit_length": lambda step: f"to {step['length_samples']} samples",
    "trim_tail": lambda step: f"cut off sound after {step['length_samples']} samples",
    "run_inserts": _inserts,
    "apply_gain": lambda step: f"gain {step['gain_db']:+.2f} dB",
    "requantise": lambda step: f"as {step['subtype']}",
    "rewrap": lambda step: f"into {step['container']}",
    "rename": lambda step: "name",
}


def step_words(step: Step) -> str:
    """Return what a step does, in a few words; one of a kind that is not known, by the kind.

    Examples
    --------
    >>> step_words({"kind": "apply_gain", "gain_db": -3.0})
    'gain -3.00 dB'
    """
    words = _WORDS.get(step["kind"])
    return words(step) if words else str(step["kind"])
