"""What to say where the system refuses to write."""

from __future__ import annotations

from pathlib import Path

from stemkit.core.errors import OutputError, Problem


def cannot_write(path: Path, error: OSError) -> OutputError:
    """Return the error for an output that the system refuses."""
    reason = error.strerror or str(error)
    return OutputError(
        Problem(
            "cannot_write",
            f"cannot write: {reason}",
            "check free space, the rights of the folder, and that no other program holds the file open",
            path=str(path),
        )
    )
