"""Real mails as drafts: each its own record, its HTML as it came."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path
from typing import Any

from members.models import Member
from review.drafts.intake import NewDraft, add_drafts
from review.models import Draft, Task
from review.spec.schema import InputField, OutputField
from review.spec.task_spec import TaskSpec
from review.spec.values import normalise_text
from review.tasks import authoring
from tests.review import factories

IN_FULL = os.environ.get("STRESS") == "1"
SPEC = TaskSpec(
    instruction="Answer the mail.",
    input_schema=(InputField(name="sender", role="title"),),
    output_schema=(OutputField(name="subject", role="subject"), OutputField(name="body", role="body")),
    teacher_template="{{facts}}",
    student_template="{{facts}}",
)


def read(folder: Path, *, every: int) -> list[dict[str, Any]]:
    """Every n-th mail of the corpus; all of them in a full run."""
    with gzip.open(folder / "emails" / "spamassassin.jsonl.gz", "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    return rows if IN_FULL else rows[::every]


def body_of(mail: dict[str, Any]) -> str:
    """What a browser would have been given, the HTML where there is one,
    without the control characters no draft keeps.
    """
    return normalise_text(str(mail["html"] or mail["text"])) or "(an empty mail)"


def subject_of(mail: dict[str, Any]) -> str:
    """The mail's subject."""
    return normalise_text(str(mail["subject"])) or "(no subject)"


def as_drafts(mails: list[dict[str, Any]], *, by: Member) -> tuple[Task, list[Draft]]:
    """A task whose drafts are the mails, put on the desk by the service; in the order of the mails."""
    task = authoring.create(name="Mails", slug="mails", spec=SPEC, by=by)
    records = factories.make_records(factories.make_source(task), len(mails))
    drafts = [
        NewDraft(
            record_id=record.pk, call_id=f"{number}", teacher="offline", model="offline-1",
            fields={"subject": subject_of(mail), "body": body_of(mail)},
        )
        for number, (record, mail) in enumerate(zip(records, mails, strict=True))
    ]  # fmt: skip
    made = add_drafts(version=task.versions.get(), drafts=drafts)
    return task, made
