"""Effects and plug-ins on a stem, through pedalboard: the only place that knows it.

They compute in 32-bit float; everything around them stays float64. Latency is compensated: what the
effects hold back is called forth with silence at the end, so that the sound keeps place and length.

Two traps: a plug-in may be loaded by one thread of a program only, so all of them live in one of ours; and the
library gives its own effects back in time, but plug-ins as late as they say they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import numpy as np

from stemkit.core.block import Block, Stream
from stemkit.core.errors import Problem, RenderError, UsageError
from stemkit.core.inserts import Insert
from stemkit.dsp.streams import rechunk, take

P = ParamSpec("P")
R = TypeVar("R")
_CHUNK_SAMPLES = 8_192  # always the same, so that no result depends on how the stream is cut
_LONGEST_LATENCY_S = 20
_PROBE_RATE_HZ, _PROBE_SAMPLES = 48_000, 96_000
_REFUSED = {
    "PitchShift": (
        "it gives silence when it is fed piece by piece",
        "shift the pitch in a DAW and deliver the result",
    ),
    "Convolution": (
        "it needs a file beside the film, which a plan cannot hold",
        "use a reverb plug-in, or deliver the sound with its reverb",
    ),
    "Limiter": (
        "it raises quiet sound by 4.75 dB and holds no ceiling: true peaks up to +3 dBTP were measured",
        "use BrickwallLimiter with true_peak = true, and let the mix measure what came out",
    ),
}
_NO_EFFECTS = frozenset(
    (
        "Plugin",
        "IIRFilter",
        "ExternalPlugin",
        "VST3Plugin",
        "AudioUnitPlugin",
        "PluginContainer",
        "Chain",
        "Mix",
        "Pedalboard",
    )
)


def effect_names() -> tuple[str, ...]:
    """Return the built-in effects that may be used."""
    pedalboard = _library()
    kinds = ((name, getattr(pedalboard, name)) for name in dir(pedalboard))
    found = (name for name, kind in kinds if isinstance(kind, type) and issubclass(kind, pedalboard.Plugin))
    return tuple(sorted({name for name in found if name[0] != "_"} - _NO_EFFECTS - _REFUSED.keys()))


def check_inserts(chain: Iterable[Insert], where: str, channels: int = 2) -> None:
    """See before anything is written that every effect exists, takes its parameters and gives what it should.

    Parameters
    ----------
    where
        The film file, for messages.
    channels
        Of the stems that it will be run on.

    Raises
    ------
    UsageError
        With everything that cannot be followed.
    """
    problems = []
    for insert in chain:
        try:
            _at_home([insert], _probe, insert, channels)
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
        board = _at_home(chain, _board, chain)
    except _Unusable as unusable:
        raise RenderError(Problem("insert", *unusable.args)) from unusable

    def through(block: Block) -> Block:
        return _at_home(chain, _through, board, block, sample_rate_hz)

    return take(_processed(stream, through, board, sample_rate_hz, channels, length_samples), length_samples)


def _board(chain: Sequence[Insert]) -> Any:
    return _library().Pedalboard([_made(insert) for insert in chain])


def _at_home(chain: Sequence[Insert], do: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Do something with a chain, where it holds plug-ins in the one thread in which they are loaded and run."""
    if not any(insert.plugin for insert in chain):
        return do(*args, **kwargs)
    return _home_of_plugins().submit(do, *args, **kwargs).result()


@cache
def _home_of_plugins() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(1, thread_name_prefix="plug-ins")


def _probe(insert: Insert, channels: int) -> None:
    """See that an effect gives the same however the sound is cut, twice the same, and something at all.

    Some do not: pedalboard's PitchShift gives silence when it is fed in pieces.
    """
    random = np.random.default_rng(1)
    sound = np.linspace(0.25, 0.05, _PROBE_SAMPLES)[:, np.newaxis] * random.uniform(
        -1.0, 1.0, (_PROBE_SAMPLES, channels)
    )
    try:
        whole = _through(_board([insert]), sound, _PROBE_RATE_HZ, _PROBE_SAMPLES)
        one, other = (_in_pieces(insert, sound, length) for length in (_CHUNK_SAMPLES, _CHUNK_SAMPLES // 2))
    except RenderError as error:
        raise _Unusable(error.problems[0].message, "take it out, or use its version for as many channels") from error
    if float(np.abs(one).max()) <= 1e-4 * float(np.abs(whole).max()):
        raise _Unusable("it gives silence when it is fed piece by piece", "take it out, or use another effect")
    if not np.array_equal(one, other):
        hint = "take it out, or render it in a DAW and deliver the result"
        raise _Unusable("what it gives depends on chance, or on how the sound is cut", hint)


def _in_pieces(insert: Insert, sound: Block, length: int) -> Block:
    board = _board([insert])

    def through(block: Block) -> Block:
        return _through(board, block, _PROBE_RATE_HZ)

    pieces = _processed(iter([sound]), through, board, _PROBE_RATE_HZ, sound.shape[1], len(sound), length)
    return np.concatenate(list(take(pieces, len(sound))))


def _latency(board: Any) -> int:
    """Return by how many samples the plug-ins of a chain are late, at the rate at which they have just run."""
    return sum(int(getattr(effect, "reported_latency_samples", 0)) for effect in board)


def _processed(
    stream: Stream,
    through: Callable[[Block], Block],
    board: Any,
    sample_rate_hz: int,
    channels: int,
    length_samples: int,
    chunk_samples: int = _CHUNK_SAMPLES,
) -> Stream:
    given, late = 0, None
    for block in rechunk(stream, chunk_samples):
        out = through(block)
        # Only once it runs does a plug-in know how late it is.
        late = _latency(board) if late is None else late
        skipped = min(late, len(out))
        late -= skipped
        given += len(out) - skipped
        yield out[skipped:]
    held, late = 0, late or 0
    while given < length_samples:
        out = through(np.zeros((chunk_samples, channels)))
        skipped = min(late, len(out))
        late -= skipped
        out = out[skipped:]
        given, held = given + len(out), held + chunk_samples
        if held > _LONGEST_LATENCY_S * sample_rate_hz:
            message = f"an effect gives {length_samples - given} samples less than it was given"
            raise RenderError(Problem("insert", message, "take it out of the chain"))
        yield out


def _through(board: Any, block: Block, sample_rate_hz: int, buffer_samples: int = _CHUNK_SAMPLES) -> Block:
    narrow = np.ascontiguousarray(block.T, dtype=np.float32)
    try:
        out = board.process(narrow, sample_rate_hz, buffer_size=buffer_samples, reset=False)
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
