"""An index is built while others write, and may be begun again."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import NotSupportedError, connection, models
from django.db.migrations.state import ModelState, ProjectState

from web.db.migration_operations import AddIndexWithoutLock

NAME = "pears_by_size"
INDEX = AddIndexWithoutLock("pear", models.Index(fields=["size"], name=NAME))


@pytest.fixture
def pears(transactional_db: Any) -> Any:
    """A table with nobody's rows, before and after the index."""
    before = ProjectState()
    before.add_model(
        ModelState("web", "Pear", [("id", models.AutoField(primary_key=True)), ("size", models.IntegerField())])
    )
    after = before.clone()
    INDEX.state_forwards("web", after)
    with connection.schema_editor() as editor:
        editor.create_model(before.apps.get_model("web", "Pear"))
    yield before, after
    with connection.schema_editor() as editor:
        editor.delete_model(before.apps.get_model("web", "Pear"))


def build(before: ProjectState, after: ProjectState) -> None:
    with connection.schema_editor(atomic=connection.vendor == "sqlite") as editor:
        INDEX.database_forwards("web", editor, before, after)


def indexes() -> set[str]:
    with connection.cursor() as cursor:
        found = connection.introspection.get_constraints(cursor, "web_pear")
    return {name for name, told in found.items() if told["index"] and told["columns"] == ["size"]}


def test_it_is_there_and_goes_again(pears: Any) -> None:
    before, after = pears
    build(before, after)
    built = indexes()
    with connection.schema_editor(atomic=connection.vendor == "sqlite") as editor:
        INDEX.database_backwards("web", editor, after, before)

    assert (built, indexes()) == ({NAME}, set())


@pytest.mark.postgres_only
def test_one_that_was_broken_off_is_built_anew(pears: Any) -> None:
    build(*pears)
    build(*pears)

    assert indexes() == {NAME}


@pytest.mark.postgres_only
def test_it_refuses_to_hold_writers_up_in_a_transaction(pears: Any) -> None:
    with pytest.raises(NotSupportedError, match="atomic = False"), connection.schema_editor(atomic=True) as editor:
        INDEX.database_forwards("web", editor, *pears)
