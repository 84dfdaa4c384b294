"""What is to become of each delivered file: the plan of conforming as pure data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from stemkit.core.film import Role
from stemkit.core.media import MediaInfo
from stemkit.core.steps import Rename, Step


class ItemStatus(StrEnum):
    """What is to become, or has become, of a stem."""

    PLANNED = "planned"
    WRITTEN = "written"
    UNCHANGED = "unchanged"
    SKIPPED = "skipped"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class ConformItem:
    """One delivered file and what is to be done with it.

    Parameters
    ----------
    declared_path
        The source as the user wrote or gave it.
    output
        Path in the conformed tree, with ``/``; `None` if the file is not taken over.
    files
        Paths of its channels' files, where the profile wants one mono file for each; ``output`` is then no file.
    reason
        Why nothing is done, or what is left for a person; `None` where all is well.
    steps
        In the order in which they are taken. For an item that is skipped or failed: what it would take.
    waiting
        What findings ask for that was not chosen: it can be heard, or it was left out by name.
    codes
        By kind of step, the findings that ask for it.
    """

    chapter: int
    role: Role | None
    source: Path
    declared_path: str
    status: ItemStatus
    media: MediaInfo | None = None
    output: str | None = None
    files: tuple[str, ...] = ()
    reason: str | None = None
    steps: tuple[Step, ...] = ()
    waiting: tuple[Step, ...] = ()
    codes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def written_names(self) -> tuple[str, ...]:
        """Paths of the files that it becomes in the conformed tree."""
        return self.files or ((self.output,) if self.output is not None else ())

    @property
    def changes_file(self) -> bool:
        """Whether the plan makes something else of the file than a copy under another name."""
        return self.status is ItemStatus.PLANNED and any(not isinstance(step, Rename) for step in self.steps)


@dataclass(frozen=True, slots=True)
class ConformPlan:
    """What is to be done with a delivery, in film order."""

    items: tuple[ConformItem, ...]

    @property
    def has_work(self) -> bool:
        """Whether anything is to be written."""
        return any(item.status is ItemStatus.PLANNED for item in self.items)
