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

_LEAST_SHARE = {Role.MUSIC: 0.33, Role.SFX: 0.45}
_FEWEST_WINDOWS = 3
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
        share, start_s, end_s = _heard(like, role) if deep is None else (_share(deep), deep.start_s, deep.end_s)
        if not share:
            return
        rate = stem.media.sample_rate_hz
        start, end = (min(round(at * rate), stem.media.length_samples) for at in (start_s, end_s))
        yield self.finding(
            "voice",
            where_span(stem, chapter, start, end),
            observed=round(share, 2),
            confidence=round(0.5 + 0.4 * share if deep is None else 0.6 + 0.35 * share, 2),
            params={"role": role.value, "share_percent": round(100 * share), "from_s": start_s, "to_s": end_s},
        )


def _heard(like: Likeness, role: Role) -> tuple[float, float, float]:
    """Return in which share of the time a voice is heard, and where most; 0 where that may be chance."""
    share = like.voice_over_music if role is Role.MUSIC else like.voice_over_effects
    share = max(share, like.voice or 0.0)
    is_clear = share >= _LEAST_SHARE[role] and share * like.windows >= _FEWEST_WINDOWS
    return share if is_clear else 0.0, like.start_s, like.end_s


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
