"""Facts out of a few lines of TOML: a clean film with three stems, and what a case changes in it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from stemkit.core.facts import (
    ChapterFacts,
    Delivery,
    FilmFacts,
    Measured,
    NullFacts,
    PrintFacts,
    StemFacts,
    Unplaced,
    UnplacedReason,
)
from stemkit.core.film import Chapter, Crossfade, Film, Handles, Role, Stem, Waiver
from stemkit.core.finding import Finding, Severity
from stemkit.core.layout import LAYOUTS
from stemkit.core.media import Bext, MediaInfo, MediaProblem, ProblemKind
from stemkit.core.mix_facts import JoinFacts, LevelFacts, LimiterFacts, VoiceFades
from stemkit.core.profile import Profile, load_profile
from stemkit.core.steps import (
    CopyChannel,
    FitLength,
    FlipPolarity,
    FoldDown,
    PickChannels,
    RemapChannels,
    RemoveOffset,
    Requantise,
    Resample,
    Retag,
    Rewrap,
    ShiftSound,
    Step,
    TrimTail,
)
from stemkit.core.timebase import FrameRate, Span, resampled_length
from stemkit.core.units import db_from_amplitude
from stemkit.meters.bandwidth import Bandwidth
from stemkit.meters.bit_depth import BitDepth
from stemkit.meters.channel_levels import ChannelLevels
from stemkit.meters.clicks import Clicks
from stemkit.meters.clipping import Clipping
from stemkit.meters.dialogue import Dialogue
from stemkit.meters.digest import Digest
from stemkit.meters.dropouts import Dropouts
from stemkit.meters.edges import Edges
from stemkit.meters.ends import Ends
from stemkit.meters.hum import Hum
from stemkit.meters.integrity import Integrity
from stemkit.meters.leq_m import LeqM
from stemkit.meters.levels import Levels
from stemkit.meters.likeness import Likeness
from stemkit.meters.loudness import Loudness
from stemkit.meters.opening_words import OpeningWords
from stemkit.meters.pauses import Pauses
from stemkit.meters.polarity import Polarity
from stemkit.meters.reference import ReferenceFit, StemPart
from stemkit.meters.relations import Leak, Relations
from stemkit.meters.repeats import Repeats
from stemkit.meters.sample_peak import SamplePeak
from stemkit.meters.silence import Silence
from stemkit.meters.steady_offset import SteadyOffset
from stemkit.meters.tones import Tone, Tones
from stemkit.meters.true_peak import TruePeak
from stemkit.meters.twins import Twin, Twins

BASE = Path("/film")
CLEAN_CONTENT: tuple[type, ...] = (
    Bandwidth,
    BitDepth,
    ChannelLevels,
    Clicks,
    Clipping,
    Dropouts,
    Edges,
    Hum,
    Likeness,
    OpeningWords,
    Pauses,
    Polarity,
    Repeats,
    SteadyOffset,
    Tones,
)
"""Readings whose defaults are those of clean sound; a case names one and what is different."""
CLEAN_STEM: dict[str, Any] = {
    "container": "WAV",
    "subtype": "PCM_24",
    "bits": 24,
    "rate": 48_000,
    "layout": "stereo",
    "length": 480_000,
    "amplitude": 0.5,
    "lufs": -23.0,
}


@dataclass(frozen=True)
class Case:
    """One case of a rule's data file."""

    code: str
    name: str
    film: Mapping[str, Any]
    expect: tuple[str, ...]
    has_fix: bool

    @classmethod
    def read(cls, code: str, data: Mapping[str, Any]) -> Case:
        """Take a case as written; ``expect`` lists ``condition[ severity[ chapter[ role]]]``."""
        given = {key: value for key, value in data.items() if key not in ("name", "expect", "fixed")}
        return cls(code, data["name"], given, tuple(data["expect"]), bool(data.get("fixed", False)))


