from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.generation.research.site_server import SiteServer, serving


@pytest.fixture
def site() -> Iterator[SiteServer]:
    with serving() as running:
        yield running
