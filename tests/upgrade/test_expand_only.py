"""Web processes of the release before go on working on the new tables: migrations add, and take nothing away.

While an installation is upgraded, processes of both versions write to one database. So a migration after the first release may not
take away or rename what the old code reads, may not ask for what the old code does not write, and may not hold a long table's writers up.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.migrations import Migration
from django.db.migrations import operations as does
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState
from django.db.models import NOT_PROVIDED, Field

# What each release's code has lived with: the first release is every room's first migration.
FIRST = "0001_initial"
ROOMS = (
    "audit", "members", "jobs", "webhooks", "review", "generation", "training", "evaluation", "serving", "campaigns"
)  # fmt: skip

# Judged one by one, with why the release before goes on working.
ALLOWED = {
    "generation.0008_dated_prices[5]": "It takes the place of a stricter rule, on some hundred rows.",
    "campaigns.0003_guardrails[8]": "Contacts are written by imports, which try again; a second for a million.",
    "campaigns.0005_suppression_lifts[0]": "An index takes the place of a unique one on the suppression list; a second for a million.",
    # Each begins as a column of nothing, on a table of few rows but for mails.
    "campaigns.0006_pipelines[0]": "0.4 s for a million mails (PostgreSQL, 26 November 2026), in which the sender waits.",
    "campaigns.0006_pipelines[5]": "A campaign has two arms or some more.",
    "campaigns.0009_holdout_and_rounds[0]": "Some hundred campaigns.",
    "campaigns.0011_routed_stages[0]": "A pipeline has some stages.",
    "evaluation.0006_suites_and_gates[1]": "Some hundred evaluations.",
    "review.0005_recalls[1]": "Who revoked a decision waits, and few are revoked.",
    "serving.0004_router_task_versions[0]": "Some hundred versions of routers.",
}


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
            if key[0] in ROOMS and key[1] != FIRST:
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
        is_waited_for = operation.model_name_lower not in step.fresh and not getattr(
            operation, "is_without_lock", False
        )
        return "writers wait until the index is built" if is_waited_for else ""
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


def test_no_migration_takes_from_the_release_before_what_it_needs() -> None:
    found = {step.where: said for step in steps() if (said := complaint(step))}

    assert {where: said for where, said in found.items() if where not in ALLOWED} == {}
    assert set(ALLOWED) <= set(found), "an exception that is none any more"
