"""LEN010: what stands before or after the programme is not as the profile asks."""

from __future__ import annotations

from collections.abc import Iterator

from stemkit.core.facts import FilmFacts, PrintFacts
from stemkit.core.finding import Finding, Severity, Where
from stemkit.core.profile_figures import HeadTailRule
from stemkit.meters.silence import Silence
from stemkit.rules._base import FilmRule, Sound, Topic, sounds_of
from stemkit.rules._limits import gap_of, limits_for, needs_on_all

_TOLERANCE_S = 0.1  # silence that is no digital silence is known to 100 ms


class HeadTail(FilmRule):
    """Files begin and end with as much silence or room tone as the profile asks."""

    code = "LEN010"
    name = "head_tail"
    topic = Topic.LENGTH
    severity = Severity.WARNING
    conditions = ("too_short", "too_long", "required", "forbidden", "skip_not_published", "skip_pop_or_leader")
    wants = needs_on_all(Silence)

    def check(self, film: FilmFacts) -> Iterator[Finding]:
        """Yield heads and tails that are too short or too long; pops and leaders are LEN004's, in stems."""
        if gap := gap_of(film, "head_tail"):
            yield self.skip("skip_not_published", Where(), gap)
        rules = film.profile.head_tail
        known = [rendered for rendered in film.prints if rendered.has_pop is not None]
        for rendered in known:
            yield from self._markers_of(rendered, film)
        if not known and (asked := [word for rule in rules if rule.of == "print" for word in _markers(rule)]):
            params = {"profile": film.profile.name, "asked": " and ".join(dict.fromkeys(asked))}
            yield self.skip("skip_pop_or_leader", Where(), params)
        for sound in sounds_of(film):
            for rule in limits_for(sound, rules):
                yield from self._judge(sound, rule)

    def _markers_of(self, rendered: PrintFacts, film: FilmFacts) -> Iterator[Finding]:
        pop, leader = rendered.has_pop, rendered.has_leader
        for rule in (each for each in film.profile.head_tail if each.holds_for("print", rendered.name)):
            for what, there, asked in (("2-pop", pop, rule.two_pop), ("leader", leader, rule.leader)):
                if there is not None and asked is not None and there is not (asked == "required"):
                    where = Where(print=rendered.name, path=rendered.media.path)
                    params = {"what": what, "print": rendered.name, "profile": film.profile.name}
                    yield self.finding(asked, where, severity=rule.severity, params=params)

    def _judge(self, sound: Sound, rule: HeadTailRule) -> Iterator[Finding]:
        silence = sound.measured.get(Silence)
        if silence is None or silence.is_digital:
            return
        head, tail = _quiet_ends(silence, sound)
        for end, found, shortest, longest in (
            ("head", head, rule.head_min_s, rule.head_max_s),
            ("tail", tail, rule.tail_min_s, rule.tail_max_s),
        ):
            is_short = shortest is not None and found < shortest - _TOLERANCE_S
            is_long = longest is not None and found > longest + _TOLERANCE_S
            if is_short or is_long:
                yield self.finding(
                    "too_short" if is_short else "too_long",
                    sound.where,
                    severity=rule.severity,
                    observed=round(found, 3),
                    expected=shortest if is_short else longest,
                    unit="s",
                    params={"end": end, "what": sound.label, "grade": rule.grade},
                )


def _markers(rule: HeadTailRule) -> Iterator[str]:
    if rule.two_pop is not None:
        yield f"a 2-pop is {rule.two_pop}"
    if rule.leader is not None:
        yield f"a leader or slate is {rule.leader}"


def _quiet_ends(silence: Silence, sound: Sound) -> tuple[float, float]:
    """Return how many seconds are silent or next to it at both ends of a sound."""
    head, tail, length = silence.leading_zero_samples, silence.trailing_zero_samples, sound.length_samples
    for start, size in silence.near_spans:
        if start == 0:
            head = max(head, size)
        if length is not None and start + size >= length:
            tail = max(tail, size)
    return head / sound.sample_rate_hz, tail / sound.sample_rate_hz
