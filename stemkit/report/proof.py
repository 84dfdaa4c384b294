"""How it can be proven: prints, null test, versions, profile, conformance, inputs; joins and voice beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from stemkit.report.joins import Join, build_joins, timecode_in
from stemkit.report.model import Report
from stemkit.report.speech import Speech
from stemkit.report.voice import Voice, build_voice
from stemkit.report.words import DASH, clock, first_to_last, kilohertz, number, short_path, shown, thousands
from stemkit.report.work import TrimRow, WorkRow, build_work, level_sentences, trim_rows, work_sentences

_ENGLISH = Speech()


@dataclass(frozen=True, slots=True)
class PrintRow:
    """One deliverable as measured in the written files, each with its hash."""

    name: str
    roles: str
    files: tuple[tuple[str, str, str], ...]
    loudness: str
    range: str
    momentary: str
    short_term: str
    true_peak: str


@dataclass(frozen=True, slots=True)
class Proof:
    """The second half of the page."""

    prints: tuple[PrintRow, ...]
    sums: tuple[tuple[str, str, str], ...]
    level: tuple[str, ...]
    done: tuple[str, ...]
    trims: tuple[TrimRow, ...]
    joins: tuple[Join, ...]
    work: tuple[WorkRow, ...]
    untouched: int
    voice: Voice | None
    facts: tuple[tuple[str, str], ...]
    inputs: tuple[tuple[str, str], ...]

    @property
    def has_reasons(self) -> bool:
        """Whether any chapter's trim is not what its level asks for."""
        return any(row.why for row in self.trims)

    @property
    def has_results(self) -> bool:
        """Whether any file was left to point at, or failed."""
        return any(row.result for row in self.work)


def build_proof(report: Report, say: Speech = _ENGLISH) -> Proof:
    """Return what the page says about the work and its proof."""
    done = [item for item in report["conform"] if item["status"] != "unchanged"]
    is_mix = bool(report["prints"])
    return Proof(
        prints=tuple(_print(row, report, say) for row in report["prints"]),
        sums=(*_sums(report["null_test"], say), *_reels(report["reels"], say)),
        level=tuple(level_sentences(report, say)),
        done=tuple(work_sentences(report, say)) if is_mix else (),
        trims=tuple(trim_rows(report)),
        joins=tuple(build_joins(report, say)),
        work=tuple(build_work(item, report, say) for item in done),
        untouched=len(report["conform"]) - len(done),
        voice=build_voice(report, say) if is_mix or report.get("dialogue") else None,
        facts=tuple(_facts(report, say)),
        inputs=tuple((short_path(item["path"], report), shown(item["digest"])) for item in report["inputs"]),
    )


def _print(row: Mapping[str, Any], report: Report, say: Speech) -> PrintRow:
    measured = row["measured"]
    return PrintRow(
        name=row["name"],
        roles=" + ".join(row["roles"]),
        files=tuple((shown(one["path"]), one["sha256"], _part(one, report, say)) for one in row.get("files") or [row]),
        loudness=number(measured["programme_loudness_lufs"]),
        range=number(measured["loudness_range_lu"]),
        momentary=number(measured["max_momentary_lufs"]),
        short_term=number(measured["max_short_term_lufs"]),
        true_peak=number(measured["true_peak_dbtp"]),
    )


def _part(part: Mapping[str, Any], report: Report, say: Speech) -> str:
    """Return what is in a file of a print, where it is not all of the mix and nothing else."""
    rate_hz = report["film"]["sample_rate_hz"]
    if "start_samples" not in part or not rate_hz:
        return ""
    told = [part["container"], say(f"depth_{part['subtype']}") if say.has(f"depth_{part['subtype']}") else ""]
    if part["reel"] is not None:
        told.append(say("part_reel", n=part["reel"], start=timecode_in(report, part["start_samples"] / rate_hz)))
    if len(part["channels"]) == 1:
        told.append(say("part_channel", channel=part["channels"][0]))
    if part["head_samples"] or part["tail_samples"]:
        head, tail = (f"{part[key] / rate_hz:.4g}" for key in ("head_samples", "tail_samples"))
        told.append(say("part_leader", head=head, tail=tail))
    return shown(" · ".join(word for word in told if word))


def _sums(null: Mapping[str, Any] | None, say: Speech) -> Iterator[tuple[str, str, str]]:
    """Yield each sum, what the proof said, and its state."""
    for row in (null or {}).get("sums", ()):
        equation = f"{row['sum']} = {' + '.join(row['of'])}"
        if row["exact"] is None:
            reason = f"sum_{row['reason']}"
            yield equation, say(reason) if say.has(reason) else shown(row["reason"] or say("undefined")), "quiet"
        elif row["exact"]:
            yield equation, say("sum_exact", samples=thousands(row["samples"])), "ok"
        else:
            yield equation, shown(row["reason"] or say("sum_off", residual=row["max_residual_lsb"])), "error"


def _reels(reels: Sequence[Mapping[str, Any]], say: Speech) -> Iterator[tuple[str, str, str]]:
    for reel in reels:
        null = reel["null_test"]
        named = say("reel", n=reel["reel"], numbers=first_to_last(reel["chapters"]))
        words = say("sum_exact", samples=thousands(null["samples"]))
        off = say("sum_off", residual=null["max_residual_lsb"])
        yield (named, words, "ok") if null["exact"] else (named, off, "error")


def _facts(report: Report, say: Speech) -> Iterator[tuple[str, str]]:
    film, profile = report["film"], report["profile"]
    yield say("fact_profile"), shown(f"{profile['name']}, {say('revision', revision=profile['revision'])}")
    if profile["source"]:
        yield say("fact_source"), shown(say("source_checked", source=profile["source"], date=profile["checked_on"]))
    sources = dict.fromkeys(shown(limit["source"]) for limit in profile["limits"] if limit.get("source"))
    if sources:
        yield say("fact_limits"), "; ".join(sources)
    if film["frame_rate"]:
        words = {"rate": film["frame_rate"], "start": film["start_tc"], "end": film["end_tc"] or DASH}
        yield say("fact_picture"), say("picture", **words)
    if film["length_samples"]:
        words = {"clock": clock(film["duration_s"]), "samples": thousands(film["length_samples"])}
        yield say("fact_length"), say("length_samples", rate=kilohertz(film["sample_rate_hz"]), **words)
    yield say("fact_made_by"), f"stemkit {report['version']}"
    if report["meters"]:
        yield say("fact_meters"), ", ".join(f"{name} {version}" for name, version in report["meters"].items())
        yield say("fact_conformance"), _conformance(report.get("conformance"), say)


def _conformance(found: Mapping[str, Any] | None, say: Speech) -> str:
    if not found:
        return say("conformance_none")
    if found["missed"]:
        return say("conformance_off", n=found["readings"], missed=found["missed"])
    return say("conformance_ok", n=found["readings"])
