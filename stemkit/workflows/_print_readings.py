"""Readings of prints: those of each file alone, and those that take two files or another pass over one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from stemkit.core.facts import Measured, StreamOf
from stemkit.core.film import Role
from stemkit.core.layout import LAYOUTS
from stemkit.core.profile import Profile
from stemkit.meters._ledger import Ledger
from stemkit.meters._meter import read, reading_modules
from stemkit.meters.dialogue import Dialogue, read_dialogue
from stemkit.meters.leq_m import LeqM, LeqMeter
from stemkit.meters.summary import Summary, summarise
from stemkit.plan.routing import PrintRow, print_of_all
from stemkit.render.print_files import WrittenFile, read_print
from stemkit.render.stem_file import StemFile
from stemkit.rules._engine import all_rules, needs_of


def readings_of(
    rows: tuple[PrintRow, ...],
    files: Mapping[str, StemFile],
    sounds: Mapping[str, Sequence[WrittenFile]],
    profile: Profile,
) -> dict[str, Measured]:
    """Return what rules may know of each print, under its name."""
    found = {row.name: _alone(files[row.name].ledger) for row in rows}
    full = print_of_all(rows)
    dialogue = None if full is None else _dialogue(full, rows, files)
    if full is not None and dialogue is not None:
        found[full.name] |= {Dialogue: dialogue}
    for limit in profile.leq_m:
        for row in rows:
            if limit.holds_for("print", row.name):
                found[row.name] |= {LeqM: _leq_m(sounds[row.name], profile, float(limit.lfe_gain_db))}
    return {name: Measured(readings) for name, readings in found.items()}


def _alone(ledger: Ledger) -> dict[type, object]:
    known = {module.RESULT for module in reading_modules()}
    kinds = {need.what for need in needs_of(all_rules()) if need.of is StreamOf.PRINT} & known
    return {Summary: summarise(ledger), **{kind: read(ledger, kind) for kind in kinds}}


def _dialogue(full: PrintRow, rows: tuple[PrintRow, ...], files: Mapping[str, StemFile]) -> Dialogue | None:
    """Measure the mix by the print that is the voice alone, beside the print that is everything else."""
    by_roles = {frozenset(row.roles): files[row.name].ledger for row in rows}
    voice = by_roles.get(frozenset({Role.VO}))
    if voice is None:
        return None
    background = by_roles.get(frozenset(full.roles) - {Role.VO})
    return read_dialogue(files[full.name].ledger, voice, background)


def _leq_m(files: Sequence[WrittenFile], profile: Profile, lfe_db: float) -> LeqM:
    meter = LeqMeter(files[0].media.sample_rate_hz, LAYOUTS[profile.format.layout], lfe_db)
    for block in read_print(files):
        meter.push(block)
    return meter.result()
