"""One browser for all tests of pages."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.report.browser import Browser, chromium


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Return a tab of a real Chromium; tests that need it skip visibly where there is none."""
    with chromium(tmp_path_factory.mktemp("chromium")) as tab:
        yield tab
