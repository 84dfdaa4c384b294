"""Whether the prints in a folder are still those that its report proves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stemkit.audio.probe import probe
from stemkit.core.errors import MediaError, ProfileError, UsageError
from stemkit.core.facts import FilmFacts, Measured, NullFacts, PrintFacts
from stemkit.core.film import Film, Role
from stemkit.core.finding import Finding
from stemkit.core.media import MediaInfo, MediaProblem, ProblemKind
from stemkit.core.profile import Profile, load_profile
from stemkit.core.progress import Progress, silent
from stemkit.plan.routing import PrintRow, SumRule, sum_rules
from stemkit.render.buses import Work
from stemkit.render.composed import prove_reels
from stemkit.render.print_files import WrittenFile
from stemkit.render.verify import prove_sums
from stemkit.report.model import REPORT_NAME, open_report
from stemkit.rules._engine import all_rules, run_rules
from stemkit.store.facts import FactStore, open_store
from stemkit.workflows._mix_pace import Counter
from stemkit.workflows._mix_parts import parts_in, sound_of

_RULE = "MIX002"
_DEFAULT_PROFILE = "crowd-film"


@dataclass(frozen=True, slots=True)
class VerifyResult:
    """What a folder of prints came to, beside its report.

    Parameters
    ----------
    report
        As it lies in the folder.
    facts
        The prints as they are now, with the hashes that the report states, and the sums.
    findings
        Of `MIX002`; none if nothing changed.
    """

    report: Mapping[str, Any]
    facts: FilmFacts
    findings: tuple[Finding, ...]

    @property
    def is_proven(self) -> bool:
        """Whether every print is the one that was proven, and the stems still are the mix."""
        return not any(finding.is_blocking for finding in self.findings)


def is_mix(folder: Path) -> bool:
    """Tell whether a folder holds the report of a mix with prints."""
    try:
        return bool(open_report(folder).get("prints")) if (folder / REPORT_NAME).is_file() else False
    except UsageError:
        return False


def verify_mix(
    folder: Path, *, store: FactStore | None = None, jobs: int = 1, progress: Progress = silent
) -> VerifyResult:
    """Hash the prints of a mix, read them again, and subtract the stems from the sums.

    Parameters
    ----------
    folder
        Where ``stemkit mix`` wrote.
    store
        Remembers hashes of files that have not changed since.

    Raises
    ------
    UsageError
        If there is no report, or it is not one that this version knows.
    """
    report = open_report(folder)
    store = store or open_store()
    rows = [PrintRow(each["name"], tuple(Role(role) for role in each["roles"])) for each in report["prints"]]
    parts = {each["name"]: parts_in(each) for each in report["prints"]}
    sounds = {
        name: tuple(sound_of(part, _probed(folder / part["path"])) for part in each) for name, each in parts.items()
    }
    prints = tuple(
        PrintFacts(row.name, frozenset(row.roles), file.media, Measured(), _sha256(file.media, store), part["sha256"])
        for row in rows
        for part, file in zip(parts[row.name], sounds[row.name], strict=True)
    )
    facts = FilmFacts(_film(report, folder), _profile(report, folder), prints=prints)
    if any(each.sha256 != each.expected_sha256 for each in prints):
        told = Counter(progress, "proving the null", report["film"]["length_samples"] or 0)
        nulls = _proven_again(report, sounds, sum_rules(rows), Work(jobs, on_samples=told))
    else:
        nulls = _proven(report)
    facts = FilmFacts(facts.film, facts.profile, prints=prints, nulls=tuple(nulls))
    rules = [rule for rule in all_rules() if rule.code == _RULE]
    return VerifyResult(report, facts, run_rules(facts, rules).findings)


def _proven_again(
    report: Mapping[str, Any], sounds: Mapping[str, Sequence[WrittenFile]], rules: Sequence[SumRule], work: Work
) -> Sequence[NullFacts]:
    """Subtract the prints as they are now; what was not claimed when they were made is not claimed now."""
    earlier = _proven(report)
    apart = {(null.sum, null.of): null for null in earlier if null.exact is None}
    claimed = [rule for rule in rules if (rule.sum, rule.of) not in apart]
    if all(len(files) == 1 and not files[0].head_samples + files[0].tail_samples for files in sounds.values()):
        found = prove_sums({name: files[0].media for name, files in sounds.items()}, claimed, work)
    else:
        found, _ = prove_reels(sounds, claimed, work)
    return (*found, *apart.values())


def _proven(report: Mapping[str, Any]) -> list[NullFacts]:
    """Return the sums as proven: files whose hashes have not changed hold the same samples."""
    sums = (report["null_test"] or {}).get("sums", ())
    return [
        NullFacts(s["sum"], tuple(s["of"]), s["exact"], s["max_residual_lsb"], s["samples"], s["reason"]) for s in sums
    ]


def _probed(path: Path) -> MediaInfo:
    try:
        return probe(path)
    except MediaError as error:
        problem = MediaProblem(ProblemKind.UNREADABLE, error.problems[0].message)
        return MediaInfo(path, "", "", 0, 0, 0, 0, problem=problem)


def _sha256(media: MediaInfo, store: FactStore) -> str:
    try:
        return store.sha256_of(media.path)
    except OSError:
        return ""


def _film(report: Mapping[str, Any], folder: Path) -> Film:
    return Film(report["film"]["title"], folder, ())


def _profile(report: Mapping[str, Any], folder: Path) -> Profile:
    """Return the profile that the report names; the hashes do not depend on it, only what severity they have."""
    try:
        return load_profile(report["profile"]["name"], beside=folder)
    except ProfileError:
        return load_profile(_DEFAULT_PROFILE)