def facts_of(given: Mapping[str, Any]) -> FilmFacts:
    """Build the facts of a case: everything that it does not mention is clean."""
    profile, rate = _profile(given.get("profile", {})), given.get("frame_rate", "24")
    chapters = given.get("chapters") or [{"number": 1, **given.get("chapter", {}), "stems": given.get("stems", {})}]
    built = tuple(_chapter(chapter) for chapter in chapters)
    film = Film(
        title="Film",
        base=BASE,
        chapters=tuple(chapter.chapter for chapter in built),
        frame_rate=FrameRate.parse(rate) if rate else None,
        start_frame=24 * 3600,
        manifest=BASE / "film.toml" if given.get("manifest", True) else None,
        crossfades={Role(role): Crossfade(*halves) for role, halves in given.get("crossfades", {}).items()},
        waivers=tuple(_waiver(waiver) for waiver in given.get("waivers", ())),
        is_excerpt=given.get("is_excerpt", False),
        gaps={int(number): frames for number, frames in given.get("gaps", {}).items()},
    )
    return FilmFacts(
        film,
        profile,
        built,
        together=Measured({Twins: Twins(tuple(_twin(one, built) for one in given.get("twins", ())))}),
        prints=tuple(_print(one) for one in given.get("prints", ())),
        nulls=tuple(_null(one) for one in given.get("nulls", ())),
        level=_level(given["level"]) if "level" in given else None,
        joins=tuple(_join(one) for one in given.get("joins", ())),
    )


def _profile(changes: Mapping[str, Any]) -> Profile:
    profile = load_profile("crowd-film")
    data = profile.model_dump(mode="json")
    for key, value in changes.items():
        data[key] = {**data[key], **value} if isinstance(value, dict) else value
    return Profile.model_validate_json(json.dumps(data))


def _waiver(given: Mapping[str, Any]) -> Waiver:
    role = Role(given["role"]) if "role" in given else None
    return Waiver(**{**given, "role": role})


def _null(given: Mapping[str, Any]) -> NullFacts:
    exact = None if given["exact"] == "unknown" else given["exact"]
    return NullFacts(**{**given, "exact": exact, "of": tuple(given["of"])})


def _join(given: Mapping[str, Any]) -> JoinFacts:
    said = given.get("voice")
    sides = [Span(*said[side]) if side in said else None for side in ("fade_out", "fade_in")] if said else []
    voice = VoiceFades(said["how"], *sides) if said else None
    return JoinFacts(**{**given, "role": Role(given["role"]), "voice": voice})


def _level(given: Mapping[str, Any]) -> LevelFacts:
    fields = ("target_lufs", "wanted_gain_db", "allowed_gain_db", "limited_by", "reachable_lufs")
    missed = Severity(given["missed"]) if "missed" in given else None
    limiter = LimiterFacts(-1.02, 0.4, 2.9, 96_000, 2, 1.0, 1) if "limited_by" in given else None
    return LevelFacts(
        **{**dict.fromkeys(fields), "applied_gain_db": 0.0, **given, "missed": missed, "limiter": limiter}
    )


def _chapter(given: Mapping[str, Any]) -> ChapterFacts:
    number = given["number"]
    changes: dict[str, Any] = {**{role.value: {} for role in Role}, **given.get("stems", {})}
    stems = tuple(_stem(number, Role(role), change) for role, change in changes.items() if change is not False)
    chapter = Chapter(
        number=number,
        length_frames=given.get("length_frames", 240) or None,
        handles=Handles(*given.get("handles", (0, 0))),
        folder=BASE / f"ch{number:02}",
        declared_folder=f"ch{number:02}",
        intentionally_silent=frozenset(map(Role, given.get("intentionally_silent", ()))),
        given=tuple(map(Path, given.get("given", ()))),
        title=given.get("title", ""),
        claimed_number=given.get("claimed_number"),
    )
    delivery = Delivery(
        chapter,
        tuple(stem.stem for stem in stems),
        {Role(role): tuple(map(Path, paths)) for role, paths in given.get("candidates", {}).items()},
        tuple(_unplaced(one) for one in given.get("unplaced", ())),
    )
    summed = given.get("sum", {})
    reason = summed.get("reason")
    measured = Measured() if reason else _measured({"lufs": -23.0, "amplitude": 0.5, **summed}, number, "sum")
    leaks = tuple(_leak(leak) for leak in given.get("leaks", ()))
    return ChapterFacts(delivery, stems, measured, reason, Measured({Relations: Relations(leaks), **_reference(given)}))


