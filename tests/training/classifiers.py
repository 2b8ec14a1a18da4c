"""A task of labels with judged golds, and an encoder's folder, for tests of classifiers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from members.models import Member
from review.datasets import freezing
from review.models import DatasetVersion, Record, Task
from review.spec.schema import Label, OutputField
from review.spec.task_spec import TaskSpec
from review.states import Split
from tests.review import factories
from tests.review.datasets import golds
from tests.training.conftest import write_student
from training.models import Student
from training.students import registration

LABELS = ("billing", "bug", "other")
CATEGORY = OutputField(name="category", type="choice", labels=tuple(Label(name=label) for label in LABELS))
SEVERAL = (
    OutputField(name="reasoning", role="reasoning", required=False),
    CATEGORY,
    OutputField(name="urgent", type="boolean"),
    OutputField(name="amount", type="number", minimum=0, decimals=2, required=False),
)


def triage_spec(*fields: OutputField) -> TaskSpec:
    """A task whose output is one label, or the fields given."""
    return factories.plain_spec().model_copy(update={"output_schema": fields or (CATEGORY,), "checks": ()})


def freeze_labels(task: Task, by: Member, *, train: int = 10, validation: int = 3, test: int = 2) -> DatasetVersion:
    """A frozen version of accepted labels, each with the reasoning before it."""
    parts = {Split.TRAIN: train, Split.VALIDATION: validation, Split.TEST: test}
    records = factories.make_records(factories.make_source(task), sum(parts.values()))
    splits = [split for split, count in parts.items() for _ in range(count)]
    for number, (record, split) in enumerate(zip(records, splits, strict=True)):
        words = " ".join(f"{golds.WORDS[(number * 7 + step) % 20]}{number}" for step in range(12))
        record.split, record.facts = split, {"question": f"Why {words}?"}
    Record.objects.bulk_update(records, ["split", "facts"])
    # Golds of the same words in two splits are left out: a reasoning tells them apart.
    fields: list[Any] = [
        {"reasoning": record.facts["question"], "category": LABELS[number % 3]} for number, record in enumerate(records)
    ]
    factories.make_drafts(task, records, fields=fields)
    golds.accept_all(by, task, count=len(records))
    return golds.sealed(freezing.freeze(freezing.create(task, name="Labels", by=by), by=by))


def register_encoder(folder: Path, by: Member) -> Student:
    """An encoder under a root of students."""
    write_student(folder, model_type="bert", architectures=["BertForMaskedLM"])
    return registration.register_folder(path=str(folder), by=by, name="Encoder", licence="Apache-2.0")
