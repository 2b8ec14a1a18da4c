"""No body of a POST of this room is answered with a fault: whatever stands in a field,
it is taken or refused in words.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any
from uuid import uuid4

import pytest
from rest_framework.test import APIClient

from campaigns.models import Campaign, ContactImport, Message
from members.models import Member
from review.models import Record, Task
from tests.campaigns import factories
from tests.review import factories as desk

pytestmark = pytest.mark.django_db
Api = Callable[..., APIClient]
V1 = "/api/v1"
WRONG: list[Any] = [None, -1, 10**30, "x" * 5000, "\x00", "NaN", {"a" * 90: [None]}, str(uuid4())]
CAMPAIGN: dict[str, Any] = {
    "task": "outreach", "name": "Spring", "slug": "spring", "sender": "nora",
    "arms": [{"name": "A", "teacher": "offline", "weight": 1, "is_control": False}],
    "steps": [{"writer": "template", "wait_s": 60, "subject": "Hi", "body": "See {{link.demo}}.",
        "same_thread": False}],
    "links": {"demo": "https://tidewell.example/demo"}, "approval": "all", "sample_share": 0.5,
    "audience": {"segment": "x", "import": None, "limit": 5}, "reply_teacher": "offline", "max_model_usd": "1.00",
    "mails_per_minute": 10, "daily_cap": 10, "quiet_from": 20, "quiet_until": 8, "sends_at_weekends": True,
    "tracks_opens": False, "time_zone": "UTC",
}  # fmt: skip
BODIES: dict[str, dict[str, Any]] = {
    "campaigns/": CAMPAIGN,
    "campaigns/ready/launch/": {"contacts": {"segment": "x", "import": None, "limit": 5}, "is_held": True},
    "experiments/": {
        "campaign": "ready", "hypothesis": "B is better", "claim": "better", "metric": "reply", "margin": 0.01,
        "baseline": 0.05, "alpha": 0.05, "power": 0.8, "icc": 0.05, "horizon_days": 14, "is_planned": True,
    },
    "contacts/": {
        "task": "outreach", "lawful_basis": "consent", "basis_source": "fair", "basis_date": "2026-05-04",
        "may_track_opens": False, "skip_bad": False,
        "contacts": [
            {"address": "a@b.example", "first_name": "A", "company": "B", "segment": "C", "time_zone": "UTC",
             "facts": {"company": "B"}},
        ],
    },
    "suppressions/": {"addresses": ["a@b.example"], "reason": "manual", "note": "asked"},
}  # fmt: skip


@pytest.fixture
def lead(make_member: Callable[..., Member]) -> Member:
    return make_member("lea")


@pytest.fixture
def task(admin: Member, lead: Member) -> Task:
    made = desk.make_task(by=admin)
    desk.join(lead, made, "lead")
    return made


@pytest.fixture
def records(task: Task) -> list[Record]:
    return desk.make_records(desk.make_source(task), 4)


@pytest.fixture
def api(lead: Member, task: Task, records: list[Record], api_as: Api) -> APIClient:
    factories.make_people(task, records)
    factories.make_draft_campaign(task, by=lead, slug="ready")
    client = api_as(lead, scopes=("lead",))
    client.raise_request_exception = False
    return client


def wrong(body: Any) -> Iterator[tuple[str, Any]]:
    """The body with one value at a time replaced by each wrong one, lists and objects inside included; and where."""
    for value in WRONG:
        yield "body", value
    yield from ((at, changed) for at, changed in _inside(body) if isinstance(body, dict))


def _inside(part: Any, at: str = "") -> Iterator[tuple[str, Any]]:
    keys = list(part) if isinstance(part, dict) else range(len(part)) if isinstance(part, list) else ()
    for key in keys:
        for value in WRONG:
            changed = deepcopy(part)
            changed[key] = value
            yield f"{at}.{key}={value!r:.20}", changed
        for where, inner in _inside(part[key], f"{at}.{key}"):
            changed = deepcopy(part)
            changed[key] = inner
            yield where, changed


@pytest.mark.slow
@pytest.mark.parametrize("path", BODIES)
def test_no_wrong_value_of_a_field_is_a_fault(api: APIClient, path: str) -> None:
    faults = {}

    for where, body in wrong(BODIES[path]):
        answer = api.post(f"{V1}/{path}", json.dumps(body), content_type="application/json")
        if answer.status_code >= 500:
            faults[where] = answer.status_code
        Campaign.objects.filter(slug="ready").update(state="planned", audience={})
        Message.objects.all().delete()
        Campaign.objects.get(slug="ready").enrolments.all().delete()

    assert not faults


def test_a_launch_takes_the_contacts_of_one_import(api: APIClient, task: Task) -> None:
    batch = ContactImport.objects.create(task=task, filename="fair.csv")
    mine = list(task.contacts.all()[:2])
    task.contacts.filter(pk__in=[contact.pk for contact in mine]).update(imported_with=batch)

    answer = api.post(f"{V1}/campaigns/ready/launch/", {"contacts": {"import": str(batch.pk)}}, format="json")

    assert answer.status_code == 202, answer.data
    assert {mail.contact_id for mail in Message.objects.all()} == {contact.pk for contact in mine}
    assert Campaign.objects.get().audience == {"import": str(batch.pk)}


def test_a_campaign_is_made_for_one_import_and_keeps_it(api: APIClient, task: Task) -> None:
    batch = ContactImport.objects.create(task=task, filename="fair.csv")

    answer = api.post(f"{V1}/campaigns/", {**CAMPAIGN, "audience": {"import": str(batch.pk)}}, format="json")

    assert answer.status_code == 201, answer.data
    assert Campaign.objects.get(slug="spring").audience == {"import": str(batch.pk)}


@pytest.mark.parametrize(
    ("contacts", "status", "says"),
    [
        ({"import": str(uuid4())}, 422, "There is no import"),
        ({"import": "fair.csv"}, 400, "UUID"),
        ({"imports": str(uuid4())}, 400, "imports"),
        ({}, 422, "Name the contacts"),
        ({"import": None, "segment": ""}, 422, "Name the contacts"),
        ({"limit": 0}, 400, "1"),
        ([], 400, "dictionary"),
        (None, 400, "null"),
    ],
)
def test_contacts_that_name_nobody_are_refused_in_words(api: APIClient, contacts: Any, status: int, says: str) -> None:
    answer = api.post(f"{V1}/campaigns/ready/launch/", {"contacts": contacts}, format="json")

    assert answer.status_code == status, answer.data
    assert says in json.dumps(answer.data, default=str)
    assert not Message.objects.exists()


def test_an_import_of_a_task_one_cannot_see_is_as_unknown_as_any(api: APIClient, admin: Member) -> None:
    other = desk.make_task(by=admin, slug="other")
    batch = ContactImport.objects.create(task=other, filename="theirs.csv")

    answer = api.post(f"{V1}/campaigns/ready/launch/", {"contacts": {"import": str(batch.pk)}}, format="json")

    assert (answer.status_code, answer.data["code"]) == (422, "import_unknown")
    assert "theirs" not in json.dumps(answer.data)
    assert not Message.objects.exists()
