"""Every promise in SECURITY.md names a test that exists."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
ROW = re.compile(r"\| `(tests/[\w/]+\.py)::(\w+)` \|")


def test_every_promise_is_held_by_a_test_that_exists() -> None:
    rows = ROW.findall((ROOT / "SECURITY.md").read_text("utf-8"))
    assert len(rows) > 15
    missing = [f"{file}::{test}" for file, test in rows if f"def {test}(" not in (ROOT / file).read_text("utf-8")]
    assert missing == []
