"""Approved drafts for tests of examples: records of different companies, judged by the desk's services."""

from __future__ import annotations

from members.models import Member
from review.models import Decision, Task
from review.states import Split
from tests.review import factories
from tests.review.datasets.golds import accept_all


def approve(task: Task, member: Member, *, count: int = 4, split: Split = Split.TRAIN) -> list[Decision]:
    """So many accepted drafts, each of another company, in one split."""
    records = factories.make_records(factories.make_source(task, name="Judged"), count, split=split)
    for record in records:
        record.facts = {"company": record.facts["company"]}
        record.group = f"{split} {record.group}"
    type(records[0]).objects.bulk_update(records, ["facts", "group"])
    fields = [{"subject": f"Approved {record.title}", "body": f"Approved for {record.title}."} for record in records]
    factories.make_drafts(task, records, fields=fields)
    return accept_all(member, task, count=count)
