"""Instances of rows that a module's tests share, for one test to change as it likes."""

from __future__ import annotations

from typing import Any

import pytest


def fresh(request: pytest.FixtureRequest, shared: str) -> Any:
    """A new instance of the row that a module's fixture of this name made; None for a module that does not use it."""
    if shared not in request.fixturenames:
        return None
    row = request.getfixturevalue(shared)
    return type(row).objects.get(pk=row.pk)
