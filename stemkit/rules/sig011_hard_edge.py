"""SIG011: the sound begins or ends in the middle of a wave, and there is no handle to fade on."""

from __future__ import annotations

from collections.abc import Iterator

from stemkit.core.facts import ChapterFacts, FilmFacts, Need, StemFacts, StreamOf
from stemkit.core.film import Handles
from stemkit.core.finding import Finding, Severity
from stemkit.meters.edges import Edges
from stemkit.rules._base import StemRule, Topic, fit_of, where_stem

_LOUD_DBFS, _LEVEL_DBFS = -40.0, -45.0


class HardEdge(StemRule):
    """Sound without handles begins and ends softly."""

    code = "SIG011"
    name = "hard_edge"
    topic = Topic.CONTENT
    conditions = ("head", "tail", "skip_no_picture")
    severity = Severity.WARNING
    needs = (Need(StreamOf.STEM, Edges),)

    def check(self, stem: StemFacts, chapter: ChapterFacts, film: FilmFacts) -> Iterator[Finding]:
        """Yield cut edges; where handles are there, the mix fades on them and no edge is heard."""
        edges, fit, where = stem.measured.get(Edges), fit_of(stem, chapter, film), where_stem(stem, chapter)
        assert edges is not None
        if fit is None:
            yield self.skip("skip_no_picture", where)
            return
        if not fit.is_right or fit.handles != Handles():
            return
        for condition, edge, level in (
            ("head", edges.head_dbfs, edges.head_level_dbfs),
            ("tail", edges.tail_dbfs, edges.tail_level_dbfs),
        ):
            if edge is not None and level is not None and edge > _LOUD_DBFS and level > _LEVEL_DBFS:
                yield self.finding(
                    condition, where, observed=round(edge, 1), expected=_LOUD_DBFS, unit="dBFS", confidence=0.9
                )
