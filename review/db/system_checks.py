"""What `manage.py check` looks for in this room: the triggers that keep rows as they are, and the text index."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Error

from review.db import text_index
from review.db.immutability import missing


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


def check_text_index(databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    """System check of the database tag: an error names each missing part of the text index."""
    return [
        Error(
            f"The database '{alias}' lacks {name}: drafts would not be found by their words.",
            hint="Run 'manage.py migrate --skip-checks', which puts it back, then 'manage.py reindex_drafts'.",
            id="review.E002",
        )
        for alias in databases or ()
        for name in text_index.missing(alias)
    ]
