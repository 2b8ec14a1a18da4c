"""Judged drafts for tests of datasets, made by the desk's services."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from typing import Any

from members.models import Member
from review.datasets import freezing
from review.datasets import write_version as writing
from review.desk import decisions, deck
from review.models import Assignment, Dataset, DatasetVersion, Decision, Draft, Record, Task
from review.spec.splits import draw
from tests.review import factories

WORDS = [
    "amber",
    "brisk",
    "cedar",
    "delta",
    "ember",
    "fjord",
    "grove",
    "harbor",
    "inlet",
    "jasper",
    "kelp",
    "ledge",
    "mesa",
    "north",
    "opal",
    "pine",
    "quartz",
    "ridge",
    "slate",
    "tarn",
]


def make_records(task: Task, count: int) -> list[Record]:
    """Records split as an import would split them."""
    sides = dict(Record.objects.filter(task=task).values_list("group", "split"))
    records = factories.make_records(factories.make_source(task), count)
    fresh = {record.group for record in records} - sides.keys()
    sides |= draw(task.seed, fresh, train=task.train_fraction, validation=task.validation_fraction)
    for record in records:
        record.split = sides[record.group]
    Record.objects.bulk_update(records, ["split"])
    return records


def mail(record: Record, *, variant: int = 0) -> dict[str, str]:
    """A mail whose words differ from every other record's, so that none is a near-duplicate by accident."""
    words = " ".join(f"{WORDS[(variant * 7 + step) % 20]}{record.row_number}" for step in range(1, 30))
    body = f"Hi {{{{contact.first_name}}}},\n\n{record.title} came up. {words}.\n\nWould a short call suit you?"
    return {"subject": f"For {record.title}"[:50], "body": body}


def make_drafts(task: Task, records: list[Record], *, variant: int = 0) -> None:
    factories.make_drafts(task, records, fields=[mail(record, variant=variant) for record in records])


def decide(member: Member, task: Task, verdict: str = "accept", **said: Any) -> Decision:
    """Deal the member one card and judge it."""
    return _judge(deck.deal(member, task, count=1)[0], member, verdict, **said)


def decide_each(member: Member, task: Task, verdicts: Sequence[str], **said: Any) -> list[Decision]:
    """Deal the member a card for each verdict at once, and judge them in order."""
    cards = deck.deal(member, task, count=len(verdicts))
    assert len(cards) == len(verdicts)
    return [_judge(card, member, verdict, **said) for card, verdict in zip(cards, verdicts, strict=True)]


def accept_all(member: Member, task: Task, *, count: int) -> list[Decision]:
    """Deal the member so many cards at once, and accept each."""
    return decide_each(member, task, ["accept"] * count)


def correct_all(member: Member, task: Task, right: Callable[[Draft], dict[str, Any]], *, count: int) -> list[Decision]:
    """Deal the member so many cards at once, and put each right: what holds then does not hang on what was drafted."""
    cards = deck.deal(member, task, count=count)
    assert len(cards) == count
    return [_corrected(card, member, right(card.draft)) for card in cards]


def frozen(task: Task, by: Member, **filters: Any) -> DatasetVersion:
    """The next frozen version of the task's one dataset."""
    dataset = Dataset.objects.filter(task=task).first() or freezing.create(task, name="Gold", by=by)
    return sealed(freezing.freeze(dataset, by=by, filters=filters))


def sealed(version: DatasetVersion) -> DatasetVersion:
    """The version once a worker has written and sealed it."""
    writing.seal(version.pk, writing.write(version.pk, report=lambda done, total: None))
    version.refresh_from_db()
    return version


def _corrected(card: Assignment, member: Member, fields: dict[str, Any]) -> Decision:
    if fields == card.draft.fields:
        return _judge(card, member, "accept")
    return _judge(card, member, "edit", fields=fields)


def take_back(member: Member, decision: Decision) -> None:
    tag = deck.etag_for(Draft.objects.get(pk=decision.draft_id), member)
    decisions.record(
        decision.draft_id, by=member, id=uuid.uuid4(), verdict="retract", retracts=decision.pk, if_match=tag
    )


def _judge(card: Assignment, member: Member, verdict: str, **said: Any) -> Decision:
    if verdict == "reject":
        said.setdefault("reasons", ["tone"])
    if verdict == "edit":
        said.setdefault("fields", {**card.draft.fields, "subject": "A better subject"})
    return decisions.record(
        card.draft_id, by=member, id=uuid.uuid4(), verdict=verdict, if_match=card.etag, **said
    ).decision
