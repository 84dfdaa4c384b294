"""FMT020: the document takes one mono file a channel, and the prints hold several."""

from __future__ import annotations

from collections.abc import Iterator

from stemkit.core.facts import FilmFacts
from stemkit.core.finding import Finding, Severity, Where
from stemkit.rules._base import FilmRule, Topic


class Packaging(FilmRule):
    """Prints hold as many channels a file as the document takes."""

    code = "FMT020"
    name = "packaging"
    topic = Topic.PRINT
    severity = Severity.WARNING
    conditions = ("split_prints", "skip_not_split_here")

    def check(self, film: FilmFacts) -> Iterator[Finding]:
        """Yield prints that must be split before they are handed over; stems are read interleaved."""
        form, profile = film.profile.format, film.profile.name
        if (film.profile.delivery.packaging or form.packaging) == "interleaved":
            return
        wide = [rendered for rendered in film.prints if rendered.media.channels > 1]
        if wide:
            names = ", ".join(rendered.name for rendered in wide)
            yield self.finding(
                "split_prints",
                Where(),
                observed=len(wide),
                expected=0,
                params={"profile": profile, "prints": names, "channels": wide[0].media.channels},
            )
        elif not film.prints:
            yield self.skip("skip_not_split_here", Where(), {"profile": profile})
