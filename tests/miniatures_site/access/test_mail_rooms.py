"""Rooms of mails answer only on tasks that write mails, or did; every route of the address book of the site is read."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from campaigns.models import Contact
from members.models import Member
from miniatures_site.access.enforce import lookup_of
from miniatures_site.access.levels import NONE
from miniatures_site.access.rules import RULES
from miniatures_site.access.rules.campaigns import CAMPAIGNS
from review.models import Task
from tests.campaigns.factories import make_contact
from tests.matrix.bodies import BODIES
from tests.matrix.callers import program
from tests.matrix.routes import Route, walk
from tests.review import factories

pytestmark = pytest.mark.django_db
SAYS = "Triage writes no mails."
VALUES = {"slug": "triage", "name": "list", "sender": "ada", "hmac": "0" * 64}


@pytest.fixture
def triage(admin: Member) -> Task:
    return factories.make_task(by=admin, spec=factories.triage_spec(), slug="triage")


def of_mails() -> list[Route]:
    return [route for route in walk() if route.view.__module__.startswith("campaigns.")]


def test_every_route_of_mails_that_leads_to_a_task_is_declared_among_them() -> None:
    of_tasks = [route for route in of_mails() if lookup_of(route.pattern)]

    assert len(of_tasks) > 40
    assert [route.name for route in of_tasks if route.name not in CAMPAIGNS] == []


def test_no_room_of_mails_reads_a_task_by_its_name_without_asking_for_mails() -> None:
    rooms = Path(settings.BASE_DIR, "campaigns")
    readers = [path for path in rooms.rglob("*.py") if re.search(r"import .*\btask_or_404", path.read_text())]

    pages = {path.relative_to(rooms).as_posix() for path in readers if path.name != "mail_tasks.py"}
    # A stage asks a task of any shape; whose mails its pipeline writes is read as everywhere.
    pages -= {"pipelines/api.py"}
    # Replies are sorted and answered by tasks of any shape; the reply itself is found by its campaign.
    pages -= {"answers/api.py"}
    assert 'mail_task_or_404(member, values["task"])' in Path(rooms, "pipelines/api.py").read_text()
    # Of pages the address names the task, and the access rules have asked.
    assert all(path.endswith("pages.py") for path in pages), pages


@pytest.mark.slow
def test_every_address_of_mails_is_not_found_on_a_task_without_them(
    triage: Task, as_member: Any, admin: Member
) -> None:
    client, asked = as_member(admin), 0
    for route in of_mails():
        if not re.search(r"\btasks/<", route.pattern):
            continue
        for method, need in zip(("get", "post"), RULES[route.name][:2], strict=True):
            if need is not NONE:
                answer = getattr(client, method)(route.address(VALUES))
                assert (answer.status_code, SAYS in answer.content.decode()) == (404, True), route.pattern
                asked += 1
    assert asked > 15


def test_calls_that_name_a_task_without_mails_are_told_so(triage: Task, admin: Member) -> None:
    client = program(admin, "lead")

    answers = [
        *(client.get(f"/api/v1/{room}/?task=triage") for room in ("campaigns", "contacts", "experiments")),
        *(
            client.post(f"/api/v1/{room}/", BODIES[f"POST api-{room}"] | {"task": "triage"}, "application/json")
            for room in ("campaigns", "contacts")
        ),
    ]

    assert [(answer.status_code, answer.json()["title"].startswith(SAYS)) for answer in answers] == [(404, True)] * 5


def test_a_task_that_wrote_mails_once_keeps_its_rooms(triage: Task, as_member: Any, admin: Member) -> None:
    client = as_member(admin)
    records = factories.make_records(factories.make_source(triage), 1)
    make_contact(triage, record=records[0])

    assert Contact.objects.get().task == triage
    assert client.get("/tasks/triage/contacts/").status_code == 200
    assert client.get(f"/contacts/{Contact.objects.get().pk}/").status_code == 200


def test_a_stranger_learns_nothing_of_a_task_without_mails(triage: Task, as_member: Any, make_member: Any) -> None:
    page = as_member(make_member("sam")).get("/tasks/triage/campaigns/")

    assert (page.status_code, "Triage" in page.content.decode()) == (404, False)