def _reference(given: Mapping[str, Any]) -> dict[type, object]:
    if "reference" not in given:
        return {}
    fit = dict(given["reference"])
    parts = [
        StemPart(Role(role), _undefined(gain), _undefined(lag), *map(_undefined, more))
        for role, gain, lag, *more in fit.pop("parts", ())
    ]
    return {ReferenceFit: ReferenceFit(tuple(parts), **fit)}


def _leak(given: Mapping[str, Any]) -> Leak:
    clear = {"gain_db": -20.0, "lag_samples": 0, "is_inverted": False, "peak": 40.0, "explained": 20.0}
    place = {"is_same": False, "start_s": 1.0, "end_s": 3.0, "share": 0.5}
    return Leak(**{**clear, **place, **given, "source": Role(given["source"]), "target": Role(given["target"])})


def _twin(given: Mapping[str, Any], chapters: Iterable[ChapterFacts]) -> Twin:
    stems = {(one.chapter.number, stem.stem.role): stem.stem for one in chapters for stem in one.stems}
    one, other = (stems[number, Role(role)] for number, role in given["of"])
    (number, _), (other_number, _) = given["of"]
    same = {"offset_s": 0.0, "seconds": 30.0, "share": 1.0, "bit_errors": 0.01, "start_s": 0.0, "other_start_s": 0.0}
    same |= {key: value for key, value in given.items() if key != "of"}
    return Twin(number, one.path, one.role, other_number, other.path, other.role, **same)


def _unplaced(given: Mapping[str, Any]) -> Unplaced:
    roles, detail = tuple(map(Role, given.get("roles", ()))), given.get("detail", "")
    return Unplaced(Path(given["path"]), UnplacedReason(given["reason"]), roles, detail)


def _stem(number: int, role: Role, change: Mapping[str, Any]) -> StemFacts:
    given = {**CLEAN_STEM, **change}
    name = given.get("file", f"Film_ch{number:02}_{role}.wav")
    stem = Stem(role, BASE / f"ch{number:02}" / name, f"ch{number:02}/{name}")
    if given.get("absent"):
        return StemFacts(stem, None)
    media = _media(stem.path, given)
    if not media.is_usable or given.get("unmeasured"):
        return StemFacts(stem, media)
    conformed = given.get("conformed")
    return StemFacts(
        stem,
        media,
        _measured(given, number, role.value),
        _measured({**given, **conformed}, number, role.value) if conformed else Measured(),
    )


def _media(path: Path, given: Mapping[str, Any]) -> MediaInfo:
    layout = LAYOUTS.get(given["layout"])
    problem = given.get("problem")
    return MediaInfo(
        path=path,
        container=given["container"],
        subtype=given["subtype"],
        sample_rate_hz=given["rate"],
        channels=layout.count if layout else given.get("channels", 3),
        length_samples=given["length"],
        size_bytes=given.get("size_bytes", 100),
        bit_depth_bits=given["bits"] or None,
        is_float=given["subtype"] in ("FLOAT", "DOUBLE"),
        layout=layout,
        channel_mask=given.get("mask"),
        layout_source=given.get("layout_source", "assumed"),
        states_codec_delay=given.get("states_codec_delay"),
        bext=_bext(given),
        problem=MediaProblem(ProblemKind(problem), "as the test says") if problem else None,
    )


def _bext(given: Mapping[str, Any]) -> Bext | None:
    if "coding_history" not in given and "starts_at" not in given:
        return None
    samples = given.get("starts_at", 0)
    return Bext(coding_history=given.get("coding_history", ""), time_reference_samples=samples)


