"""Real verdicts on machine-written summaries, brought in as drafts and given again over HTTP by three reviewers.

The file is DeFacto's (see PROVENANCE.md beside it): a summary, whether it is true to its article, and the text an
expert made of it. A `rewrite` is an edit that keeps nothing. Nine of its edits leave the text as it was and say what is
wrong in words alone.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from members.models import Member
from review.models import Task
from review.spec.schema import InputField, OutputField
from review.spec.task_spec import Requirement, TaskSpec
from review.states import Role
from tests.review import factories

REVIEWERS = 3
_IDS = UUID("6f3a6a2e-6f0b-4f0e-9d2c-0d8f3c1b7a55")

SPEC = TaskSpec(
    instruction="Summarise the article in one sentence that says nothing the article does not say.",
    input_schema=(
        InputField(name="title", role="title", required=True),
        InputField(name="text", required=True),
    ),
    output_schema=(OutputField(name="summary", role="body"),),
    rubric=(Requirement(name="true to the text"),),
    teacher_template="{{instruction}}\n{{facts}}",
    student_template="Summarise the article.\n{{facts}}",
)


@dataclass(frozen=True, slots=True)
class Row:
    """One verdict of the file.

    Attributes:
        doc_id: The article; it says which of the three reviewers gave the verdict.
        said: `accept`, `edit` or `rewrite`, as the file has it.
        final: The text the expert ended with.
        note: What was wrong, in the expert's words.
    """

    doc_id: int
    article: str
    summary: str
    said: str
    final: str
    note: str
    is_true: bool

    @property
    def verdict(self) -> str:
        return "edit" if self.said == "rewrite" else self.said

    @property
    def title(self) -> str:
        return f"Article {self.doc_id}"

    @property
    def reviewer(self) -> int:
        return self.doc_id % REVIEWERS


def read(folder: Path, *, limit: int | None = None) -> list[Row]:
    """The file's rows in their order; the first `limit` of them."""
    with gzip.open(folder / "human_edits" / "defacto_train_val.jsonl.gz", "rt", encoding="utf-8") as file:
        return [_row(json.loads(line)) for line in list(file)[:limit]]


def bring_in(rows: Sequence[Row], *, lead: Member, api: APIClient, slug: str = "true-summaries") -> Task:
    """Make the task, and import the machine's summaries as finished drafts over HTTP."""
    task = factories.make_task(by=lead, spec=SPEC, slug=slug)
    lines = (json.dumps({"title": row.title, "text": row.article, "summary": row.summary}) for row in rows)
    file = SimpleUploadedFile("summaries.jsonl", "\n".join(lines).encode(), content_type="application/jsonl")
    answer = api.post("/api/v1/sources/", {"file": file, "task": slug, "kind": "drafts", "provenance": "DeFacto"})
    assert answer.status_code == 201, answer.content
    assert answer.json()["rows_added"] == len(rows)
    return task


def make_reviewers(task: Task, make_member: Callable[[str], Member]) -> list[Member]:
    """Three reviewers of the task."""
    members = [make_member(f"annotator-{number}") for number in range(REVIEWERS)]
    for member in members:
        factories.join(member, task, Role.REVIEWER)
    return members


def replay(task: Task, rows: Iterable[Row], apis: Sequence[APIClient]) -> None:
    """Give every verdict again: each reviewer's client asks for the draft, and decides with the tag it got."""
    drafts = {draft["record"]["title"]: draft["id"] for draft in _listed(apis[0], task.slug)}
    for row in rows:
        decide(apis[row.reviewer], drafts[row.title], row)


def decide(api: APIClient, draft: str, row: Row) -> None:
    """One verdict over HTTP. Its id is made of the row, so that it can be sent again without harm."""
    tag = api.get(f"/api/v1/drafts/{draft}/")["ETag"]
    body: dict[str, Any] = {
        "id": str(uuid5(_IDS, f"{draft} {row.doc_id}")),
        "verdict": row.verdict,
        "ratings": {"true to the text": row.is_true},
        "note": row.note,
        "seconds": 30,
    }
    if row.verdict == "edit":
        body["fields"] = {"summary": row.final}
    answer = api.post(f"/api/v1/drafts/{draft}/decisions/", body, format="json", headers={"If-Match": tag})
    assert answer.status_code == 201, answer.content


def played(
    folder: Path, *, admin: Member, make_member: Any, api_as: Any, limit: int | None = None
) -> tuple[Task, list[Row]]:
    """The whole story in one call: file, task, drafts, three reviewers, all verdicts."""
    rows = read(folder, limit=limit)
    task = bring_in(rows, lead=admin, api=api_as(admin))
    members = make_reviewers(task, make_member)
    replay(task, rows, [api_as(member, scopes=("review",)) for member in members])
    return task, rows


def _listed(api: APIClient, slug: str) -> Iterator[dict[str, Any]]:
    address: str | None = f"/api/v1/drafts/?task={slug}&limit=200"
    while address:
        page = api.get(address).json()
        yield from page["results"]
        address = page["next"]


def _row(line: dict[str, Any]) -> Row:
    feedback = line["feedback"]
    # Four that find no fault wrote a text all the same; what they accept is the machine's.
    is_accepted = line["derived_decision"] == "accept"
    return Row(
        doc_id=line["doc_id"], article=line["article"], summary=line["candidate"], said=line["derived_decision"],
        final=line["candidate"] if is_accepted else feedback["summary"], note=(feedback["explanation"] or "")[:2000],
        is_true=not line["has_error"],
    )  # fmt: skip
