from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.cache import caches

from members.models import Member
from review.models import Task
from review.states import Role
from tests.review import factories as desk
from web.caching import slow_figures


@pytest.fixture
def kept_figures(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every figure counts as one that took long, and is kept."""
    settings.SLOW_FIGURES_S = 0.0
    monkeypatch.setattr(slow_figures, "TIMES_AS_LONG", 1_000_000_000)
    caches["figures"].clear()
    yield
    caches["figures"].clear()


@pytest.fixture
def lead(make_member: Callable[..., Member]) -> Member:
    return make_member("lea")


@pytest.fixture
def task(admin: Member, lead: Member) -> Task:
    made = desk.make_task(by=admin)
    desk.join(lead, made, Role.LEAD)
    return made