def _measured(given: Mapping[str, Any], number: int, what: str) -> Measured:
    amplitude, lufs = given["amplitude"], given["lufs"]
    level = db_from_amplitude(amplitude)
    true_peak, at = given.get("dbtp", level), given.get("peak_at", 4800)
    is_silent = amplitude == 0.0
    undefined = {"programme_lufs": "silence"} if lufs == "undefined" else {}
    programme = lufs_at_ends = None if undefined else lufs
    return Measured(
        {
            Loudness: _loudness(given, programme, undefined),
            Levels: _levels(given),
            **_speech(given),
            TruePeak: TruePeak(true_peak, None if is_silent else at, 0, (true_peak,)),
            SamplePeak: SamplePeak(level, at, (level,), given.get("over", 0), amplitude),
            Silence: Silence(
                is_silent, amplitude < 1e-3, given.get("leading_zeros", 0), given.get("trailing_zeros", 0)
            ),
            Integrity: Integrity(given.get("non_finite", 0), given.get("non_finite_at")),
            Ends: Ends(given.get("head", lufs_at_ends), given.get("tail", lufs_at_ends)),
            Digest: Digest(given.get("digest", f"{number}{what}")),
            **{kind: _content(kind, given.get(kind.__name__, {})) for kind in CLEAN_CONTENT},
        }
    )


def _loudness(given: Mapping[str, Any], programme: float | None, undefined: Mapping[str, str]) -> Loudness:
    momentary, short_term = given.get("max_momentary"), given.get("max_short_term")
    return Loudness(programme, given.get("range"), momentary, 48_000, short_term, 48_000, undefined)


def _levels(given: Mapping[str, Any]) -> Levels:
    return Levels(given.get("rms"), given.get("noise_floor"), (), (), None, None, None)


def _speech(given: Mapping[str, Any]) -> dict[type, object]:
    """Return the readings that are taken only where a profile asks for them."""
    readings: dict[type, object] = {}
    if "dialogue" in given:
        names = [name for name in Dialogue.__dataclass_fields__ if name not in ("speech_share", "undefined")]
        undefined = dict.fromkeys(names, "no speech in the voice stem")
        readings[Dialogue] = Dialogue(**{**dict.fromkeys(names), "undefined": undefined, **given["dialogue"]})
    if "leq_m" in given:
        readings[LeqM] = LeqM(_undefined(given["leq_m"]), (), 0.0)
    return readings


def _content(kind: type, changes: Mapping[str, Any]) -> object:
    values = {key: tuple(value) if isinstance(value, list) else value for key, value in changes.items()}
    if kind is Tones:
        return Tones(tuple(Tone(**tone) for tone in values.get("tones", ())))
    return kind(**{key: _undefined(value) for key, value in values.items()})


def _undefined(value: Any) -> Any:
    """TOML has no null: the word stands for it."""
    if isinstance(value, tuple):
        return tuple(map(_undefined, value))
    return None if value == "undefined" else value


def _print(given: Mapping[str, Any]) -> PrintFacts:
    media = _media(BASE / "out" / f"Film_{given['name']}.wav", CLEAN_STEM)
    measured = _measured({"amplitude": 0.5, "lufs": -23.0, **given}, 0, given["name"])
    roles = frozenset(map(Role, given.get("roles", ("VO", "SFX", "MUSIC"))))
    media = replace(media, channels=given.get("channels", media.channels))
    hashes = (given.get("sha256", "a"), given.get("expected_sha256"))
    return PrintFacts(given["name"], roles, media, measured, *hashes, given.get("has_pop"), given.get("has_leader"))


def with_fixes(facts: FilmFacts, findings: Iterable[Finding]) -> FilmFacts:
    """Return the facts as they would be once the proposed steps were taken."""
    steps: dict[Path | None, list[Step]] = {}
    for finding in findings:
        steps.setdefault(finding.where.path, []).extend(finding.fixes)

    def fixed(stem: StemFacts) -> StemFacts:
        for step in steps.get(stem.stem.path, ()):
            stem = _after(stem, step)
        return stem

    chapters = tuple(replace(one, stems=tuple(map(fixed, one.stems))) for one in facts.chapters)
    return replace(facts, chapters=tuple(_compared_again(chapter, steps) for chapter in chapters))


