"""A frozen version of edited drafts: each gives a text to imitate, a pair, and a good and a bad text."""

from __future__ import annotations

from members.models import Member
from review.datasets import freezing
from review.models import DatasetVersion, Record, Task
from review.states import Split
from tests.review import factories
from tests.review.datasets import golds


def freeze_edits(task: Task, by: Member, *, train: int, validation: int, skip: int = 0) -> DatasetVersion:
    """Freeze so many edits in each split, and two in the test split, with all golds there are.

    Of the records the first `skip` get no draft: those of another source are alike, and their drafts would be twins.
    """
    parts = {Split.TRAIN: train, Split.VALIDATION: validation, Split.TEST: 2}
    records = factories.make_records(factories.make_source(task), skip + sum(parts.values()))[skip:]
    splits = [split for split, count in parts.items() for _ in range(count)]
    for record, split in zip(records, splits, strict=True):
        record.split = split
    Record.objects.bulk_update(records, ["split"])
    golds.make_drafts(task, records)
    golds.decide_each(by, task, ["edit"] * len(records))
    return golds.sealed(freezing.freeze(freezing.create(task, name=f"Edits {train}", by=by), by=by))
