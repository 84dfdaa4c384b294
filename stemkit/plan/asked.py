"""What the findings on one stem ask for, and which of it is to be done."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from stemkit.core.errors import PlanConflict, Problem
from stemkit.core.finding import Finding, Severity
from stemkit.core.steps import (
    ORDER,
    ApplyGain,
    CopyChannel,
    FoldDown,
    RemoveOffset,
    Rename,
    Requantise,
    Resample,
    Retag,
    Rewrap,
    RunInserts,
    Step,
    TrimTail,
)
from stemkit.texts import render

STEP_WORDS: Mapping[str, str] = {
    "rate": "resample",
    "depth": "requantise",
    "container": "rewrap",
    "name": "rename",
    "length": "fit_length",
    "layout": "remap_channels",
    "fold": "fold_down",
    "dc": "remove_offset",
    "polarity": "flip_polarity",
    "copy": "copy_channel",
    "channels": "pick_channels",
    "shift": "shift_sound",
    "offset": "shift_sound",
    "trim": "trim_tail",
    "inserts": "run_inserts",
    "gain": "apply_gain",
}
"""Short words for kinds of steps, as people type them."""
STEP_KINDS = tuple(kind.kind for kind in ORDER)


_CHANGE_LEVEL: tuple[type[Step], ...] = (CopyChannel, FoldDown, RemoveOffset, RunInserts, TrimTail)


@dataclass(frozen=True, slots=True)
class Choice:
    """What of all that could be done is to be done.

    Parameters
    ----------
    unsafe
        Take steps too that can be heard, or that rest on a likely guess.
    kinds
        Only steps of these kinds; `None` for all. How the result is stored follows by itself.
    """

    unsafe: bool = False
    kinds: frozenset[str] | None = None

    def takes(self, step: Step) -> bool:
        """Tell whether a step that a finding asks for is to be taken."""
        return (step.safe or self.unsafe) and (self.kinds is None or step.kind in self.kinds)

    def cures(self, finding: Finding) -> bool:
        """Tell whether all that would cure a finding is to be done."""
        return bool(finding.fixes) and all(map(self.takes, finding.fixes))


@dataclass(slots=True)
class Asked:
    """What the findings on one stem ask for; ``by_the_way`` is done only if the file is written anyhow."""

    choice: Choice = Choice()
    wanted: dict[type[Step], Step] = field(default_factory=dict)
    by_the_way: dict[type[Step], Step] = field(default_factory=dict)
    waiting: dict[type[Step], Step] = field(default_factory=dict)
    codes: dict[str, list[str]] = field(default_factory=dict)
    open: list[Finding] = field(default_factory=list)

    def take(self, finding: Finding) -> None:
        """Take what one finding asks for."""
        if finding.fixes:
            # A repair is taken as a whole or not at all.
            kept = self.wanted if self.choice.cures(finding) else self.waiting
            # A name is told as a note, as it keeps nobody's stem from being taken; files are to be alike all the same.
            is_name = all(isinstance(step, Rename) for step in finding.fixes)
            if kept is self.wanted and finding.severity is Severity.INFO and finding.fix == "safe" and not is_name:
                kept = self.by_the_way
            for step in finding.fixes:
                self._add(step, finding.code, kept)
        if finding.is_blocking and not self.choice.cures(finding):
            self.open.append(finding)

    def _add(self, step: Step, code: str, kept: dict[type[Step], Step]) -> None:
        kind = type(step)
        other = kept.setdefault(kind, step)
        if isinstance(other, ApplyGain) and isinstance(step, ApplyGain):
            kept[kind] = min(other, step, key=lambda gain: gain.gain_db)
            if other != step:  # the smaller gain cures what asked for it, and not the other
                self.codes[step.kind] = [code] if kept[kind] is step else self.codes[step.kind]
                return
        elif other != step:
            message = f"{self.codes[step.kind][0]} asks for {other}, {code} for {step}"
            raise PlanConflict(Problem("plan_conflict", message, "this is a defect of the rules: report it"))
        askers = self.codes.setdefault(step.kind, [])
        if code not in askers:
            askers.append(code)

    def settle_rate(self, rate_hz: int) -> None:
        """See that a corrected rate is followed by the conversion that it needs, and by no other."""
        for steps in (self.wanted, self.waiting):
            if not isinstance(retag := steps.get(Retag), Retag):
                continue
            for kept in (self.wanted, self.waiting):
                kept.pop(Resample, None)
            if retag.sample_rate_hz != rate_hz:
                steps[Resample] = Resample(rate_hz)
                self.codes["resample"] = list(self.codes[Retag.kind])

    def settle_gain(self) -> None:
        """Let a gain to a level wait where other steps change the level: it is known once they were taken."""
        is_to_a_level = set(self.codes.get(ApplyGain.kind, ())) == {"LUD001"}
        if is_to_a_level and ApplyGain in self.wanted and any(kind in self.wanted for kind in _CHANGE_LEVEL):
            self.waiting[ApplyGain] = self.wanted.pop(ApplyGain)

    def why(self, steps: Iterable[Step]) -> tuple[tuple[str, ...], ...]:
        """Return, step by step, the codes of the findings that ask for it; storage follows from the other steps."""
        return tuple(tuple(self.codes.get(step.kind, ())) for step in steps)

    @property
    def reason(self) -> str | None:
        """What a person must do, `None` if nothing is left."""
        return "; ".join(f"{finding.code}: {render(finding)[0]}" for finding in self.open) or None


def is_storage(step: Step) -> bool:
    """Tell whether a step is about how sound is stored rather than about the sound."""
    return isinstance(step, Requantise | Rewrap | Rename)
