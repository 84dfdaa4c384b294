"""What was done and how it can be proven: prints, null test, gain, joins, conform steps, inputs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from stemkit.report.model import Report
from stemkit.report.words import DASH, clock, kilohertz, number, role_name, short_path, shown, thousands

_DEPTHS = {"PCM_16": "16 bit", "PCM_24": "24 bit", "FLOAT": "32-bit float"}
_STEP_WORDS: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "retag": lambda step: f"take as {kilohertz(step['sample_rate_hz'])}",
    "remap_channels": lambda step: f"bring to {step['layout']}",
    "resample": lambda step: f"resample to {kilohertz(step['sample_rate_hz'])}",
    "fit_length": lambda step: f"fit to {thousands(step['length_samples'])} samples",
    "apply_gain": lambda step: f"gain {number(step['gain_db'], 2, sign=True)} dB",
    "requantise": lambda step: f"store in {_DEPTHS.get(step['subtype'], step['subtype'])}",
    "rewrap": lambda step: f"rewrap as {step['container']}",
    "rename": lambda step: f"name {step['name']}" if step.get("name") else "rename",
}


@dataclass(frozen=True, slots=True)
class PrintRow:
    """One deliverable as measured in the written file."""

    name: str
    roles: str
    path: str
    loudness: str
    range: str
    momentary: str
    short_term: str
    true_peak: str
    sha256: str


@dataclass(frozen=True, slots=True)
class JoinRow:
    """One cut: how each role crosses it."""

    after: int
    roles: Mapping[str, tuple[str, bool]]


@dataclass(frozen=True, slots=True)
class WorkRow:
    """One file that was touched: what became of it."""

    chapter: str
    role: str
    source: str
    steps: str
    result: str
    is_failed: bool


@dataclass(frozen=True, slots=True)
class Proof:
    """The second half of the page."""

    prints: tuple[PrintRow, ...]
    sums: tuple[tuple[str, str, bool], ...]
    level: tuple[str, ...]
    joins: tuple[JoinRow, ...]
    work: tuple[WorkRow, ...]
    untouched: int
    facts: tuple[tuple[str, str], ...]
    inputs: tuple[tuple[str, str], ...]

    @property
    def has_results(self) -> bool:
        """Whether any file was left to point at, or failed."""
        return any(row.result for row in self.work)


def build_proof(report: Report) -> Proof:
    """Return what the page says about the work and its proof."""
    done = [item for item in report["conform"] if item["status"] != "unchanged"]
    return Proof(
        prints=tuple(_print(row) for row in report["prints"]),
        sums=tuple(_sums(report["null_test"])),
        level=tuple(_level(report["level"])),
        joins=tuple(_joins(report)),
        work=tuple(_work(item, report) for item in done),
        untouched=len(report["conform"]) - len(done),
        facts=tuple(_facts(report)),
        inputs=tuple((short_path(item["path"], report), shown(item["digest"])) for item in report["inputs"]),
    )


def _print(row: Mapping[str, Any]) -> PrintRow:
    measured = row["measured"]
    return PrintRow(
        name=row["name"],
        roles=" + ".join(row["roles"]),
        path=shown(row["path"]),
        loudness=number(measured["programme_loudness_lufs"]),
        range=number(measured["loudness_range_lu"]),
        momentary=number(measured["max_momentary_lufs"]),
        short_term=number(measured["max_short_term_lufs"]),
        true_peak=number(measured["true_peak_dbtp"]),
        sha256=row["sha256"],
    )


def _sums(null: Mapping[str, Any] | None) -> Iterator[tuple[str, str, bool]]:
    for row in (null or {}).get("sums", ()):
        equation = f"{row['sum']} = {' + '.join(row['of'])}"
        if row["exact"]:
            yield equation, f"exact over {thousands(row['samples'])} samples", True
        else:
            yield equation, shown(row["reason"] or f"differs by up to {row['max_residual_lsb']} LSB"), False


def _level(level: Mapping[str, Any] | None) -> Iterator[str]:
    if not level:
        return
    applied, target = number(level["applied_gain_db"], sign=True), level["target_lufs"]
    towards = "the profile states no target" if target is None else f"towards {number(target)} LUFS"
    yield f"One constant gain of {applied} dB on every bus alike, {towards}. Nothing was compressed or limited."
    if level["limited_by"]:
        wanted, reachable = number(level["wanted_gain_db"], sign=True), number(level["reachable_lufs"])
        limit = _LIMITS.get(level["limited_by"], shown(level["limited_by"]))
        print_name = shown(level.get("limiting_print") or "a print")
        yield f"The target asks for {wanted} dB; {limit} of {print_name} allows {applied} dB: {reachable} LUFS."


_LIMITS = {"true_peak": "the true peak", "full_scale": "the full scale"}


def _joins(report: Report) -> Iterator[JoinRow]:
    rate_hz = report["film"]["sample_rate_hz"]
    rows: dict[int, dict[str, tuple[str, bool]]] = {}
    for join in report["boundaries"]:
        length = join["before_samples"] + join["after_samples"]
        words = f"{length / rate_hz:.4g} s {join['law']}" if length and rate_hz else "straight cut"
        rows.setdefault(join["after"], {})[join["role"]] = (words, bool(join["degraded"]))
    for after, roles in rows.items():
        yield JoinRow(after, roles)


def _work(item: Mapping[str, Any], report: Report) -> WorkRow:
    # a copy that was made for this run only has no name to tell
    steps = ", ".join(step_words(step) for step in item["steps"] if item["output"] or step["kind"] != "rename")
    return WorkRow(
        chapter=str(item["chapter"]),
        role=role_name(item["role"]),
        source=short_path(item["source"], report),
        steps=shown(steps or DASH),
        result=shown(item["output"] or item["reason"] or ""),
        is_failed=item["status"] == "failed",
    )


def step_words(step: Mapping[str, Any]) -> str:
    """Return a conform step in words; a kind that this version does not know shows its name."""
    words = _STEP_WORDS.get(step["kind"])
    return words(step) if words else str(step["kind"])


def _facts(report: Report) -> Iterator[tuple[str, str]]:
    film, profile = report["film"], report["profile"]
    yield "Profile", shown(f"{profile['name']}, revision {profile['revision']}")
    if profile["source"]:
        yield "Its source", shown(f"{profile['source']}, checked {profile['checked_on']}")
    if film["frame_rate"]:
        yield "Picture", f"{film['frame_rate']} frames a second, {film['start_tc']} to {film['end_tc'] or DASH}"
    if film["length_samples"]:
        samples = thousands(film["length_samples"])
        yield "Length", f"{clock(film['duration_s'])}, {samples} samples at {kilohertz(film['sample_rate_hz'])}"
    yield "Made by", f"stemkit {report['version']}"
    if report["meters"]:
        yield "Meters", ", ".join(f"{name} {version}" for name, version in report["meters"].items())
