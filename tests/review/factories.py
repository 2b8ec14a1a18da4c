"""Rows for tests of the review room: tasks and drafts through the services, records and sources directly."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch
from uuid import uuid4

from django.db.models import F

from members.models import Member
from review.drafts.intake import NewDraft, add_drafts
from review.models import Draft, Membership, Record, Source, Task, TaskVersion
from review.spec.schema import InputField, Label, OutputField, OutputItem
from review.spec.starters import outreach
from review.spec.task_spec import Reason, TaskSpec
from review.states import Role, SourceKind, Split
from review.tasks import authoring
from review.text import checks
from review.text.checks.mark import Mark
from web.db.chunks import chunked

TOWNS = ("Aarhus", "Lund", "Graz", "Basel", "Ghent", "Turku", "Porto", "Brno", "Cork", "Split")


def summary_spec() -> TaskSpec:
    """A task whose output is a text and a list of claims."""
    return TaskSpec(
        instruction="Summarise the page.",
        input_schema=(InputField(name="title", role="title"), InputField(name="page")),
        output_schema=(
            OutputField(name="summary", role="body", max_words=80),
            OutputField(
                name="claims", type="list", role="claims",
                items=(OutputItem(name="text"), OutputItem(name="quote"), OutputItem(name="url")),
            ),
        ),
        reasons=(Reason(digit=1, code="wrong", label="Wrong"),),
        teacher_template="{{facts}}",
        student_template="{{facts}}",
    )  # fmt: skip


def plain_spec() -> TaskSpec:
    """A task whose output is one text, without reasons."""
    return TaskSpec(
        instruction="Answer the customer.",
        input_schema=(InputField(name="question", role="title"),),
        output_schema=(OutputField(name="reply", role="body"),),
        teacher_template="{{facts}}",
        student_template="{{facts}}",
    )


# Decides in which split a company stands: at random, a test that needs all three would miss one now and then.
SEED = "5eed" * 8
CATEGORIES = ("billing", "bug", "delivery", "praise", "other")


def triage_spec(*, with_reasoning: bool = True) -> TaskSpec:
    """A task whose output is values: a label, yes or no, and a number; with the reasoning before the label."""
    reasoning = OutputField(name="why", role="reasoning")
    return TaskSpec(
        instruction="Sort the ticket.",
        input_schema=(InputField(name="company", role="title"), InputField(name="text")),
        output_schema=(
            *([reasoning] if with_reasoning else []),
            OutputField(
                name="category",
                type="choice",
                labels=tuple(Label(name=name, description=f"About {name}") for name in CATEGORIES),
            ),
            OutputField(name="urgent", type="boolean"),
            OutputField(name="amount", type="number", minimum=0, decimals=2, unit="EUR", required=False),
        ),
        reasons=(Reason(digit=1, code="unclear", label="Unclear"),),
        record_noun="ticket",
        teacher_template="{{facts}}",
        student_template="{{facts}}",
    )


def triage_fields(index: int = 0, *, with_reasoning: bool = True) -> dict[str, Any]:
    """A teacher's values for a ticket."""
    values = {"category": CATEGORIES[index % 5], "urgent": index % 2 == 0, "amount": 10.5 + index}
    return {"why": "It names a sum.", **values} if with_reasoning else values


def make_task(*, by: Member, spec: TaskSpec | None = None, slug: str = "outreach") -> Task:
    """A task with version 1 and its creator as lead; its seed, and with it each record's split, is always the same."""
    task = authoring.create(name=slug.replace("-", " ").capitalize(), slug=slug, spec=spec or outreach.SPEC, by=by)
    task.seed = SEED
    task.save(update_fields=["seed"])
    return task


def join(member: Member, task: Task, role: Role = Role.REVIEWER) -> None:
    """Give a member a role in the task."""
    Membership.objects.update_or_create(member=member, task=task, defaults={"role": role})


