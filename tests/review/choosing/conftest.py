"""A task whose records have three drafts each, and two reviewers."""

from __future__ import annotations

import pytest

from review.models import Draft, Record, Task
from tests.review import factories

TEACHERS = ("openai:gpt-canary", "anthropic:claude-canary", "offline:offline-canary")


@pytest.fixture
def records(task: Task) -> list[Record]:
    made = factories.make_records(factories.make_source(task), 3)
    for teacher in TEACHERS:
        texts = [factories.mail(record, extra=f" Variant {TEACHERS.index(teacher)}.") for record in made]
        factories.make_drafts(task, made, fields=texts, teacher=teacher, model=teacher, provenance=f"by {teacher}")
    return made


@pytest.fixture
def record(records: list[Record]) -> Record:
    return records[0]


@pytest.fixture
def drafts(record: Record) -> list[Draft]:
    return list(Draft.objects.filter(record=record).order_by("queue_position"))
