from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import caches

from web.caching import slow_figures


@pytest.fixture
def kept_figures(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every figure counts as one that took long, and is kept."""
    settings.SLOW_FIGURES_S = 0.0
    monkeypatch.setattr(slow_figures, "TIMES_AS_LONG", 1_000_000_000)
    caches["figures"].clear()
    yield
    caches["figures"].clear()
