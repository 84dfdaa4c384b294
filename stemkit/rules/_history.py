"""What stemkit has done to a file before, as the file's own coding history tells."""

from __future__ import annotations

from stemkit.core.facts import StemFacts


def was_taken(kind: str, stem: StemFacts) -> bool:
    """Tell whether stemkit took a step when it wrote a file; ``kind`` is that of the step."""
    bext = stem.media.bext if stem.media else None
    lines = bext.coding_history.splitlines() if bext else ()
    return any("T=stemkit" in line and kind in line for line in lines)
