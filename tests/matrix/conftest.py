"""The seeded installation, once for all tests of this folder, and rolled back at their end."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.test import override_settings

from tests.matrix.installation import Installation


@pytest.fixture(scope="module")
def installation(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Installation]:
    """One of everything; each test's own transaction lies inside this one's."""
    folder = tmp_path_factory.mktemp("matrix")
    with (
        django_db_blocker.unblock(),
        override_settings(STUDENT_ROOTS=[folder / "students"], MAILBOX_DIR=folder / "mailbox"),
        transaction.atomic(),
    ):
        yield Installation(Path(folder))
        transaction.set_rollback(True)
