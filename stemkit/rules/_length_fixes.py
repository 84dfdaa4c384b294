"""What a tool can do about a stem that is too long or too short."""

from __future__ import annotations

from stemkit.core.facts import StemFacts
from stemkit.core.lengths import LengthFit, LengthKind
from stemkit.core.steps import FitLength, Retag, Step, TrimTail
from stemkit.meters.silence import Silence

_MOST_CODEC_SAMPLES = 4_608  # delay and padding of MP3 and AAC together, at the programme's rate
_MOST_PADDING_S = 1  # more than this is missing sound, not a ragged end


def length_fixes(fit: LengthFit, stem: StemFacts, rate_hz: int) -> tuple[Step, ...]:
    """Return what a tool can do: only a ragged end is put right without asking."""
    if fit.true_rate_hz is not None:
        return (Retag(fit.true_rate_hz),)
    is_short = fit.kind in (LengthKind.SHORT, LengthKind.SHORT_HANDLES)
    is_ragged = is_short and -fit.difference_samples <= _MOST_PADDING_S * rate_hz
    if is_ragged or _is_silent_surplus(fit, stem, rate_hz):
        return (FitLength(fit.expected_samples),)
    return (TrimTail(fit.expected_samples),) if fit.kind is LengthKind.LONG else ()


def likely_cause(fit: LengthFit, stem: StemFacts, rate_hz: int) -> str:
    """Return what a length that does not fit looks like; how the stem ends tells a cut tail and a padded one."""
    silence = stem.measured.get(Silence)
    if _is_silent_surplus(fit, stem, rate_hz):
        return "padded"
    if silence is None or stem.media is None or fit.kind not in (LengthKind.SHORT, LengthKind.SHORT_HANDLES):
        return fit.kind.value
    last = max((start + size for start, size in silence.near_spans), default=0)
    is_quiet = silence.is_near or silence.trailing_zero_samples > 0 or last >= stem.media.length_samples
    return fit.kind.value if is_quiet else "cut"


def codec_surplus(fit: LengthFit, stem: StemFacts, picture: int | None) -> int:
    """Return the samples that a codec has put around the sound without saying so, 0 where that explains nothing."""
    if stem.media is None or stem.media.states_codec_delay is not False or fit.true_rate_hz is not None:
        return 0
    length = fit.expected_samples + fit.difference_samples
    surplus = [length - right for right in (fit.expected_samples, picture) if right is not None]
    return min((over for over in surplus if 0 < over <= _MOST_CODEC_SAMPLES), default=0)


def _is_silent_surplus(fit: LengthFit, stem: StemFacts, rate_hz: int) -> bool:
    silence = stem.measured.get(Silence)
    if fit.kind is not LengthKind.LONG or silence is None or stem.media is None:
        return False
    return silence.trailing_zero_samples * rate_hz >= fit.difference_samples * stem.media.sample_rate_hz
