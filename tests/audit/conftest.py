"""A trail of three days with gaps, sealed or not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from audit.models import AuditRow
from members.models import Member

NOW = datetime(2026, 3, 6, 12, 0, tzinfo=UTC)


@pytest.fixture
def rows(admin: Member) -> list[AuditRow]:
    """Two rows on 2 March, none on the 3rd, two on the 4th (one in its last microsecond), one on the 6th."""
    moments = (
        datetime(2026, 3, 2, 0, 0, 0, 0, tzinfo=UTC), datetime(2026, 3, 2, 9, 30, 0, 123456, tzinfo=UTC),
        datetime(2026, 3, 4, 8, 0, tzinfo=UTC), datetime(2026, 3, 4, 23, 59, 59, 999999, tzinfo=UTC),
        datetime(2026, 3, 6, 10, 0, tzinfo=UTC),
    )  # fmt: skip
    return [
        AuditRow.objects.create(at=at, actor=str(admin.pk), act="invited", detail={"n": number, "words": "Zoë ≠ 'x'"})
        for number, at in enumerate(moments)
    ]


@pytest.fixture
def tamper() -> Callable[[Callable[[], object]], None]:
    """Do what only somebody with the database's own keys can: change rows with the triggers away."""
    from review.db import immutability

    def do(change: Callable[[], object]) -> None:
        with immutability.disabled():
            change()

    return do
