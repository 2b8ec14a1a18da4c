"""Under `/api/` an address works with and without its last slash: for every verb, with its body,
and with no redirect.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import resolve
from rest_framework.test import APIClient

from members.models import Invitation, Member
from miniatures_site.api import schema
from review.models import Record, Task
from tests.matrix.routes import walk
from tests.miniatures_site.test_open_routes import SAMPLES, _address
from tests.review import factories

pytestmark = pytest.mark.django_db
API = [route for route in walk() if route.pattern.startswith("api/")]
INVITED = {"email": "nora@example.org", "roles": [{"task": "outreach", "role": "viewer"}]}


@pytest.fixture
def task(admin: Member) -> Task:
    return factories.make_task(by=admin)


@pytest.fixture
def api(admin: Member, api_as: Any) -> APIClient:
    client: APIClient = api_as(admin)
    return client


def other_form(address: str) -> str:
    return address[:-1] if address.endswith("/") else f"{address}/"


def test_every_route_is_reached_in_both_forms_under_its_one_name() -> None:
    declared = {address: resolve(address) for address in (_address(route.pattern) for route in API)}

    others = {address: resolve(other_form(address)) for address in declared}

    assert len(declared) > 150
    assert {address: (match.view_name, match.route, match.kwargs) for address, match in others.items()} == {
        address: (match.view_name, match.route, match.kwargs) for address, match in declared.items()
    }


def test_the_description_has_one_form_of_each() -> None:
    paths = [path for path in schema.whole()["paths"] if path.startswith("/api/")]

    assert len({path.rstrip("/") for path in paths}) == len(paths) > 100
    assert {path for path in paths if not path.endswith("/") and "." not in path.rsplit("/", 1)[1]} == set()


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize("slash", ["", "/"])
def test_every_verb_does_its_work_with_the_body_that_came(
    slash: str, task: Task, api: APIClient, reviewer: Member
) -> None:
    team = f"/api/v1/tasks/outreach/team/{reviewer.username}{slash}"

    made = api.post(f"/api/v1/invitations{slash}", INVITED, format="json")
    listed = api.get(f"/api/v1/invitations{slash}")
    put = api.put(team, {"role": "viewer"}, format="json")
    halted = api.post(f"/api/v1/halt{slash}", {"halted": True, "reason": "A drill."}, format="json")
    removed = api.delete(f"/api/v1/invitations/{made.json()['id']}{slash}")
    described = api.options(f"/api/v1/invitations{slash}")

    assert (made.status_code, made.json()["email"]) == (201, "nora@example.org")
    assert [row["email"] for row in listed.json()] == ["nora@example.org"]
    assert (put.status_code, put.json()["role"]) == (200, "viewer")
    assert (halted.status_code, removed.status_code, described.status_code) == (200, 204, 200)
    assert Invitation.objects.get().state == "revoked"


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize("slash", ["", "/"])
def test_a_file_comes_in_whole(slash: str, task: Task, api: APIClient) -> None:
    body = {"file": SimpleUploadedFile("rows.csv", b"company,sector\nAcme,steel\n"), "task": "outreach"}

    answer = api.post(f"/api/v1/sources{slash}", body, format="multipart")

    assert answer.status_code == 201
    assert Record.objects.get().group == "acme"


def test_a_request_sent_again_in_the_other_form_is_the_same_request(task: Task, api: APIClient) -> None:
    key = {"Idempotency-Key": "k"}

    first, second = (
        api.post(
            f"/api/v1/sources{slash}",
            {"file": SimpleUploadedFile("rows.csv", b"company,sector\nAcme,steel\n"), "task": "outreach"},
            format="multipart",
            headers=key,
        )
        for slash in ("/", "")
    )

    assert second.json() == first.json()
    assert second["Idempotency-Replayed"] == "true"


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize("slash", ["", "/"])
def test_who_may_is_asked_in_both_forms(slash: str, task: Task, reviewer: Member, api_as: Any) -> None:
    refused = api_as(reviewer).get(f"/api/v1/audit{slash}")
    visitor = Client().post(f"/api/v1/invitations{slash}", INVITED, content_type="application/json")

    assert (refused.status_code, visitor.status_code) == (403, 401)


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize("slash", ["", "/"])
def test_what_is_not_there_is_not_there_in_either_form(slash: str, api: APIClient) -> None:
    nowhere = api.post(f"/api/v1/nowhere{slash}", {}, format="json")
    gone = api.get(f"/api/v1/drafts/{UUID(SAMPLES['uuid'])}{slash}")

    assert (nowhere.status_code, gone.status_code) == (404, 404)


@pytest.mark.parametrize("path", ["nowhere/", "nowhere", "", "drafts/no-id/"])
def test_an_address_that_leads_nowhere_is_a_problem_for_programs_and_a_page_for_people(path: str) -> None:
    nowhere = Client().get(f"/api/v1/{path}")
    page = Client().get("/nowhere/")

    assert (nowhere.status_code, nowhere["Content-Type"]) == (404, "application/problem+json")
    assert nowhere.json()["code"] == "not_found"
    assert (page.status_code, page["Content-Type"]) == (404, "text/html; charset=utf-8")


def test_pages_still_lead_to_their_one_address(as_member: Any, admin: Member) -> None:
    answer = as_member(admin).get("/jobs")

    assert (answer.status_code, answer["Location"]) == (301, "/jobs/")
