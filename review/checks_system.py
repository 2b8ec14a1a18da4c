"""What `manage.py check` looks for in this room: the triggers that keep rows as they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Error

from review.immutability import missing


def check_triggers(databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    """System check of the database tag: an error names each missing trigger."""
    return [
        Error(
            f"The database '{alias}' lacks the trigger {name}: rows that must never change could be changed.",
            hint="Run 'manage.py migrate --skip-checks', which puts it back.",
            id="review.E001",
        )
        for alias in databases or ()
        for name in missing(alias)
    ]
