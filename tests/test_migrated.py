"""A test database is a copy of a migrated one for as long as nothing that migrations are made of has changed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import migrated


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of one room whose migration imports a model of its own."""
    (tmp_path / "room" / "migrations").mkdir(parents=True)
    (tmp_path / "room" / "migrations" / "0001_initial.py").write_text(
        "import room.models\nfrom django.db import models\n"
    )
    (tmp_path / "room" / "models.py").write_text("default = 1\n")
    (tmp_path / "room" / "pages.py").write_text("title = 'Rooms'\n")
    monkeypatch.setattr(migrated, "ROOT", tmp_path)
    return tmp_path


@pytest.mark.parametrize("changed", ["migrations/0001_initial.py", "models.py", "migrations/0002_more.py"])
def test_what_migrations_are_made_of_makes_another_database(house: Path, changed: str) -> None:
    before = migrated.key()

    with (house / "room" / changed).open("a") as file:
        file.write("more = 2\n")

    assert migrated.key() != before


def test_what_no_migration_imports_leaves_the_database(house: Path) -> None:
    before = migrated.key()

    (house / "room" / "pages.py").write_text("title = 'All rooms'\n")

    assert migrated.key() == before
