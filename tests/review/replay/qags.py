"""Sentences of summaries that three people each called true to their article or not, brought in as verdicts.

The file is QAGS' (see PROVENANCE.md beside it). Who the workers were changes from sentence to sentence; each of the
three places is taken for one reviewer.
"""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from members.models import Member
from review.models import Task
from review.spec.schema import InputField, OutputField
from review.spec.task_spec import TaskSpec
from tests.review import factories

SPEC = TaskSpec(
    instruction="Say one thing the article says.",
    input_schema=(
        InputField(name="title", role="title", required=True),
        InputField(name="text", required=True),
    ),
    output_schema=(OutputField(name="sentence", role="body"),),
    teacher_template="{{facts}}",
    student_template="{{facts}}",
)


def rows(folder: Path, subset: str) -> list[dict[str, Any]]:
    """One row a verdict: the article, the sentence, who and yes or no."""
    with gzip.open(folder / "agreement" / "qags_mturk.jsonl.gz", "rt", encoding="utf-8") as file:
        documents = [document for document in map(json.loads, file) if document["subset"] == subset]
    return [
        {"title": f"{subset} {number}.{place}", "text": document["article"], "sentence": sentence["sentence"],
         "verdict": answer["response"], "reviewer": f"Annotator {slot}"}
        for number, document in enumerate(documents, 1)
        for place, sentence in enumerate(document["summary_sentences"], 1)
        for slot, answer in enumerate(sentence["responses"], 1)
    ]  # fmt: skip


def bring_in(folder: Path, subset: str, *, lead: Member, api: APIClient) -> Task:
    """Make a task of one subset and import its verdicts over HTTP."""
    slug = f"true-{subset}".lower()
    task = factories.make_task(by=lead, spec=SPEC, slug=slug)
    lines = "\n".join(map(json.dumps, rows(folder, subset))).encode()
    answer = api.post(
        "/api/v1/sources/",
        {"file": SimpleUploadedFile("verdicts.jsonl", lines), "task": slug, "kind": "decisions", "skip_bad": "true"},
    )
    assert answer.status_code == 201, answer.content
    return task
