"""What comes before every render: the stems are looked at, chosen, conformed where they must be, and placed."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path

from stemkit.core.errors import Problem, ProfileError
from stemkit.core.files import require_space
from stemkit.core.film import Film, Role
from stemkit.core.media import MediaInfo
from stemkit.core.profile import Profile
from stemkit.intake.facts import gather
from stemkit.meters._words import words_in
from stemkit.plan.conform import plan_conform
from stemkit.plan.timeline import Timeline, plan_timeline
from stemkit.plan.voice_fades import with_whole_words
from stemkit.render.conform import shape_after
from stemkit.render.stem_file import bytes_needed
from stemkit.rules._engine import run
from stemkit.store.facts import FactStore
from stemkit.workflows._conform_run import MADE_BY
from stemkit.workflows._mix_conformed import ConformedStems
from stemkit.workflows._mix_files import space_needed
from stemkit.workflows._mix_pace import Pace
from stemkit.workflows._mix_stems import TakenStem, choose_stems
from stemkit.workflows._mix_told import Seen


def look(film: Film, out: Path, profiles: tuple[Profile, Profile], pace: Pace, store: FactStore) -> Seen:
    """Measure and check the stems of a film, and choose those that go in.

    Parameters
    ----------
    profiles
        Of the stems, and of the prints.

    Raises
    ------
    ProfileError
        If the two differ in sample rate or layout.
    """
    profile, print_profile = profiles
    _require_one_form(profile, print_profile)
    gathered = gather(film, profile, store=store, jobs=pace.jobs, progress=pace.progress)
    checked = run(gathered.facts)
    plan = plan_conform(gathered.facts, checked.findings, profile)
    taken, left_out = choose_stems(gathered.facts, checked.findings, plan)
    return Seen(film, out, profile, print_profile, gathered, checked, plan, taken, left_out)


def _require_one_form(profile: Profile, prints: Profile) -> None:
    stems, wanted = profile.format, prints.format
    if (stems.sample_rate_hz, stems.layout) != (wanted.sample_rate_hz, wanted.layout):
        message = (
            f"stems in {stems.sample_rate_hz} Hz {stems.layout} ({profile.name}) cannot be printed in "
            f"{wanted.sample_rate_hz} Hz {wanted.layout} ({prints.name})"
        )
        hint = "choose profiles for stems and prints with one sample rate and layout"
        raise ProfileError(Problem("different_form", message, hint, key="mix.profile"))


def as_planned(stem: TakenStem) -> MediaInfo:
    """Return what a stem will be once it is conformed."""
    if stem.is_in_place:
        return stem.media
    shape = shape_after(stem.media, stem.item.steps)
    return replace(stem.media, sample_rate_hz=shape.sample_rate_hz, length_samples=shape.length_samples)


def placed(seen: Seen, media: Mapping[TakenStem, MediaInfo]) -> Timeline:
    """Return where the stems go in the film."""
    stems: dict[int, dict[Role, list[MediaInfo]]] = {chapter.number: {} for chapter in seen.film.chapters}
    for stem, each in media.items():
        stems[stem.chapter].setdefault(stem.role, []).append(each)
    return plan_timeline(seen.film, stems, seen.profile.format.sample_rate_hz)


def joined(seen: Seen, stems: ConformedStems) -> Timeline:
    """Return where the stems go in the film; no fade of a voice crosses a word."""
    timeline = placed(seen, {stem: stems.media(stem) for stem in seen.taken})
    if not any(join.role is Role.VO and join.before_samples + join.after_samples for join in timeline.joins):
        return timeline
    voices = [stem for stem in seen.taken if stem.role is Role.VO]
    return with_whole_words(timeline, {stems.media(stem).path: words_in(stems.ledger(stem)) for stem in voices})


def require_room(seen: Seen, chapters: Collection[int] | None = None) -> None:
    """Refuse before anything is written what cannot be placed, or what the disk cannot hold.

    Parameters
    ----------
    chapters
        The only ones that are printed; all, if `None`.
    """
    timeline = placed(seen, {stem: as_planned(stem) for stem in seen.taken})
    prints = space_needed(seen.film, timeline, seen.print_profile)
    if chapters is not None:
        printed = sum(timeline.chapters[number].length for number in chapters)
        prints = prints * printed // max(1, timeline.length_samples)
    stems = sum(bytes_needed(s.media, s.item.steps, MADE_BY) for s in seen.taken if not s.is_in_place)
    require_space(seen.out, prints + stems)
