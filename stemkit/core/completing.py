"""What is completed when all went well, and given up otherwise."""

from __future__ import annotations

from abc import ABC, abstractmethod
from types import TracebackType
from typing import Self


class Completing(ABC):
    """A thing in a ``with`` statement: closed at its end, given up where something failed inside."""

    @abstractmethod
    def close(self) -> None:
        """Complete it."""

    @abstractmethod
    def abort(self) -> None:
        """Give it up and leave nothing."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        if kind is None:
            self.close()
        else:
            self.abort()
