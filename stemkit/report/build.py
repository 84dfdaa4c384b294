"""Film, findings, measurements and prints in; one JSON-able report out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stemkit import __version__
from stemkit.core.film import Film
from stemkit.core.profile import Profile
from stemkit.report.curves import MOMENTARY_S, SHORT_TERM_S, encode
from stemkit.report.levels import chapter_levels, dialogue_of, overs_of, with_join_levels
from stemkit.report.model import SCHEMA, MixRun, Report

if TYPE_CHECKING:
    from stemkit.meters._ledger import Ledger

_CELLS_PER_POINT = 10
_COUNTED = ("error", "warning", "info", "skipped", "waived", "passed")


def build_mix_report(run: MixRun) -> dict[str, Any]:
    """Return the report of a mix, finished or refused.

    The verdict is the film's: ``ready`` if the prints stand, nothing is missing and every error of the
    deliveries was repaired on the way; otherwise ``ask``.
    """
    rate_hz = run.mix.get("sample_rate_hz") or run.profile.format.sample_rate_hz
    repaired = _repaired(run.conform_items)
    deliveries = [_placed(finding, "delivery", run.film, repaired) for finding in run.check.get("findings", ())]
    prints = [_placed(finding, "print", run.film, frozenset()) for finding in run.print_findings]
    findings = prints + deliveries
    chapters = [_chapter(chapter, run.film, rate_hz) for chapter in run.check.get("chapters", ())]
    profile = _profile(run.profile)
    report = {
        "schema": SCHEMA,
        "version": __version__,
        "kind": "mix",
        "film": _film(run.film, rate_hz, run.mix.get("length_samples")),
        "profile": profile,
        "verdict": _verdict(run, findings),
        "chapters": [{**one, "mixed": chapter_levels(one, run.ledgers)} for one in chapters],
        "findings": findings,
        "counts": count(findings, passed=run.check.get("counts", {}).get("passed", 0)),
        "prints": list(run.mix.get("prints", ())),
        "null_test": run.mix.get("null_test"),
        "reels": list(run.mix.get("reels", ())),
        "level": run.mix.get("level"),
        "boundaries": with_join_levels(run.mix.get("boundaries", ()), chapters, run.ledgers),
        **{key: run.mix.get(key) for key in ("balance", "duck", "me", "limiter")},
        "overs": overs_of(run.mix.get("prints", ()), _ceiling(profile), run.ledgers),
        "dialogue": dialogue_of(run.ledgers, _least_voice(run.profile)),
        "refused": list(run.mix.get("refused", ())),
        "missing": list(run.mix.get("missing", ())),
        "conform": list(run.conform_items),
        "inputs": list(run.inputs),
        "meters": dict(run.meters),
        "conformance": run.conformance,
        "waivers": _waivers(run.film),
        "curves": {name: curves_of(ledger) for name, ledger in run.ledgers.items()},
    }
    return report


def build_check_report(check: Mapping[str, Any], film: Film | None = None) -> Report:
    """Return a report of the same form out of the JSON object of ``check``: no prints, no curves.

    Parameters
    ----------
    film
        What was checked; without it the report cannot place chapters and findings in the film.
    """
    about, chapters, at = _checked_film(check), check["chapters"], _nowhere
    if film is not None:
        about = _film(film, _PICTURE_RATE_HZ, None)
        chapters = [_chapter(chapter, film, _PICTURE_RATE_HZ) for chapter in chapters]
        at = partial(_seconds_in_film, film)
    places = [(finding, at(finding["start_tc"])) for finding in check["findings"]]
    return {
        "schema": SCHEMA,
        "version": check["version"],
        "kind": "check",
        "film": about,
        "profile": {"title": None, "source": None, "checked_on": None, "limits": [], **check["profile"]},
        "verdict": check["verdict"],
        "chapters": [{**_NO_PLACE, **chapter} for chapter in chapters],
        "findings": [{**one, "stage": "delivery", "repaired": False, "at_s": at_s} for one, at_s in places],
        "counts": dict(check["counts"]),
        **{key: [] for key in ("prints", "reels", "boundaries", "refused", "missing", "conform", "inputs")},
        **{key: None for key in ("null_test", "level", "balance", "duck", "me", "limiter", "dialogue", "conformance")},
        **{key: {} for key in ("meters", "curves")},
        "overs": [],
        "waivers": [] if film is None else _waivers(film),
        **({"repaired_into": check["repaired_into"]} if check.get("repaired_into") else {}),
    }


_PICTURE_RATE_HZ = 48_000


def _nowhere(_: str | None) -> float | None:
    return None


def _checked_film(check: Mapping[str, Any]) -> dict[str, Any]:
    folder = Path(check["film"]).parent if check.get("film") else None
    return {**_NO_FILM, "title": folder.name if folder else "", "folder": str(folder) if folder else None}


def amended(report: Report, found: Sequence[Mapping[str, Any]], null_test: Mapping[str, Any]) -> Report:
    """Return the report of a mix with what was found in its prints since, and their sums as they are now."""
    places = {"stage": "print", "repaired": False, "at_s": None}
    findings = [*({**finding, **places} for finding in found), *report["findings"]]
    return {
        **report,
        "findings": findings,
        "counts": count(findings, passed=report["counts"]["passed"]),
        "null_test": null_test,
        "verdict": "ask" if any(blocks(finding) for finding in findings) else report["verdict"],
    }


def count(findings: Iterable[Mapping[str, Any]], *, passed: int) -> dict[str, int]:
    """Count findings as ``check`` does: skips and waived ones apart from the severities."""
    counts: Counter[str] = Counter()
    for finding in findings:
        if finding["outcome"] == "skip":
            counts["skipped"] += 1
        elif finding["waived"]:
            counts["waived"] += 1
        else:
            counts[finding["severity"]] += 1
    return {**{word: counts[word] for word in _COUNTED}, "passed": passed}


def blocks(finding: Mapping[str, Any]) -> bool:
    """Tell whether a finding stands in the way of the film: an error that nobody waived or repaired."""
    return (
        finding["severity"] == "error"
        and finding["outcome"] != "skip"
        and not finding["waived"]
        and not finding["repaired"]
    )


def curves_of(ledger: Ledger) -> dict[str, Any]:
    """Return the loudness over time of one print, ten points a second."""
    from stemkit.meters.loudness import momentary_curve, short_term_curve

    return {
        "momentary": encode(momentary_curve(ledger, _CELLS_PER_POINT), MOMENTARY_S),
        "short_term": encode(short_term_curve(ledger, _CELLS_PER_POINT), SHORT_TERM_S),
    }


_NO_PLACE: dict[str, Any] = {"start_s": None, "end_s": None, "start_tc": None, "end_tc": None, "length_frames": None}
_NO_FILM: dict[str, Any] = {
    "title": "",
    "folder": None,
    "frame_rate": None,
    "start_tc": None,
    "end_tc": None,
    "length_frames": None,
    "length_samples": None,
    "sample_rate_hz": None,
    "duration_s": None,
}


def _film(film: Film, rate_hz: int, length_samples: int | None) -> dict[str, Any]:
    frames = _total_frames(film)
    rate = film.frame_rate
    known = rate is not None and frames is not None
    if length_samples is None and rate is not None and frames is not None:
        length_samples = rate.samples_at(frames, rate_hz)
    return {
        "title": film.title,
        "folder": str(film.base),
        "frame_rate": str(rate) if rate else None,
        "start_tc": rate.format_timecode(film.start_frame) if rate else None,
        "end_tc": rate.format_timecode(film.start_frame + (frames or 0)) if rate and known else None,
        "length_frames": frames,
        "length_samples": length_samples,
        "sample_rate_hz": rate_hz,
        "duration_s": length_samples / rate_hz if length_samples is not None else None,
    }


def _total_frames(film: Film) -> int | None:
    lengths = [chapter.length_frames for chapter in film.chapters]
    return None if None in lengths else sum(length for length in lengths if length is not None)


def _profile(profile: Profile) -> dict[str, Any]:
    limits: list[dict[str, Any]] = []
    for rule in profile.loudness:
        of = f"{rule.quantity}_loudness_lufs"
        limits.append({"quantity": of, **rule.model_dump(mode="json", exclude={"quantity"})})
    for limit in profile.true_peak:
        limits.append({"quantity": "true_peak_dbtp", **limit.model_dump(mode="json")})
    for spread in profile.loudness_range:
        limits.append({"quantity": "loudness_range_lu", **spread.model_dump(mode="json")})
    return {
        "name": profile.name,
        "revision": profile.revision,
        "title": profile.title,
        "source": profile.source,
        "checked_on": profile.checked_on.isoformat(),
        "limits": limits,
    }


def _ceiling(profile: Mapping[str, Any]) -> float | None:
    limits = (each for each in profile["limits"] if each["quantity"] == "true_peak_dbtp" and each["of"] == "print")
    return next((each["max_dbtp"] for each in limits), None)


def _least_voice(profile: Profile) -> float | None:
    stated = profile.voice_to_background
    return None if stated is None else stated.least_lu


def _waivers(film: Film) -> list[dict[str, Any]]:
    return [
        {
            "rule": one.rule,
            "chapter": one.chapter,
            "role": one.role.value if one.role else None,
            "reason": one.reason,
            "by": one.by,
        }
        for one in film.waivers
    ]


def _repaired(items: Sequence[Mapping[str, Any]]) -> frozenset[tuple[Any, Any]]:
    return frozenset((item["chapter"], item["role"]) for item in items if item["status"] == "written")


def _placed(finding: Mapping[str, Any], stage: str, film: Film, repaired: frozenset[tuple[Any, Any]]) -> dict[str, Any]:
    """Return a finding with its stage, whether it was repaired on the way, and where it is in the film."""
    is_repaired = finding["fix"] == "safe" and (finding["chapter"], finding["role"]) in repaired
    return {**finding, "stage": stage, "repaired": is_repaired, "at_s": _seconds_in_film(film, finding["start_tc"])}


def _seconds_in_film(film: Film, timecode: str | None) -> float | None:
    if timecode is None or film.frame_rate is None:
        return None
    try:
        frame = film.frame_rate.parse_timecode(timecode) - film.start_frame
    except ValueError:
        return None
    return float(frame / film.frame_rate.fps)


def _chapter(chapter: Mapping[str, Any], film: Film, rate_hz: int) -> dict[str, Any]:
    start = film.start_frame_of(chapter["number"])
    declared = next((c for c in film.chapters if c.number == chapter["number"]), None)
    length = declared.length_frames if declared else None
    chapter = {**chapter, "language": declared.language if declared else None}
    if start is None or length is None or film.frame_rate is None:
        return {**_NO_PLACE, **chapter}
    rate, end = film.frame_rate, start + length
    return {
        **chapter,
        "start_s": rate.samples_at(start, rate_hz) / rate_hz,
        "end_s": rate.samples_at(end, rate_hz) / rate_hz,
        "start_tc": rate.format_timecode(film.start_frame + start),
        "end_tc": rate.format_timecode(film.start_frame + end),
        "length_frames": length,
    }


def _verdict(run: MixRun, findings: Iterable[Mapping[str, Any]]) -> str:
    null = run.mix.get("null_test")
    proven = bool(null and null["exact"]) and bool(run.mix.get("prints"))
    complete = not run.mix.get("refused") and not run.mix.get("missing")
    return "ready" if proven and complete and not any(blocks(finding) for finding in findings) else "ask"
