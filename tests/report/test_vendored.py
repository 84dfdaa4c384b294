"""Code of others is as it was published, with its licence."""

from __future__ import annotations

import hashlib
import tomllib
from importlib import resources

VENDOR = resources.files("stemkit.report") / "templates" / "vendor"


def test_every_file_is_as_published() -> None:
    told = tomllib.loads((VENDOR / "VENDORED.toml").read_text("utf-8"))["uplot"]
    for name, digest in told["sha256"].items():
        assert hashlib.sha256((VENDOR / name).read_bytes()).hexdigest() == digest
    assert {file.name for file in VENDOR.iterdir()} == {*told["sha256"], "VENDORED.toml"}
    assert "MIT License" in (VENDOR / "LICENSE-uplot").read_text("utf-8")
