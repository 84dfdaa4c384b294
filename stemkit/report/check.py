"""What ``check`` found as one JSON object, and the verdicts READY, FIX and ASK."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from stemkit import __version__
from stemkit.core.facts import ChapterFacts, FilmFacts, Measured, StemFacts
from stemkit.core.finding import Finding, Outcome, Severity
from stemkit.core.media import MediaInfo
from stemkit.core.names import display_name
from stemkit.core.positions import film_frame_of, timecode_of
from stemkit.meters.summary import Summary, nothing_measured
from stemkit.report.given import as_given
from stemkit.report.model import CHECK_SCHEMA
from stemkit.rules._base import fit_of
from stemkit.rules._engine import RuleRun, topic_of
from stemkit.texts import render

Verdict = Literal["ready", "fix", "ask"]
_SEVERITIES = tuple(Severity)


def verdict_of(findings: Iterable[Finding]) -> Verdict:
    """Return whether a delivery is accepted, a tool can repair all its errors, or a person must act."""
    blocking = [finding for finding in findings if finding.is_blocking]
    if not blocking:
        return "ready"
    return "fix" if all(finding.fix == "safe" for finding in blocking) else "ask"


def count(findings: Iterable[Finding], passed: int) -> dict[str, int]:
    """Count findings by severity; skips and waived ones apart."""
    words: Counter[str] = Counter()
    for finding in findings:
        if finding.outcome is Outcome.SKIP:
            words["skipped"] += 1
        else:
            words["waived" if finding.waived_by else finding.severity.value] += 1
    return {**{word: words[word] for word in ("error", "warning", "info", "skipped", "waived")}, "passed": passed}


def ranked(findings: Iterable[Finding]) -> list[Finding]:
    """Return findings in the order in which to act: film, then chapter by chapter; what comes first is done first."""
    return sorted(findings, key=_rank)


def _rank(finding: Finding) -> tuple[Any, ...]:
    chapter = -1 if finding.where.chapter is None else finding.where.chapter
    state = (finding.outcome is Outcome.SKIP, finding.waived_by is not None, _SEVERITIES.index(finding.severity))
    return (chapter, *state, topic_of(finding.code, finding.condition), finding.code, finding.sort_key)


def build_check(facts: FilmFacts, run: RuleRun) -> dict[str, Any]:
    """Return the JSON object of ``check``.

    Parameters
    ----------
    facts
        What was gathered; readings of the type `Summary` become ``measured``.
    run
        What the rules found in them.
    """
    findings = ranked(run.findings)
    own: dict[int | None, list[Finding]] = defaultdict(list)
    for finding in findings:
        own[finding.where.chapter].append(finding)
    chapters = [_chapter(chapter, own[chapter.chapter.number]) for chapter in facts.chapters]
    whole = verdict_of(findings)
    manifest = facts.film.manifest
    told = {
        "schema": CHECK_SCHEMA,
        "version": __version__,
        "profile": {"name": facts.profile.name, "revision": facts.profile.revision},
        "film": None if manifest is None else str(manifest),
        "verdict": whole,
        "chapters": chapters,
        "findings": findings_as_dicts(facts, findings),
        "counts": count(findings, run.passed),
    }
    return as_given(told, facts.given)


def findings_as_dicts(facts: FilmFacts, findings: Sequence[Finding]) -> list[dict[str, Any]]:
    """Return findings as JSON data, with their sentences and their places in file and film."""
    return [_finding(finding, facts) for finding in findings]


def _finding(finding: Finding, facts: FilmFacts) -> dict[str, Any]:
    message, advice = render(finding)
    where, params = finding.where, dict(finding.params)
    if finding.waived_by is not None:
        params |= {"waiver_reason": finding.waived_by.reason, "waiver_by": finding.waived_by.by}
    return {
        "code": finding.code,
        "condition": finding.condition,
        "severity": finding.severity.value,
        "outcome": finding.outcome.value,
        "confidence": finding.confidence,
        "chapter": where.chapter,
        "role": where.role.value if where.role else None,
        "path": str(where.path) if where.path else None,
        "name": display_name(where.path) if where.path else None,
        **_times(finding, facts),
        "observed": finding.observed,
        "expected": finding.expected,
        "unit": finding.unit,
        "params": params,
        "message": message,
        "advice": advice,
        "fix": finding.fix,
        "waived": finding.waived_by is not None,
    }


def _times(finding: Finding, facts: FilmFacts) -> dict[str, Any]:
    where, film = finding.where, facts.film
    span = where.span_in_file
    times: dict[str, Any] = dict.fromkeys(("start_s", "end_s", "start_tc", "end_tc"))
    if span is None:
        return times
    chapter, stem = _found(facts, where.chapter, where.path)
    rate_hz = stem.media.sample_rate_hz if stem and stem.media else facts.profile.format.sample_rate_hz
    times |= {"start_s": span.start / rate_hz, "end_s": span.end / rate_hz}
    for key, sample in (("start_tc", span.start), ("end_tc", span.end)):
        frame: int | None
        if where.chapter is None or chapter is None:
            is_known = film.frame_rate is not None and film.manifest is not None
            frame = film.frame_rate.frame_at(sample, rate_hz) if is_known and film.frame_rate else None
        else:
            fit = fit_of(stem, chapter, facts) if stem else None
            frame = film_frame_of(film, where.chapter, fit, sample, rate_hz)
        times[key] = timecode_of(film, frame)
    return times


def _found(facts: FilmFacts, number: int | None, path: Path | None) -> tuple[ChapterFacts | None, StemFacts | None]:
    chapter = next((one for one in facts.chapters if one.chapter.number == number), None)
    stems = chapter.stems if chapter else ()
    return chapter, next((stem for stem in stems if stem.stem.path == path), None)


def _chapter(chapter: ChapterFacts, own: Iterable[Finding]) -> dict[str, Any]:
    declared = chapter.chapter
    return {
        "number": declared.number,
        "title": declared.title,
        "creator": declared.creator,
        "verdict": verdict_of(own),
        "measured": _measured(chapter.sum, chapter.sum_reason or "not measured"),
        "stems": [_stem(stem) for stem in chapter.stems],
    }


def _stem(stem: StemFacts) -> dict[str, Any]:
    return {
        "role": stem.stem.role.value,
        "path": str(stem.stem.path),
        "name": display_name(stem.stem.path),
        "media": media_as_dict(stem.media),
        "measured": _measured(stem.measured, _why_not_measured(stem)),
    }


def _why_not_measured(stem: StemFacts) -> str:
    if stem.media is None:
        return "the file is not there"
    return "not measured" if stem.media.is_usable else "the file cannot be read to its end"


def _measured(measured: Measured, reason: str) -> dict[str, Any]:
    summary = measured.get(Summary)
    if summary is not None:
        return summary.as_dict()
    return nothing_measured(reason).as_dict()


def media_as_dict(media: MediaInfo | None) -> Mapping[str, Any] | None:
    """Return the header of a file as JSON data, `None` for a file that is not there."""
    if media is None:
        return None
    return {
        "container": media.container or None,
        "subtype": media.subtype or None,
        "sample_rate_hz": media.sample_rate_hz or None,
        "bit_depth_bits": media.bit_depth_bits,
        "channels": media.channels,
        "layout": media.layout.name if media.layout else None,
        "layout_source": media.layout_source,
        "length_samples": media.length_samples,
        "duration_s": media.duration_s,
        "size_bytes": media.size_bytes,
        "problem": media.problem.kind.value if media.problem else None,
    }
