"""STM011: a voice is heard in the music or in the effects."""

from __future__ import annotations

from collections.abc import Iterator

from stemkit.core.facts import ChapterFacts, FilmFacts, Need, StemFacts, StreamOf
from stemkit.core.film import Role
from stemkit.core.finding import Finding, Severity
from stemkit.meters._deep_likeness import DeepLikeness
from stemkit.meters.likeness import Likeness
from stemkit.meters.relations import Relations
from stemkit.rules._base import StemRule, Topic, where_span

_LEAST_CHANCE = {Role.MUSIC: 0.73, Role.SFX: 0.63}
_LEAST_VOICE = {Role.MUSIC: 0.33, Role.SFX: 0.45}
_FEWEST_WINDOWS = 4
_MISNAMED = 0.2


class ForeignVoice(StemRule):
    """Music and effects hold no speech."""

    code = "STM011"
    name = "foreign_voice"
    topic = Topic.CONTENT
    conditions = ("voice",)
    severity = Severity.WARNING
    needs = (Need(StreamOf.STEM, Likeness),)
    wants = (Need(StreamOf.ROLES, Relations),)

    def check(self, stem: StemFacts, chapter: ChapterFacts, film: FilmFacts) -> Iterator[Finding]:
        """Yield stems with speech in them; what comes from the voice stem is bleed, and named there."""
        like, role = stem.measured.get(Likeness), stem.stem.role
        assert like is not None
        if role is Role.VO or stem.media is None or _is_explained(role, chapter):
            return
        deep = stem.measured.get(DeepLikeness)
        if deep is None:
            share, confidence = _heard(like, role)
            start_s, end_s = like.start_s, like.end_s
        else:
            share, start_s, end_s = _share(deep), deep.start_s, deep.end_s
            confidence = 0.6 + 0.35 * share
        if not share:
            return
        rate = stem.media.sample_rate_hz
        start, end = (min(round(at * rate), stem.media.length_samples) for at in (start_s, end_s))
        yield self.finding(
            "voice",
            where_span(stem, chapter, start, end),
            observed=round(share, 2),
            confidence=round(confidence, 2),
            params={"role": role.value, "share_percent": round(100 * share), "from_s": start_s, "to_s": end_s},
        )


def _heard(like: Likeness, role: Role) -> tuple[float, float]:
    """Return in which share of the time a voice is heard, and how sure that is; 0 where it may be chance."""
    is_music = role is Role.MUSIC
    share, chance = (
        (like.voice_over_music, like.chance_over_music)
        if is_music
        else (like.voice_over_effects, like.chance_over_effects)
    )
    voice = like.voice or 0.0
    share = max(share, voice)
    is_clear = chance >= _LEAST_CHANCE[role] or voice >= _LEAST_VOICE[role]
    is_long = like.windows >= _FEWEST_WINDOWS and share * like.windows >= 2.0
    return (share, 0.4 + 0.5 * max(chance, voice)) if is_clear and is_long else (0.0, 0.0)


def _share(deep: DeepLikeness) -> float:
    return deep.voice_over_music if deep.has_voice else 0.0


def _is_explained(role: Role, chapter: ChapterFacts) -> bool:
    """Tell whether the voice comes from the voice stem, or the stems are exchanged."""
    relations = chapter.together.get(Relations)
    if relations and any(
        Role.VO in (one.source, one.target) and role in (one.source, one.target) for one in relations.leaks
    ):
        return True
    voices = [like.voice for stem in chapter.of_role(Role.VO) if (like := stem.measured.get(Likeness))]
    return any(voice is not None and voice < _MISNAMED for voice in voices)
