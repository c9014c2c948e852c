"""One headless browser for all tests that look at pages."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from advisor.engagement.errors import MissingPackage
from reports.browser import chromium


@pytest.fixture(scope="package")
def browser() -> Iterator[Any]:
    """The one that prints PDF; where there is none the tests are skipped."""
    try:
        with chromium() as found:
            yield found
    except MissingPackage as absent:
        pytest.skip(absent.problem)