def _compared_again(chapter: ChapterFacts, steps: Mapping[Path | None, list[Step]]) -> ChapterFacts:
    fit = chapter.together.get(ReferenceFit)
    if fit is None:
        return chapter
    taken = {stem.stem.role: steps.get(stem.stem.path, []) for stem in chapter.stems}

    def again(part: StemPart) -> StemPart:
        kinds = {step.kind for step in taken.get(part.role, ())}
        part = replace(part, lag_s=0.0, lag_samples=None) if "shift_sound" in kinds else part
        return replace(part, gain_db=0.0) if "apply_gain" in kinds else part

    fit = replace(fit, parts=tuple(map(again, fit.parts)))
    return replace(chapter, together=Measured({**chapter.together.readings, ReferenceFit: fit}))


def _after(stem: StemFacts, step: Step) -> StemFacts:
    media = stem.media
    assert media is not None
    match step:
        case Resample():
            length = resampled_length(media.length_samples, media.sample_rate_hz, step.sample_rate_hz)
            media = replace(media, sample_rate_hz=step.sample_rate_hz, length_samples=length)
        case Retag():
            media = replace(media, sample_rate_hz=step.sample_rate_hz)
        case RemapChannels():
            layout = LAYOUTS[step.layout]
            media = replace(media, layout=layout, channels=layout.count)
        case PickChannels() | FoldDown():
            layout = LAYOUTS[step.layout]
            media = replace(media, layout=layout, channels=layout.count)
            stem = _with_reading(stem, ChannelLevels((-20.0,) * layout.count, -10.0))
        case Requantise():
            bits = 32 if step.subtype == "FLOAT" else int(step.subtype[-2:])
            media = replace(media, subtype=step.subtype, bit_depth_bits=bits, is_float=step.subtype == "FLOAT")
        case Rewrap():
            media = replace(media, container=step.container, problem=None)
        case FitLength() | TrimTail():
            media = replace(media, length_samples=step.length_samples)
        case RemoveOffset():
            return _with_reading(stem, SteadyOffset())
        case FlipPolarity():
            return _with_reading(stem, Polarity(1.0, 0.0))
        case ShiftSound():
            start = (media.bext.time_reference_samples if media.bext else 0) - step.by_samples
            media = replace(media, bext=replace(media.bext or Bext(), time_reference_samples=start))
        case CopyChannel():
            return _with_reading(stem, ChannelLevels((-20.0, -20.0), -150.0))
        case _:
            return _after_name_or_gain(stem, step)
    return replace(stem, media=media)


def _with_reading(stem: StemFacts, reading: object) -> StemFacts:
    return replace(stem, measured=Measured({**stem.measured.readings, type(reading): reading}))


def _after_name_or_gain(stem: StemFacts, step: Step) -> StemFacts:
    if step.kind == "rename":
        path = stem.stem.path.with_name(str(getattr(step, "name", "")))
        return replace(stem, stem=replace(stem.stem, path=path))
    peak, loudness = stem.measured.get(SamplePeak), stem.measured.get(Loudness)
    assert peak is not None
    if loudness is not None and loudness.programme_lufs is not None:
        level = loudness.programme_lufs + float(getattr(step, "gain_db", 0.0))
        stem = _with_reading(stem, replace(loudness, programme_lufs=level))
    amplitude = peak.max_amplitude * 10.0 ** (float(getattr(step, "gain_db", 0.0)) / 20.0)
    lowered = replace(peak, max_amplitude=amplitude, max_dbfs=db_from_amplitude(amplitude))
    return replace(stem, measured=Measured({**stem.measured.readings, SamplePeak: lowered}), conformed=Measured())