def make_source(task: Task, *, name: str = "Prospects") -> Source:
    """An import without rows."""
    slug = f"{name.lower().replace(' ', '-')}-{uuid4().hex[:6]}"
    return Source.objects.create(
        task=task, slug=slug, name=name, kind=SourceKind.RECORDS, format="csv", sha256="0" * 64
    )


def make_records(source: Source, count: int, *, split: Split = Split.TRAIN, **facts: Any) -> list[Record]:
    """Records of fictional companies, each with its own facts."""
    rows = []
    for index in range(count):
        company = f"{TOWNS[index % len(TOWNS)]} Works {index}"
        own = {"company": company, "sector": "cold logistics", "role": "Head of Operations", "size": 40 + index}
        rows.append(
            Record(
                task=source.task, source=source, row_number=index + 1, title=company, group=company.casefold(),
                facts={**own, "trigger": f"opened a depot in {TOWNS[(index + 3) % len(TOWNS)]}", **facts},
                split=split, content_hash=uuid4().hex * 2,
            )
        )  # fmt: skip
    return Record.objects.bulk_create(rows, batch_size=500)


def mail(record: Record, *, extra: str = "") -> dict[str, str]:
    """A sound mail for a record."""
    facts = record.facts
    company = facts.get("company", record.title)
    body = (
        f"Hi {{{{contact.first_name}}}},\n\nI read that {company} {facts.get('trigger', 'grew')}. A second place to "
        f"watch can soon mean more claims, and {facts.get('size', 40)} people cannot look at all by hand.{extra}\n\n"
        "Most teams in your trade hear of trouble when the load arrives, and by then it is too late to do anything "
        "about it.\n\nWould a short call on Thursday be of use?\n\nBest regards,\nYour name\nYour company"
    )
    return {"subject": f"A question about {company}"[:50], "body": body}


def make_drafts(
    task: Task, records: Sequence[Record], *, fields: Sequence[dict[str, Any]] | None = None, **plain: Any
) -> list[Draft]:
    """One draft a record, put on the desk by the service; outside the random slice,
    so that they come in their order.
    """
    version = task.versions.order_by("-number")[0]
    texts = fields or [mail(record) for record in records]
    values = {"teacher": "offline", "model": "offline-1", "cost_usd": "0.0031", **plain}
    drafts = [
        NewDraft(record_id=record.pk, fields=text, call_id=uuid4().hex, **values)
        for record, text in zip(records, texts, strict=True)
    ]
    with checked_once(version):
        added = add_drafts(version=version, drafts=drafts)
    for draft in added:
        draft.random_key |= 2**62
    for chunk in chunked([draft.pk for draft in added], 500):
        Draft.objects.filter(pk__in=chunk).update(random_key=F("random_key").bitor(2**62))
    return added


_MARKS: dict[tuple[object, ...], list[Mark]] = {}


@contextmanager
def checked_once(version: TaskVersion) -> Iterator[None]:
    """Let checks read a text beside the same facts once a process, which is half of what a desk costs.

    Checks of packages are tests' own, and read each draft.
    """
    run = checks.run

    def remembered(spec: TaskSpec, facts: dict[str, Any], fields: dict[str, Any]) -> list[Mark]:
        if any(check.kind not in checks.CHECKS for check in spec.checks):
            return run(spec, facts, fields)
        key = (run, version.content_hash, json.dumps([facts, fields], default=str))
        if key not in _MARKS:
            _MARKS[key] = run(spec, facts, fields)
        return _MARKS[key]

    with patch.object(checks, "run", remembered):
        yield


def make_variants(task: Task, record: Record, count: int = 2) -> list[Draft]:
    """Drafts of one record that differ."""
    texts = [mail(record, extra=f" Take {n}.") for n in range(count)]
    return make_drafts(task, [record] * count, fields=texts)


def make_desk(*, by: Member, count: int = 8, spec: TaskSpec | None = None, slug: str = "outreach") -> Task:
    """A task with records and drafts waiting on the desk."""
    task = make_task(by=by, spec=spec, slug=slug)
    make_drafts(task, make_records(make_source(task), count))
    return task
