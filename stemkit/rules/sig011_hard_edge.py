"""SIG011: the sound begins or ends in the middle of a wave, and there is no handle to fade on."""

from __future__ import annotations

from collections.abc import Iterator

from stemkit.core.facts import ChapterFacts, FilmFacts, Need, StemFacts, StreamOf
from stemkit.core.film import Handles
from stemkit.core.finding import Finding, Severity
from stemkit.core.lengths import LengthKind
from stemkit.meters.edges import Edges
from stemkit.rules._base import StemRule, Topic, fit_of, where_stem

_LOUD_DBFS, _LEVEL_DBFS = -40.0, -45.0
_FEWEST_OTHERS, _USUAL = 6, 0.3


class HardEdge(StemRule):
    """Sound without handles begins and ends softly."""

    code = "SIG011"
    name = "hard_edge"
    topic = Topic.CONTENT
    conditions = ("head", "tail", "skip_no_picture")
    severity = Severity.WARNING
    needs = (Need(StreamOf.STEM, Edges),)

    def check(self, stem: StemFacts, chapter: ChapterFacts, film: FilmFacts) -> Iterator[Finding]:
        """Yield cut edges; where handles are there, the mix fades on them."""
        edges, fit, where = stem.measured.get(Edges), fit_of(stem, chapter, film), where_stem(stem, chapter)
        assert edges is not None
        if fit is None:
            yield self.skip("skip_no_picture", where)
            return
        if not fit.is_right or fit.handles != Handles():
            return
        if fit.kind is not LengthKind.PICTURE_ONLY and not _is_odd(stem, film):
            return
        for condition, edge in _hard_edges(edges):
            yield self.finding(
                condition, where, observed=round(edge, 1), expected=_LOUD_DBFS, unit="dBFS", confidence=0.9
            )


def _hard_edges(edges: Edges) -> Iterator[tuple[str, float]]:
    for condition, edge, level in (
        ("head", edges.head_dbfs, edges.head_level_dbfs),
        ("tail", edges.tail_dbfs, edges.tail_level_dbfs),
    ):
        if edge is not None and level is not None and edge > _LOUD_DBFS and level > _LEVEL_DBFS:
            yield condition, edge


def _is_odd(stem: StemFacts, film: FilmFacts) -> bool:
    """Tell whether the film's other stems of a role end softly: where no handles are asked for, cuts may be meant."""
    others = [one for chapter in film.chapters for one in chapter.of_role(stem.stem.role) if one is not stem]
    known = [edges for one in others if (edges := one.measured.get(Edges)) is not None]
    return len(known) >= _FEWEST_OTHERS and sum(any(_hard_edges(one)) for one in known) < _USUAL * len(known)
