"""A desk made once for all tests of a module, where none of them commits; each finds it as it was made."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from members.models import Member
from tests.shared_rows import rolled_back

COMMITTING = {"transactional_db", "live_server"}


def shared(request: pytest.FixtureRequest, django_db_blocker: Any, make: Callable[[Member], object]) -> Iterator[bool]:
    """Make rows by an admin for the tests of a module, as a module's fixture does.

    Yields:
        Whether they were made: not where a test of the module commits, for then no transaction can lie around them all.
    """
    if any(_commits(item) for item in request.session.items if item.path == request.path):
        yield False
        return
    with rolled_back(django_db_blocker):
        admin = Member(username="ada", is_superuser=True, is_staff=True)
        admin.set_password("correct horse battery")
        admin.save()
        make(admin)
        yield True


def _commits(item: pytest.Item) -> bool:
    mark = item.get_closest_marker("django_db")
    is_transactional = mark is not None and bool(mark.kwargs.get("transaction"))
    return is_transactional or not COMMITTING.isdisjoint(getattr(item, "fixturenames", ()))
