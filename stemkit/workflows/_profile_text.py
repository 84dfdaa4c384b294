"""A profile for people: every figure in words, with its source and how good that source is."""

from __future__ import annotations

from collections.abc import Iterator

from stemkit.core.profile import FIGURES, Profile
from stemkit.core.profile_figures import (
    Figure,
    HeadTailRule,
    LeqMLimit,
    LevelLimit,
    Limit,
    LoudnessRule,
    SpeechCondition,
    TruePeakLimit,
)

_GRADES = {"A": "the document was read", "B": "quoted by clause", "C": "from a summary", "D": "derived"}
_NAMES = {
    "ldr": "loudness-to-dialogue ratio",
    "rms": "RMS",
    "leq_m": "Leq(m)",
    "max_short_term": "short-term loudness",
    "max_momentary": "momentary loudness",
    "head_tail": "head and tail",
}
_INDENT = " " * 10


def profile_lines(profile: Profile) -> Iterator[str]:
    """Yield all that a profile says, line by line."""
    yield f"{profile.name}: {profile.title}"
    yield f"  revision {profile.revision}, checked on {profile.checked_on}"
    yield f"  source: {profile.source}"
    yield ""
    yield from _form_lines(profile)
    yield ""
    for key in FIGURES:
        if key in profile.not_published:
            yield f"{_name(key)}: not published: {profile.not_published[key]}"
        for figure in getattr(profile, key):
            yield f"{_name(key)}, {_scope(figure)}: {_asked(figure)} ({figure.severity})"
            yield _source(figure.source, figure.grade)
    if voice := profile.voice_to_background:
        yield f"voice above background: at least {voice.least_lu:g} LU short-term, or reports list the line"
        yield _source(voice.source, voice.grade)
    for level in profile.plausible:
        yield f"plausible {level.role}: {level.quietest_lufs:.1f} to {level.loudest_lufs:.1f} LUFS ({level.severity})"
        yield _source(level.source, level.grade)
    yield f"confidence: an error must be at least {100 * profile.confidence.least:g} % sure, else it is a warning"
    for code, least in profile.confidence.rules.items():
        yield f"{_INDENT}{code}: at least {100 * least:g} %"
    yield f"{_INDENT}[{profile.confidence.source}]"
    for code, change in profile.severities.items():
        yield f"{code}: {change.severity} ({change.reason})"


def _form_lines(profile: Profile) -> Iterator[str]:
    form, handles = profile.format, profile.handles
    kept = f"{form.sample_rate_hz} Hz, {form.bit_depth_bits} bit"
    kept += " (32-bit float accepted)" if form.float_accepted else ""
    package = "one mono file a channel" if form.packaging == "discrete-mono" else "one file"
    yield f"stems     {kept}, {form.layout}, {package}, {' or '.join(form.containers)}"
    yield _source(form.source, form.grade)
    for label, text, source in (
        ("roles", ", ".join(profile.roles.required), profile.roles.source),
        ("names", profile.naming.pattern, profile.naming.source),
        (
            "handles",
            f"{handles.head} before, {handles.tail} after the picture "
            f"({'required' if handles.required else 'wished for'})",
            handles.source,
        ),
    ):
        yield f"{label:<10}{text}"
        if source is not None:
            yield f"{_INDENT}[{source}]"
    yield f"prints    {', '.join(spec.name + ' = ' + ' + '.join(spec.roles) for spec in profile.prints)}"
    yield from _delivery_lines(profile)


def _delivery_lines(profile: Profile) -> Iterator[str]:
    form, delivery = profile.format, profile.delivery
    bits = delivery.bit_depth_bits or form.bit_depth_bits
    package = "one mono file a channel" if (delivery.packaging or form.packaging) == "discrete-mono" else "one file"
    yield f"{_INDENT}{delivery.container.upper()}, {bits} bit{' float' if bits == 32 else ''}, {package}"
    if delivery.source is not None:
        yield f"{_INDENT}[{delivery.source}]"
    if (leader := delivery.leader) is None:
        return
    tones = [f"pop {leader.pop} before the picture" if _is_some(leader.pop) else ""]
    tones += [f"tail pop {leader.tail_pop} after the last one" if _is_some(leader.tail_pop) else ""]
    tones += [f"line-up tone {leader.tone}" if _is_some(leader.tone) else ""]
    silent = [spec.name for spec in profile.prints if not spec.leader_tone]
    tones += [f"none in {', '.join(silent)}" if silent else ""]
    sound = f"{leader.frequency_hz:g} Hz at {leader.level_dbfs:g} dBFS"
    yield f"leader    {leader.head} before, {leader.tail} after the picture; {sound}: {', '.join(filter(None, tones))}"
    yield _source(leader.source, leader.grade)


