"""What a mix tells: its JSON object and its report, out of what was seen and printed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from stemkit import __version__
from stemkit.core.facts import NullFacts
from stemkit.core.film import Film
from stemkit.core.media import MediaInfo
from stemkit.core.mix_facts import LevelFacts
from stemkit.core.profile import Profile
from stemkit.dsp.limiter import READINGS
from stemkit.intake.facts import GatheredFacts
from stemkit.meters._ledger import Ledger
from stemkit.meters._meter import meter_versions
from stemkit.meters.summary import summarise
from stemkit.plan.conform import ConformPlan, ItemStatus
from stemkit.report.build import build_mix_report
from stemkit.report.check import build_check, findings_as_dicts, media_as_dict
from stemkit.report.curves import encode
from stemkit.report.given import as_given
from stemkit.report.model import REPORT_NAME, MixRun
from stemkit.rules._engine import RuleRun
from stemkit.store.facts import stored_digest
from stemkit.workflows._balance_table import balance_as_dict
from stemkit.workflows._conform_run import Done
from stemkit.workflows._duck_told import duck_as_dict, me_as_dict
from stemkit.workflows._mix_earlier import BOUNDARY, HTML_NAME
from stemkit.workflows._mix_prints import Printed
from stemkit.workflows._mix_stems import LeftOut, TakenStem
from stemkit.workflows._report_evidence import Sounds, with_evidence
from stemkit.workflows.conform import item_as_dict

SCHEMA = "stemkit/mix/1"


@dataclass(frozen=True, slots=True)
class Seen:
    """All that a mix knows before it writes anything."""

    film: Film
    out: Path
    profile: Profile
    print_profile: Profile
    gathered: GatheredFacts
    checked: RuleRun
    plan: ConformPlan
    taken: tuple[TakenStem, ...]
    left_out: tuple[LeftOut, ...]

    def inputs(self) -> list[Sequence[object]]:
        """Return for each stem taken its place, what identifies its sound, and its steps."""
        return [
            (stem.chapter, stem.role.value, self._digest(stem), stem.media.subtype, repr(stem.item.steps))
            for stem in self.taken
        ]

    def digests(self) -> list[dict[str, Any]]:
        """Return path and digest of every stem taken."""
        found = [{"path": str(stem.media.path), "digest": self._digest(stem)} for stem in self.taken]
        return as_given(found, self.gathered.facts.given)

    def identity(self, stem: TakenStem) -> str:
        """Return what identifies the sound that a stem has in the mix."""
        digest = f"{self._digest(stem)}-{stem.media.subtype}"
        return digest if stem.is_in_place else f"{digest}-{stem.role.value}-{stem.item.steps!r}"

    def _digest(self, stem: TakenStem) -> str:
        return stored_digest(self.gathered.ledgers[stem.media.path])


def mix_as_dict(seen: Seen, printed: Printed | None = None, *, is_refused: bool = False) -> dict[str, Any]:
    """Return the JSON object of ``mix``; without prints, for a mix that was refused."""
    left_out, given = seen.left_out, seen.gathered.facts.given
    data: dict[str, Any] = {
        "schema": SCHEMA,
        "version": __version__,
        "out": str(seen.out),
        "length_samples": None,
        "sample_rate_hz": seen.profile.format.sample_rate_hz,
        "prints": [],
        "null_test": None,
        "rendering": None,
        "conformed": None,
        "reels": [],
        "level": None,
        "limiter": None,
        "duck": None,
        "me": None,
        "balance": None,
        "boundaries": [],
        "refused": as_given([each.as_refused() for each in left_out], given) if is_refused else [],
        "missing": [] if is_refused else as_given([each.as_missing() for each in left_out], given),
        "report": {"json": None, "html": None} if is_refused else {"json": REPORT_NAME, "html": HTML_NAME},
    }
    return data if printed is None else data | _of_prints(printed)


def _of_prints(printed: Printed) -> dict[str, Any]:
    timeline = printed.timeline
    measured = {row.name: summarise(printed.files[row.name].ledger).as_dict() for row in printed.rows}
    return {
        "length_samples": timeline.length_samples,
        "rendering": printed.rendering.as_dict(),
        "prints": [
            {
                "name": row.name,
                "roles": [role.value for role in row.roles],
                "path": printed.names[row.name],
                "sha256": printed.files[row.name].sha256,
                "length_samples": printed.files[row.name].media.length_samples,
                "files": [part.as_dict() for part in printed.parts[row.name]],
                "measured": measured[row.name],
            }
            for row in printed.rows
        ],
        "null_test": null_as_dict(printed.nulls, timeline.length_samples),
        "reels": _reels(printed),
        "level": _level(printed.level, timeline.sample_rate_hz),
        "balance": balance_as_dict(printed.balance) if printed.balance else None,
        "duck": duck_as_dict(timeline),
        "me": me_as_dict(printed.rows, measured, printed.level.limit_dbtp, printed.me_gain_db),
        "limiter": limiter_as_dict(printed.level, timeline.sample_rate_hz) if printed.level.is_limited else None,
        "boundaries": [
            {key: getattr(join, key) for key in BOUNDARY}
            | {"role": join.role.value, "voice": join.voice.as_dict() if join.voice else None}
            for join in timeline.joins
        ],
    }


def _reels(printed: Printed) -> list[dict[str, Any]]:
    """Return where each reel begins and ends, and whether its prints null; none where the film is in one piece."""
    first = next(iter(printed.parts.values()))
    spans = dict.fromkeys(part.file.film for part in first)
    chapters = printed.timeline.chapters
    return (
        [
            {
                "reel": number,
                "chapters": [chapter for chapter, at in chapters.items() if span.start <= at.start < span.end],
                "start_samples": span.start,
                "end_samples": span.end,
                "null_test": null_as_dict(nulls, span.length),
            }
            for number, (span, nulls) in enumerate(zip(spans, printed.reels, strict=True), 1)
        ]
        if printed.reels
        else []
    )


def null_as_dict(nulls: Sequence[NullFacts], samples: int) -> dict[str, Any]:
    """Return the null test as JSON data: the whole, and each sum."""
    known = [null.max_residual_lsb for null in nulls if null.max_residual_lsb is not None]
    return {
        "exact": all(null.exact is not False for null in nulls),
        "max_residual_lsb": max(known, default=None),
        "samples": samples,
        "sums": [
            {
                "sum": null.sum,
                "of": list(null.of),
                "exact": null.exact,
                "max_residual_lsb": null.max_residual_lsb,
                "samples": null.samples,
                "reason": null.reason,
            }
            for null in nulls
        ],
    }


def _level(level: LevelFacts, rate_hz: int) -> dict[str, Any]:
    return {
        "target_lufs": level.target_lufs,
        "quantity": level.quantity,
        "gating": level.gating,
        "measured_lufs": level.measured_lufs,
        "speech_share": level.speech_share,
        "wanted_gain_db": level.wanted_gain_db,
        "applied_gain_db": level.applied_gain_db,
        "limited_by": level.limited_by,
        "reachable_lufs": level.reachable_lufs,
        "allowed_gain_db": level.allowed_gain_db,
        "limiting_print": level.limiting_print,
        "reason": level.reason,
        "limiter_needed": None if level.is_limited else limiter_as_dict(level, rate_hz),
    }


def limiter_as_dict(level: LevelFacts, rate_hz: int) -> dict[str, Any] | None:
    """Return what the limiter did, or would have to do, as JSON data; `None` where none is needed."""
    facts = level.limiter
    if facts is None:
        return None

    def second(samples: int | None) -> float | None:
        return None if samples is None else samples / rate_hz

    return {
        "ceiling_dbtp": facts.ceiling_dbtp,
        "seconds": facts.seconds,
        "deepest_db": facts.deepest_db,
        "deepest_at_s": second(facts.deepest_at_samples),
        "worst_second_at_s": second(facts.worst_second_at_samples),
        "worst_second_db": facts.worst_second_db,
        "count": facts.count,
        "reductions": [
            {
                "start_s": each.start_samples / rate_hz,
                "end_s": each.end_samples / rate_hz,
                "deepest_db": each.deepest_db,
                "deepest_at_s": each.deepest_at_samples / rate_hz,
            }
            for each in facts.reductions
        ],
        "true_peak_dbtp": dict(zip(READINGS, facts.readings_dbtp, strict=False)),
        "passes": facts.passes,
        "curve": {**encode(facts.curve_db, 0.0), "unit": "dB"},
    }


def report_of(
    seen: Seen,
    data: Mapping[str, Any],
    printed: Printed,
    judged: RuleRun,
    conformed: Mapping[TakenStem, tuple[MediaInfo, Ledger]],
    conformance: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return the report of a finished mix."""
    facts = printed.facts(seen.film, seen.print_profile)
    prints = {name: file.ledger for name, file in printed.files.items()}
    given = seen.gathered.facts.given
    sounds = Sounds.of_stems(seen.gathered.facts, seen.gathered.ledgers, prints)
    check = build_check(seen.gathered.facts, seen.checked)
    return build_mix_report(
        MixRun(
            film=seen.film,
            profile=seen.print_profile,
            check={**check, "findings": with_evidence(check["findings"], sounds)},
            mix=data,
            print_findings=with_evidence(findings_as_dicts(facts, judged.findings), sounds),
            conform_items=as_given([_item(stem, seen, conformed.get(stem)) for stem in seen.taken], given),
            inputs=seen.digests(),
            ledgers=prints,
            meters=meter_versions(),
            conformance=conformance,
        )
    )


def _item(stem: TakenStem, seen: Seen, written: tuple[MediaInfo, Ledger] | None) -> dict[str, Any]:
    status = ItemStatus.WRITTEN if written is not None else ItemStatus.UNCHANGED
    steps = stem.item.steps if written is not None else ()
    before = _described(stem.media, seen.gathered.ledgers[stem.media.path])
    after = _described(*written) if written is not None else before
    # The conformed copy was needed for this run only: nothing of it is left to point at.
    return item_as_dict(Done(replace(stem.item, status=status, output=None, steps=steps), before, after))


def _described(media: MediaInfo, ledger: Ledger) -> dict[str, Any]:
    return {"media": media_as_dict(media), "measured": summarise(ledger).as_dict()}
