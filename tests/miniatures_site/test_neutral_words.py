"""A task without mails says nothing of prospects, companies, mails, sellers and campaigns on any of its pages."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from members.models import Member
from review.datasets import freezing, write_version
from review.models import Draft, Source, Task
from review.spec.schema import InputField
from tests.matrix.routes import walk
from tests.review import factories
from tests.review.datasets import golds

pytestmark = pytest.mark.django_db
MAIL_WORDS = re.compile(r"\b(prospects?|compan(?:y|ies)|e-?mails?|mails?|sellers?|campaigns?)\b", re.IGNORECASE)


@pytest.fixture
def tickets(admin: Member) -> Task:
    spec = factories.triage_spec()
    facts = (InputField(name="subject", role="title"), InputField(name="text"))
    task = factories.make_task(by=admin, spec=spec.model_copy(update={"input_schema": facts}), slug="triage")
    records = factories.make_records(factories.make_source(task, name="Tickets"), 4, text="I was charged twice.")
    for record in records:
        record.facts = {"subject": f"Ticket {record.row_number}", "text": "I was charged twice."}
        record.title = f"Ticket {record.row_number}"
        record.save()
    factories.make_drafts(task, records, fields=[factories.triage_fields(index) for index in range(4)])
    return task


def test_no_page_of_a_task_of_labels_speaks_of_mails(tickets: Task, admin: Member, as_member: Any) -> None:
    client, read = as_member(admin), 0
    values: dict[str, Any] = {
        "slug": tickets.slug,
        "draft_id": Draft.objects.all()[0].pk,
        "pk": Source.objects.get().pk,
        "a": 1,
        "b": 1,
        "number": 1,
    }

    for route in walk():
        # Pages of mails answer that the task writes none.
        is_of_mails = route.view.__module__.startswith("campaigns.")
        is_of_task = route.pattern.startswith(("tasks/<", "sources/"))
        if not is_of_task or is_of_mails or not values.keys() >= set(route.parameters):
            continue
        answer = client.get(route.address(values), follow=True)
        if answer.streaming or "<body" not in answer.content.decode():
            continue
        read, said = read + 1, words_of(answer.content.decode())
        found = [said[max(0, m.start() - 40) : m.end() + 30] for m in MAIL_WORDS.finditer(said)]
        assert (answer.status_code, found) in ((200, []), (404, [])), route.pattern
    assert read > 35


def test_a_dataset_and_a_file_of_labels_speak_of_no_companies(tickets: Task, admin: Member, as_member: Any) -> None:
    for _ in range(4):
        golds.decide(admin, tickets)
    version = freezing.freeze(freezing.create(tickets, name="Tickets", by=admin), by=admin)
    write_version.seal(version.pk, write_version.write(version.pk, report=lambda done, total: None))
    client = as_member(admin)
    file = SimpleUploadedFile("tickets.csv", b"Subject,Text\nLate,It is late.\n")
    columns = client.post(f"/tasks/{tickets.slug}/sources/import/", {"file": file, "kind": "records"})["Location"]

    for page in ("/datasets/tickets/", "/datasets/tickets/doubtful/", "/datasets/tickets/v/1/", columns):
        answer = client.get(page)
        assert answer.status_code == 200, page
        # A ticket may hold somebody's address.
        said = words_of(answer.content.decode()).replace("Mail addresses", "")
        assert [said[max(0, m.start() - 40) : m.end() + 30] for m in MAIL_WORDS.finditer(said)] == [], page
    assert "all tickets with the same subject stand on one side" in said


def test_the_preview_of_a_recall_of_labels_speaks_of_no_mails(tickets: Task, admin: Member, as_member: Any) -> None:
    Draft.objects.filter(task=tickets).update(teacher="gpt-4o")

    shown = as_member(admin).get(f"/tasks/{tickets.slug}/recalls/", {"teacher": "gpt-4o"})

    said = words_of(shown.content.decode())
    assert "What would go out of use" in said
    assert MAIL_WORDS.findall(said) == []


def words_of(page: str) -> str:
    """What a page says, titles and labels included; scripts and templates aside."""
    main = page[page.index("<body") :]
    main = re.sub(r"<(script|style|template)\b.*?</\1>", " ", main, flags=re.DOTALL)
    said = re.findall(r'(?:title|aria-label|placeholder)="([^"]*)"', main)
    return html.unescape(" ".join([re.sub(r"<[^>]+>", " ", main), *said])).replace("\n", " ")
