"""Web processes of the release before go on working on the new tables: migrations add, and take nothing away.

While an installation is upgraded, processes of both versions write to one database. So a later migration may not take
away or rename what the old code reads, nor ask for what the old code does not write. It may not hold up writers of a
long table.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from django.db import models
from django.db.migrations import Migration
from django.db.migrations import operations as does
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState
from django.db.models import NOT_PROVIDED, Field

# What the release's code has lived with: migrations of a room whose names say so. Each release's later ones are judged.
RELEASE = {"0001_release_tables", "0002_release_links", "0002_search_words"}
ROOMS = {
    "audit", "members", "jobs", "webhooks", "review", "generation", "training", "evaluation", "serving", "campaigns"
}  # fmt: skip

# Judged one by one, with why the release before goes on working: `review.0003_name[0]`.
ALLOWED: dict[str, str] = {}


@dataclass(frozen=True)
class Step:
    """One operation of a migration after the first release, with the tables as they were before it.

    Attributes:
        where: Migration and place of the operation in it, as the list of exceptions names it.
        app: The room.
        operation: What is done.
        before: All tables before it.
        fresh: Models that the same migration made: no old code knows them.
    """

    where: str
    app: str
    operation: Operation
    before: ProjectState
    fresh: frozenset[str]


def steps() -> Iterator[Step]:
    loader = MigrationLoader(None)
    state = ProjectState()
    for key, migration in _in_order(loader):
        fresh: set[str] = set()
        for number, operation in enumerate(migration.operations):
            if isinstance(operation, does.CreateModel):
                fresh.add(operation.name.lower())
            if key[0] in ROOMS and key[1] not in RELEASE:
                yield Step(f"{key[0]}.{key[1]}[{number}]", key[0], operation, state, frozenset(fresh))
            operation.state_forwards(key[0], state)


def _in_order(loader: MigrationLoader) -> list[tuple[tuple[str, str], Migration]]:
    plan: dict[tuple[str, str], Migration] = {}
    for target in loader.graph.leaf_nodes():
        for key in loader.graph.forwards_plan(target):
            plan.setdefault(key, loader.graph.nodes[key])
    return list(plan.items())


def complaint(step: Step) -> str:
    """Why code of the release before would not survive a step, or would wait for it; empty where it does not notice."""
    operation = step.operation
    if isinstance(operation, does.CreateModel | does.AlterModelOptions | does.RunPython | does.AlterModelManagers):
        return ""
    if isinstance(operation, does.AddField):
        return "" if operation.model_name_lower in step.fresh else added(operation.field)
    if isinstance(operation, does.AlterField):
        old = step.before.models[step.app, operation.model_name_lower].fields[operation.name]
        return narrowed(old, operation.field)
    if isinstance(operation, does.AddConstraint):
        return (
            ""
            if operation.model_name_lower in step.fresh
            else "the old code knows no such rule, and the table is read through under a lock"
        )
    if isinstance(operation, does.AddIndex):
        return "" if operation.model_name_lower in step.fresh else "writers wait until the index is built"
    if isinstance(operation, does.RemoveConstraint | does.RemoveIndex):
        return ""
    return "it takes away or renames what the old code uses"


def added(field: Field) -> str:
    if field.many_to_many:
        return ""
    if not field.null and field.db_default is NOT_PROVIDED:
        return "no value by itself"
    return "writers wait until its index is built" if field.db_index or field.unique else ""


def narrowed(old: Field, new: Field) -> str:
    if type(old) is not type(new):
        return "another type"
    if old.null and not new.null:
        return "it must be there now"
    if not old.unique and new.unique:
        return "it must be alone now"
    if new.db_index and not old.db_index:
        return "writers wait until its index is built"
    if (new.max_length or 0) < (old.max_length or 0):
        return "shorter than what the old code writes"
    return ""


@pytest.mark.parametrize(
    ("operation", "said"),
    [
        (does.RemoveField("draft", "words"), "takes away"),
        (does.RenameField("draft", "words", "length"), "takes away"),
        (does.AddField("draft", "tone", models.CharField(max_length=9)), "no value by itself"),
        (does.AddField("draft", "tone", models.CharField(max_length=9, null=True)), ""),
        (does.AlterField("draft", "teacher", models.CharField(max_length=9)), "shorter"),
        (does.AddIndex("draft", models.Index(fields=["words"], name="by_words")), "writers wait"),
    ],
)
def test_a_step_that_the_release_before_would_notice_is_found(operation: Operation, said: str) -> None:
    step = Step("review.0003_more[0]", "review", operation, MigrationLoader(None).project_state(), frozenset())

    assert said in complaint(step)
    assert bool(said) == bool(complaint(step))


def test_no_migration_takes_from_the_release_before_what_it_needs() -> None:
    found = {step.where: said for step in steps() if (said := complaint(step))}

    assert {where: said for where, said in found.items() if where not in ALLOWED} == {}
    assert set(ALLOWED) <= set(found), "an exception that is none any more"
