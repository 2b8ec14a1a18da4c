from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from members.models import Member
from review.desk import decisions, deck
from review.models import Decision, Draft, Record, Task
from review.spec.task_spec import TaskSpec
from review.states import Split
from review.tasks import authoring
from tests.generation.conftest import lead, offline, stranger, viewer
from tests.generation.engine.conftest import TASK
from tests.generation.variety.conftest import carry_out, serve
from tests.review import factories

__all__ = ["carry_out", "lead", "offline", "serve", "stranger", "viewer"]
REASONS = [{"digit": 1, "code": "wrong_fact", "label": "Wrong fact"}, {"digit": 2, "code": "tone", "label": "Tone"}]
OPENING = "I trust this message reaches you in good spirits."
Judge = Callable[..., list[Decision]]


@pytest.fixture
def task(admin: Member) -> Task:
    return authoring.create(
        name="Outreach", slug="outreach", spec=TaskSpec.model_validate(TASK | {"reasons": REASONS}), by=admin
    )


@pytest.fixture
def judged(task: Task, lead: Member) -> Judge:
    """Judges so many fresh drafts in one way, in one split."""

    def judge(verdict: str, count: int, *, split: Split = Split.TRAIN, body: str = "", **said: Any) -> list[Decision]:
        records = factories.make_records(factories.make_source(task, name=f"{verdict} {split}"), count, split=split)
        for record in records:
            record.facts = {"company": record.title}
        Record.objects.bulk_update(records, ["facts"])
        texts = [
            {
                "subject": f"For {record.title}",
                "body": body or f"{OPENING} We plan loads at {record.title}. Shall we talk?",
            }
            for record in records
        ]
        factories.make_drafts(task, records, fields=texts)
        return [_decide(lead, task, verdict, said) for _ in records]

    return judge


def _decide(by: Member, task: Task, verdict: str, said: dict[str, Any]) -> Decision:
    card = deck.deal(by, task, count=1)[0]
    if verdict == "edit":
        fields = card.draft.fields
        said = {"fields": {**fields, "body": fields["body"].replace(f"{OPENING} ", "")}} | said
    return decisions.record(card.draft_id, by=by, id=uuid.uuid4(), verdict=verdict, if_match=card.etag, **said).decision


def text_of(draft: Draft) -> str:
    return str(draft.fields["body"])
