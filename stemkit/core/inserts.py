"""Effects that a film file declares for the stems of a role, as data."""

from __future__ import annotations

from dataclasses import dataclass

Parameter = bool | int | float | str


@dataclass(frozen=True, slots=True)
class Insert:
    """One effect of a chain.

    Parameters
    ----------
    effect
        Name of a built-in effect, such as ``HighpassFilter``; empty for a plug-in.
    plugin
        Path of a VST3 or AU plug-in as the film file names it; empty for a built-in effect.
    parameters
        By name, in the order in which they are written.
    """

    effect: str = ""
    plugin: str = ""
    parameters: tuple[tuple[str, Parameter], ...] = ()

    @property
    def name(self) -> str:
        """What to call it."""
        return self.effect or self.plugin
