"""An evaluation with answers of a teacher and a run that differ, and experts who vote."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from evaluation.arena import open_arena
from evaluation.evaluations import start_evaluation
from evaluation.models import Arena, Evaluation, EvaluationOutput
from members.models import Member
from review.models import Record, Task
from review.states import Role
from tests.evaluation.conftest import finish, miniature, student, task, version, viewer
from tests.review import factories
from training.models import Miniature

__all__ = ["finish", "miniature", "student", "task", "version", "viewer"]
TEACHER, OWN = "Offline teacher", "run 1 (LoRA)"
SYSTEMS = {TEACHER: ("teacher", 0.9), OWN: ("lora", 0.8), "tiny (base)": ("base", 0.1)}


@pytest.fixture
def evaluation(
    miniature: Miniature, admin: Member, finish: Callable[[Evaluation, dict[str, tuple[str, float]]], Evaluation]
) -> Evaluation:
    """Three systems' answers to twelve records, each a company of its own, each text that of its record and system."""
    made = finish(start_evaluation.start(miniature.run, by=admin), SYSTEMS)
    EvaluationOutput.objects.filter(evaluation=made).delete()
    records = factories.make_records(factories.make_source(made.task, name="Held out"), 12)
    for n, record in enumerate(records):
        Record.objects.filter(pk=record.pk).update(group=f"company {n}", title=f"Works {n}")
    EvaluationOutput.objects.bulk_create(
        EvaluationOutput(
            evaluation=made,
            system=name,
            kind=kind,
            record=record,
            text=f"Text {place} {n}",
            fields={"subject": f"Subject {place}", "body": f"Body {place} for {n}."},
        )
        for place, (name, (kind, _)) in enumerate(SYSTEMS.items())
        for n, record in enumerate(records)
    )
    Evaluation.objects.filter(pk=made.pk).update(record_ids=[str(record.pk) for record in records])
    made.refresh_from_db()
    return made


@pytest.fixture
def arena(evaluation: Evaluation, admin: Member, monkeypatch: pytest.MonkeyPatch) -> Arena:
    """Teacher against run, no pair for two voters."""
    monkeypatch.setattr(open_arena, "DOUBLED", 0.0)
    return open_arena.open_arena(evaluation, by=admin)


@pytest.fixture
def expert(make_member: Callable[..., Member], task: Task) -> Member:
    member = make_member("eva")
    factories.join(member, task, Role.REVIEWER)
    return member


@pytest.fixture
def other_expert(make_member: Callable[..., Member], task: Task) -> Member:
    member = make_member("otto")
    factories.join(member, task, Role.REVIEWER)
    return member


def better(pair: Any, mark: str = "Body 1") -> str:
    """The verdict that prefers the side whose text holds the mark: the run's."""
    return "left" if mark in pair.left else "right"
