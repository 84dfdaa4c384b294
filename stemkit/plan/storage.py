"""How a conformed stem is stored: the form that loses nothing, stated as explicit steps.

Rules say what is wrong; here the steps are completed, so that a plan shows everything that will
be done to the samples. Nothing is ever clipped: what exceeds full scale becomes 32-bit float.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from stemkit.core.layout import LAYOUTS
from stemkit.core.media import MediaInfo
from stemkit.core.profile import FormatSpec
from stemkit.core.steps import (
    ORDER,
    ApplyGain,
    FlipPolarity,
    FoldDown,
    PickChannels,
    RemapChannels,
    RemoveOffset,
    Requantise,
    Resample,
    Rewrap,
    RunInserts,
    Step,
    Subtype,
)
from stemkit.core.units import amplitude_from_db, db_from_amplitude

WRITABLE: tuple[Subtype, ...] = ("PCM_16", "PCM_24", "FLOAT")
BITS: dict[Subtype, int] = {"PCM_16": 16, "PCM_24": 24}
_GROWTH_DB = 1.0
_OWN_CONTAINERS = ("WAV", "RF64", "BW64")


def in_order(steps: Iterable[Step]) -> tuple[Step, ...]:
    """Return steps in the order in which they are carried out."""
    return tuple(sorted(steps, key=lambda step: ORDER.index(type(step))))


def changes_values(media: MediaInfo, steps: Iterable[Step]) -> bool:
    """Tell whether steps compute new sample values, rather than move or copy them."""
    return any(_changes_values(media, step) for step in steps)


def _changes_values(media: MediaInfo, step: Step) -> bool:
    if isinstance(step, RemapChannels):
        return media.channels == 1 and step.mono_to_stereo_db != 0.0
    return isinstance(step, Resample | ApplyGain | FoldDown | RemoveOffset | RunInserts)


def largest_after(steps: Iterable[Step], amplitude: float) -> float:
    """Return the largest amplitude that a sound may have after steps that change its level; infinite for effects."""
    for step in in_order(steps):
        match step:
            case FoldDown():
                amplitude *= max(sum(map(abs, row)) for row in step.matrix)
            case RemoveOffset():
                amplitude += max(map(abs, step.offsets), default=0.0)
            case RunInserts():
                amplitude = math.inf
            case ApplyGain():
                amplitude *= amplitude_from_db(step.gain_db)
            case _:
                pass
    return amplitude


def largest_converted(steps: Iterable[Step], true_peak: float) -> float:
    """Return what no sample of a sound exceeds once its rate and layout were changed.

    Parameters
    ----------
    true_peak
        Largest amplitude of the sound as delivered, between its samples too: what is converted lies on the same
        curve, up to what filters make of its steepest edges (0.14 dB at most, over square waves, clipped and
        full-band noise and tones up to the Nyquist rate; 1 dB is allowed for).
    """
    spread = [amplitude_from_db(max(0.0, step.mono_to_stereo_db)) for step in steps if isinstance(step, RemapChannels)]
    return true_peak * math.prod(spread) * amplitude_from_db(_GROWTH_DB)


def full_scale(subtype: Subtype) -> float:
    """Return the amplitude from which a value does not fit an integer form any more."""
    step_size = 2.0 ** (1 - BITS[subtype])
    return 1.0 - 0.5 * step_size


def layout_is_known(media: MediaInfo, steps: Iterable[Step]) -> bool:
    """Tell whether the order of the channels is known, as it must be before anything is written."""
    names = [step.layout for step in steps if isinstance(step, RemapChannels | PickChannels | FoldDown)]
    return media.layout is not None and all(name in LAYOUTS for name in names)


def complete(
    media: MediaInfo, steps: Iterable[Step], peak: float | None, form: FormatSpec
) -> tuple[tuple[Step, ...], float | None]:
    """Complete the steps of a stem with how it is to be stored.

    Parameters
    ----------
    media
        The file as delivered.
    steps
        What its findings ask for.
    peak
        Largest amplitude after its steps; `None` where it was not measured.
    form
        The profile's form.

    Returns
    -------
    tuple
        The steps in order, and by how many dB the sound exceeds what may be stored, `None` if it fits.
    """
    asked = {type(step): step for step in steps}
    wish = asked.get(Requantise)
    subtype = wish.subtype if isinstance(wish, Requantise) else _natural(media, form)
    over_db = _excess_db(media, asked.values(), peak, subtype)
    if over_db is not None and form.float_accepted:
        subtype, over_db = "FLOAT", None
    if wish is not None or subtype != media.subtype or changes_values(media, asked.values()):
        asked[Requantise] = Requantise(subtype)
    if media.container not in _OWN_CONTAINERS:
        asked.setdefault(Rewrap, Rewrap("WAV"))
    return in_order(asked.values()), over_db


def _natural(media: MediaInfo, form: FormatSpec) -> Subtype:
    """Return the form a stem keeps where nothing asks for another."""
    integer: Subtype = "PCM_16" if form.bit_depth_bits == 16 else "PCM_24"
    if media.is_float:
        return "FLOAT" if form.float_accepted else integer
    return next((subtype for subtype in WRITABLE if subtype == media.subtype), integer)


def _excess_db(media: MediaInfo, steps: Iterable[Step], peak: float | None, subtype: Subtype) -> float | None:
    if subtype == "FLOAT" or peak is None:
        return None
    if (
        media.subtype.startswith("PCM_")
        and (media.bit_depth_bits or 0) <= BITS[subtype]
        and not changes_values(media, steps)
        # The lowest value of an integer has no counterpart above zero.
        and not any(isinstance(step, FlipPolarity) for step in steps)
    ):
        return None
    if peak < full_scale(subtype):
        return None
    return db_from_amplitude(peak / (1.0 - 2.0 ** (1 - BITS[subtype])))
