"""MIX002: the prints are not the sum of their stems, or no longer what was proven."""

from __future__ import annotations

from collections.abc import Iterator

from stemkit.core.facts import FilmFacts
from stemkit.core.finding import Finding, Where
from stemkit.rules._base import FilmRule, Topic


class PrintsDoNotNull(FilmRule):
    """Role prints add up to the mix sample by sample, and no print changed since it was proven."""

    code = "MIX002"
    name = "prints_do_not_null"
    topic = Topic.PRINT
    conditions = ("does_not_null", "changed", "skip_no_proof", "skip_undipped")

    def check(self, film: FilmFacts) -> Iterator[Finding]:
        """Yield the sums that leave a residual, and the files whose hash is not the report's."""
        for rendered in film.prints:
            if rendered.expected_sha256 not in (None, rendered.sha256):
                yield self.finding(
                    "changed",
                    Where(print=rendered.name, path=rendered.media.path),
                    observed=rendered.sha256,
                    expected=rendered.expected_sha256,
                    params={"print": rendered.name},
                )
        for null in film.nulls:
            where, parts = Where(print=null.sum), " + ".join(null.of)
            if null.exact is None:
                condition = "skip_undipped" if null.reason == "undipped" else "skip_no_proof"
                yield self.skip(condition, where, {"sum": null.sum, "parts": parts, "reason": null.reason})
            elif not null.exact:
                yield self.finding(
                    "does_not_null",
                    where,
                    observed=null.max_residual_lsb,
                    expected=0,
                    unit="LSB",
                    params={"sum": null.sum, "parts": parts, "samples": null.samples, "reason": null.reason},
                )
