"""Effects and plug-ins on a stem, through pedalboard: the only place that knows it.

They compute in 32-bit float; everything around them stays float64. Latency is compensated: what the
effects hold back is called forth with silence at the end, so that the sound keeps place and length.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from stemkit.core.block import Block, Stream
from stemkit.core.errors import Problem, RenderError, UsageError
from stemkit.core.inserts import Insert
from stemkit.dsp.streams import rechunk, take

_CHUNK_SAMPLES = 8_192  # always the same, so that no result depends on how the stream is cut
_LONGEST_LATENCY_S = 20
_REFUSED = {
    "Limiter": (
        "it raises quiet sound by 4.75 dB and holds no ceiling: true peaks up to +3 dBTP were measured",
        "use BrickwallLimiter with true_peak = true, and let the mix measure what came out",
    ),
}
_NO_EFFECTS = frozenset(
    ("Plugin", "ExternalPlugin", "VST3Plugin", "AudioUnitPlugin", "PluginContainer", "Chain", "Mix", "Pedalboard")
)


def effect_names() -> tuple[str, ...]:
    """Return the built-in effects that may be used."""
    pedalboard = _library()
    kinds = ((name, getattr(pedalboard, name)) for name in dir(pedalboard))
    found = (name for name, kind in kinds if isinstance(kind, type) and issubclass(kind, pedalboard.Plugin))
    return tuple(sorted(set(found) - _NO_EFFECTS - _REFUSED.keys()))


def check_inserts(chain: Iterable[Insert], where: str) -> None:
    """See before anything is written that every effect exists and takes its parameters.

    Raises
    ------
    UsageError
        With everything that cannot be followed.
    """
    problems = []
    for insert in chain:
        try:
            _made(insert)
        except _Unusable as unusable:
            message, hint = unusable.args
            problems.append(Problem("insert", f"{insert.name}: {message}", hint, where, key="inserts"))
    if problems:
        raise UsageError(*problems)


def run_inserts(
    stream: Stream, chain: Sequence[Insert], sample_rate_hz: int, channels: int, length_samples: int
) -> Stream:
    """Run a chain over a stream of a known length; what comes out is as long.

    Raises
    ------
    RenderError
        If an effect cannot be run, or holds the sound back for ever.
    """
    try:
        board = _library().Pedalboard([_made(insert) for insert in chain])
    except _Unusable as unusable:
        raise RenderError(Problem("insert", *unusable.args)) from unusable
    return take(_processed(stream, board, sample_rate_hz, channels, length_samples), length_samples)


def _processed(stream: Stream, board: Any, sample_rate_hz: int, channels: int, length_samples: int) -> Stream:
    given = 0
    for block in rechunk(stream, _CHUNK_SAMPLES):
        out = _through(board, block, sample_rate_hz)
        given += len(out)
        yield out
    held = 0
    while given < length_samples:
        out = _through(board, np.zeros((_CHUNK_SAMPLES, channels)), sample_rate_hz)
        given, held = given + len(out), held + _CHUNK_SAMPLES
        if held > _LONGEST_LATENCY_S * sample_rate_hz:
            message = f"an effect gives {length_samples - given} samples less than it was given"
            raise RenderError(Problem("insert", message, "take it out of the chain"))
        yield out


def _through(board: Any, block: Block, sample_rate_hz: int) -> Block:
    narrow = np.ascontiguousarray(block.T, dtype=np.float32)
    try:
        out = board.process(narrow, sample_rate_hz, buffer_size=_CHUNK_SAMPLES, reset=False)
    except (RuntimeError, ValueError) as error:
        raise RenderError(Problem("insert", f"an effect failed: {error}", "take it out of the chain")) from error
    return np.ascontiguousarray(np.asarray(out).T, dtype=np.float64)


class _Unusable(Exception):  # noqa: N818
    """An effect that cannot be used: message and hint."""


def _library() -> Any:
    import pedalboard  # its type hints leave half of its names out

    return pedalboard


def _made(insert: Insert) -> Any:
    return _made_plugin(insert) if insert.plugin else _made_effect(insert)


def _made_effect(insert: Insert) -> Any:
    if insert.effect in _REFUSED:
        raise _Unusable(*_REFUSED[insert.effect])
    if insert.effect not in effect_names():
        raise _Unusable("there is no such effect", f"known are {', '.join(effect_names())}")
    effect = getattr(_library(), insert.effect)()
    for name, value in insert.parameters:
        if name.startswith("_") or not isinstance(getattr(type(effect), name, None), property):
            known = [each for each in dir(type(effect)) if isinstance(getattr(type(effect), each), property)]
            raise _Unusable(f"it has no parameter {name!r}", f"it has {', '.join(known) or 'none'}")
        _set(effect, name, value)
    return effect


def _made_plugin(insert: Insert) -> Any:
    path = Path(insert.plugin)
    if not path.is_absolute():
        raise _Unusable(
            "a plug-in is a program: only one that is installed on this machine is run", "write its absolute path"
        )
    if not path.exists():
        raise _Unusable("there is no plug-in at this path", "check the path; VST3 and, on macOS, AU are hosted")
    try:
        plugin = _library().load_plugin(str(path))
    except (ImportError, OSError, RuntimeError, ValueError) as error:
        raise _Unusable(f"the plug-in cannot be loaded: {error}", "try it in a DAW") from error
    for name, value in insert.parameters:
        if name not in plugin.parameters:
            raise _Unusable(f"it has no parameter {name!r}", f"it has {', '.join(plugin.parameters)}")
        _set(plugin, name, value)
    return plugin


def _set(effect: Any, name: str, value: object) -> None:
    try:
        setattr(effect, name, value)
    except (AttributeError, RuntimeError, TypeError, ValueError) as error:
        raise _Unusable(f"{name} = {value!r} is refused: {error}", "check the value") from error
