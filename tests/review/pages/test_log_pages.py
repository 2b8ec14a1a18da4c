"""A task made from a log in a browser's steps: the file, what was found, the task, and its answers as drafts."""

from __future__ import annotations

import json
from random import Random
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from members.models import Member
from review.models import Draft, Task
from tests.review.imports.logs.test_proposal import ticket
from tests.review.imports.logs.vendors import LOGS

pytestmark = pytest.mark.django_db
PAGE = "/tasks/new/from-log/"


def log_file(lines: list[dict[str, Any]], name: str = "tickets.jsonl") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, "\n".join(json.dumps(line) for line in lines).encode())


def tickets(count: int = 12) -> list[dict[str, Any]]:
    random = Random(3)
    return [ticket(random) for _ in range(count)]


@pytest.mark.slow
def test_a_log_becomes_a_task_and_its_answers_drafts(admin: Member, as_member: Any) -> None:
    browser = as_member(admin)
    found = browser.post(PAGE, {"file": log_file([*tickets(), {"messages": []}])})
    page = browser.get(found["Location"]).content.decode()

    assert "12 of 12 are rebuilt byte for byte" in page
    assert "<mark>seats</mark>" in page
    assert "its prompt is of no template" not in page
    assert "it holds no messages" in page

    answer = browser.post(
        found["Location"], {"proposal": "0", "name": "Tickets", "slot.0.seats": "Number of seats", "do": "import"}
    )
    columns = browser.get(answer["Location"])
    done = browser.post(answer["Location"], {
        "do": "import", "name": "Log", "left_out": "1",
        **{f"map.{index}": name for index, name in enumerate(columns.context["file"].mapping.get(column,
            "") for column in columns.context["file"].columns)},
    }, follow=True)  # fmt: skip

    task = Task.objects.get(slug="tickets")
    spec = task.versions.get().spec
    assert "12 drafts added" in done.content.decode()
    assert [field.name for field in spec.input_schema][3] == "number_of_seats"
    assert "Seats: {{fact.number_of_seats}}" in spec.student_template
    assert Draft.objects.filter(task=task, model="model-7").count() == 12
    assert set(Draft.objects.first().record.facts) == {"ticket", "message", "plan", "number_of_seats", "since"}  # type: ignore[union-attr]


def test_requests_and_results_of_a_batch_are_chosen_together(admin: Member, as_member: Any) -> None:
    lines = LOGS["OpenAI batch, input and output"]
    browser = as_member(admin)

    answer = browser.post(
        PAGE, {"file": [log_file(lines[:2], "in.jsonl"), log_file(lines[2:], "out.jsonl")]}, follow=True
    )

    assert answer.context["found"].exchanges == 2


def test_a_file_that_is_no_log_is_refused_with_the_reason(admin: Member, as_member: Any) -> None:
    answer = as_member(admin).post(PAGE, {"file": SimpleUploadedFile("x.jsonl", b'{"company": "Acme"}\n')})

    assert answer.status_code == 422
    assert "not calls of a model" in answer.content.decode()
    assert not Task.objects.exists()


def test_two_inputs_of_one_name_are_refused_and_nothing_is_made(admin: Member, as_member: Any) -> None:
    browser = as_member(admin)
    found = browser.post(PAGE, {"file": log_file(tickets())})["Location"]

    answer = browser.post(found, {"proposal": "0", "name": "Tickets", "slot.0.plan": "ticket", "do": "edit"})

    assert answer.status_code == 400
    assert "Two inputs would be called &#x27;ticket&#x27;" in answer.content.decode()
    assert not Task.objects.exists()


def test_answers_wait_while_the_task_is_edited(admin: Member, as_member: Any) -> None:
    browser = as_member(admin)
    found = browser.post(PAGE, {"file": log_file(tickets())})["Location"]

    form = browser.post(found, {"proposal": "0", "name": "Tickets", "do": "edit"})["Location"]
    page = browser.get(form).content.decode()

    assert "Your rows are kept for a day" in page
    assert f"/tasks/tickets/sources/import/{found.split('/')[-2]}/?kind=drafts" in page


def test_an_upload_that_is_gone_leads_back_to_the_first_step(admin: Member, as_member: Any) -> None:
    answer = as_member(admin).get(f"{PAGE}{'a' * 64}/", follow=True)

    assert answer.redirect_chain[-1][0] == PAGE
    assert "Choose the file again" in answer.content.decode()
