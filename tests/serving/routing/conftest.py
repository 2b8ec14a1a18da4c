"""A task with judged pairs: a miniature and a teacher wrote for validation records of companies of their own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from generation.models import Teacher
from members.models import Member
from review.models import Decision, Draft, Gold, Record, Task
from review.states import Split
from serving.models import Router
from serving.promotions import teachers
from serving.routing import set_thresholds
from tests.review import factories
from training.models import Miniature

# Small sets bear a wide promise out.
MARGIN = 0.2


@pytest.fixture
def paid(db: None) -> Teacher:
    return Teacher.objects.create(slug="gpt-4o", name="GPT-4o", provider="openai", model="gpt-4o")


@pytest.fixture
def router(task: Task, admin: Member) -> Router:
    return set_thresholds.create(task, name="Thrifty", by=admin)


@pytest.fixture
def judge(admin: Member) -> Callable[[Sequence[Draft], Sequence[bool]], None]:
    """Experts' verdicts, written as rows: the desk is not what is tested."""

    def give(drafts: Sequence[Draft], passes: Sequence[bool]) -> None:
        decisions = [
            Decision(
                draft=draft, task_id=draft.task_id, reviewer=admin, verdict="accept" if good else "reject",
                before_hash="", body_hash="",
            )
            for draft, good in zip(drafts, passes, strict=True)
        ]  # fmt: skip
        Decision.objects.bulk_create(decisions)
        Gold.objects.bulk_create(
            Gold(
                draft_id=each.draft_id,
                task_id=each.task_id,
                decision=each,
                verdict=each.verdict,
                decided_at=timezone.now(),
            )
            for each in decisions
        )

    return give


@pytest.fixture
def make_pairs(
    task: Task, miniature: Miniature, paid: Teacher, judge: Callable[..., None]
) -> Callable[..., list[Record]]:
    """So many validation records with a judged draft of both;
    every draft of the miniature whose `marks` are more than 1 fails.
    """
    teachers.offer_as_teacher(miniature)
    own = Teacher.objects.get(slug=miniature.slug)

    def make(
        count: int,
        *,
        marks: Callable[[int], int] = lambda n: 0,
        sure: Callable[[int], float | None] = lambda n: None,
        **facts: Any,
    ) -> list[Record]:
        records = factories.make_records(factories.make_source(task), count, split=Split.VALIDATION, **facts)
        version = task.versions.order_by("-number")[0]
        made = [
            [
                Draft(
                    task=task, task_version=version, record=record, fields={}, fields_hash=uuid4().hex, teacher=label,
                    state="decided", marks_count=marks(n) if label == own.label else 0,
                    mean_log_prob=sure(n) if label == own.label else None,
                    cost_usd="0.001" if label == own.label else "0.01",
                    created_at=timezone.now() + timedelta(seconds=n),
                )
                for n, record in enumerate(records)
            ]
            for label in (own.label, paid.label)
        ]  # fmt: skip
        for drafts in made:
            Draft.objects.bulk_create(drafts)
        judge(made[0], [marks(n) <= 1 for n in range(count)])
        judge(made[1], [True] * count)
        return records

    return make