def _is_some(time: str) -> bool:
    return time.strip("0:fs. ") != ""


def grade_words(grade: str) -> str:
    """Return a grade of evidence in words."""
    return f"grade {grade}: {_GRADES[grade]}" if grade in _GRADES else "our own choice"


def _source(source: str, grade: str) -> str:
    return f"{_INDENT}[{source}; {grade_words(grade)}]"


def _name(key: str) -> str:
    return _NAMES.get(key, key.replace("_", " "))


def _scope(limit: Limit) -> str:
    if limit.of == "print":
        return f"print {', '.join(limit.prints)}" if limit.prints else "every print"
    return f"{limit.of} {', '.join(limit.roles)}" if limit.of == "stem" and limit.roles else limit.of


def _asked(figure: Figure) -> str:
    """Return what is asked for, in words."""
    match figure:
        case LoudnessRule():
            return _loudness(figure)
        case HeadTailRule():
            return ", ".join(_ends(figure))
        case TruePeakLimit() if figure.flag_dbtp is not None:
            between = f", {figure.flag_severity} up to there" if figure.flag_severity else ""
            return f"{_bounds(figure)}; quality control flags above {figure.flag_dbtp:.1f} dBTP{between}"
        case LeqMLimit():
            longest = f", sound of up to {figure.max_length_s:g} s" if figure.max_length_s is not None else ""
            return f"{_bounds(figure)} (LFE {figure.lfe_gain_db:+d} dB{longest})"
        case Limit():
            return _bounds(figure)
        case _:
            return ""


def _bounds(limit: Limit) -> str:
    if isinstance(limit, LevelLimit) and limit.above_lu:
        more = f"quality control allows {limit.above_lu:g} LU more"
        return f"at most {limit.max_lufs:.1f} {limit.unit}, {more}"
    low, high = limit.bounds
    if low is not None and high is not None:
        return f"{low:.1f} to {high:.1f} {limit.unit}"
    return f"at most {high:.1f} {limit.unit}" if high is not None else f"at least {low or 0.0:.1f} {limit.unit}"


def _loudness(rule: LoudnessRule) -> str:
    what = "dialogue, without relative gate" if rule.gating == "none" else rule.quantity
    below = "" if rule.below_lu is None or rule.ceiling_only else f" -{rule.below_lu:g}"
    above = "" if rule.above_lu is None else f" +{rule.above_lu:g}"
    tolerance = f"{below}{above} LU" if below or above else ""
    text = f"{what} {'at most ' if rule.ceiling_only else ''}{rule.target_lufs:.1f} LUFS{tolerance}"
    text += _when(rule.applies_when) if rule.applies_when else ""
    if rule.flag_below_lu is not None or rule.flag_above_lu is not None:
        text += f"; quality control flags outside -{rule.flag_below_lu or 0:g} +{rule.flag_above_lu or 0:g} LU"
        text += f", {rule.flag_severity} up to there" if rule.flag_severity else ""
    return f"or {text}" if rule.alternative else text


def _when(condition: SpeechCondition) -> str:
    words = []
    if condition.has_dialogue is not None:
        words.append("there is dialogue" if condition.has_dialogue else "there is no dialogue")
    if condition.speech_share_from_percent is not None:
        words.append(f"at least {condition.speech_share_from_percent:g} % is speech")
    if condition.speech_share_below_percent is not None:
        words.append(f"less than {condition.speech_share_below_percent:g} % is speech")
    return f", where {' and '.join(words)}"


def _ends(rule: HeadTailRule) -> Iterator[str]:
    for end, low, high in (("head", rule.head_min_s, rule.head_max_s), ("tail", rule.tail_min_s, rule.tail_max_s)):
        if low is not None:
            yield f"{end} at least {low:g} s"
        if high is not None:
            yield f"{end} at most {high:g} s"
    if rule.two_pop is not None:
        yield f"2-pop {rule.two_pop}"
    if rule.leader is not None:
        yield f"leader or slate {rule.leader}"
