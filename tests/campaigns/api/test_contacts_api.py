"""The API of contacts, suppressions and senders."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from campaigns.models import Contact, SenderIdentity, Suppression
from campaigns.suppression import email_addresses
from members.models import Member
from review.models import Task
from review.states import Role
from tests.campaigns.factories import BASIS, make_contact
from tests.review.factories import join, make_task

pytestmark = pytest.mark.django_db
ADA = "ada@acme.example"
FACTS = {"company": "Acme", "sector": "steel"}


@pytest.fixture(autouse=True)
def own_var(settings: Any, tmp_path: Path) -> None:
    settings.VAR_DIR = tmp_path


@pytest.fixture
def task(admin: Member) -> Task:
    return make_task(by=admin)


@pytest.fixture
def api(task: Task, admin: Member, api_as: Callable[..., APIClient]) -> APIClient:
    return api_as(admin)


def post(api: APIClient, body: Any, **headers: Any) -> Any:
    return api.post("/api/v1/contacts/", body, format="json", **headers)


def test_one_contact_comes_by_itself(api: APIClient) -> None:
    answer = post(api, {"task": "outreach", "address": ADA, "first_name": "Ada", "facts": FACTS, **BASIS})

    contact = Contact.objects.get()
    assert answer.status_code == 201
    assert answer.json()["outcomes"] == [{"row": 1, "outcome": "added", "contact": str(contact.pk)}]
    assert (contact.company, contact.record.facts) == ("Acme", FACTS)
    assert ADA not in json.dumps(answer.json())


def test_many_come_as_a_list_with_one_basis(api: APIClient) -> None:
    many = [{"address": f"p{n}@acme.example", "company": "Acme", "facts": {"sector": "steel"}} for n in range(3)]

    answer = post(api, {"task": "outreach", "contacts": many, **BASIS})
    bare = post(api, [{"task": "outreach", "address": "q@acme.example", "facts": FACTS, **BASIS}])
    again = post(api, {"task": "outreach", "contacts": many, **BASIS})

    assert (answer.status_code, answer.json()["rows_added"]) == (201, 3)
    assert (bare.status_code, bare.json()["rows_added"]) == (201, 1)
    assert (again.status_code, again.json()["rows_known"]) == (200, 3)
    assert Contact.objects.values("record").distinct().count() == 1


def test_bad_rows_are_told_by_number_and_nothing_comes(api: APIClient) -> None:
    many = [{"address": ADA, "facts": FACTS}, {"address": "nobody", "facts": FACTS}, {"address": "b@c.example"}]

    answer = post(api, {"task": "outreach", "contacts": many, **BASIS})
    taken = post(api, {"task": "outreach", "contacts": many, "skip_bad": True, **BASIS})

    assert answer.status_code == 422
    assert set(answer.json()["errors"]) == {"row 2", "row 3"}
    assert answer["Content-Type"] == "application/problem+json"
    assert (taken.status_code, taken.json()["rows_bad"]) == (201, 2)


@pytest.mark.parametrize(
    ("change", "status", "says"),
    [
        ({"lawful_basis": "because"}, 400, "lawful_basis"),
        ({"basis_date": "2999-01-01"}, 422, "in the future"),
        ({"facts": {**FACTS, "shoe": "red"}}, 422, "not a field of this task"),
        ({"e_mail": "x"}, 400, "There is no field 'e_mail'"),
        ({"task": "nowhere"}, 404, "nowhere"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_field(api: APIClient, change: dict, status: int, says: str) -> None:
    answer = post(api, {"task": "outreach", "address": ADA, "facts": FACTS, **BASIS, **change})

    assert answer.status_code == status
    assert says in json.dumps(answer.json())
    assert not Contact.objects.exists()


@pytest.mark.parametrize("body", [[], {}, "x", [1], {"task": "outreach", "contacts": []}, [{"task": ["outreach"]}]])
def test_a_body_of_another_shape_is_no_server_error(api: APIClient, body: Any) -> None:
    assert post(api, body).status_code == 400


def test_a_file_comes_as_a_form(api: APIClient) -> None:
    file = SimpleUploadedFile("c.csv", f"E-Mail,company,sector\n{ADA},Acme,steel\n".encode())

    answer = api.post("/api/v1/contacts/", {"file": file, "task": "outreach", **BASIS}, format="multipart")

    assert answer.status_code == 201
    assert Contact.objects.get().imported_with.filename == "c.csv"


def test_contacts_are_listed_and_read(api: APIClient, task: Task) -> None:
    contact = make_contact(task, ADA, segment="North")
    make_contact(task, "bob@bolt.example")

    listed = api.get("/api/v1/contacts/?task=outreach&segment=North").json()["results"]
    one = api.get(f"/api/v1/contacts/{contact.pk}/").json()

    assert [row["address"] for row in listed] == [ADA]
    assert one["basis_date"] == "2026-05-04" and one["is_suppressed"] is False


@pytest.mark.slow
def test_people_are_told_to_leads_alone(
    task: Task, make_member: Callable[..., Member], api_as: Callable[..., APIClient]
) -> None:
    make_contact(task, ADA)
    listed = {}
    for role in Role:
        member = make_member(role.value)
        join(member, task, role)
        listed[role] = len(api_as(member).get("/api/v1/contacts/").json()["results"])

    assert listed == {Role.LEAD: 1, Role.REVIEWER: 0, Role.VIEWER: 0}


def test_an_address_is_suppressed_and_asked_for(api: APIClient) -> None:
    entry = api.post("/api/v1/suppressions/", {"address": ADA, "note": "by phone"}, format="json")
    by_hmac = api.post("/api/v1/suppressions/", {"address": email_addresses.hmac_of("b@c.example")}, format="json")
    found = api.get("/api/v1/suppressions/", {"address": "Ada@acme.example"}).json()["results"]
    bad = api.post("/api/v1/suppressions/", {"address": "x"}, format="json")

    assert (entry.status_code, by_hmac.status_code, bad.status_code) == (200, 200, 422)
    assert [row["note"] for row in found] == ["by phone"]
    assert ADA not in json.dumps(found)


def test_many_are_suppressed_and_the_list_takes_nothing_back(api: APIClient) -> None:
    answer = api.post("/api/v1/suppressions/", {"addresses": [ADA, "nope"], "reason": "bounced"}, format="json").json()

    assert (answer["added"], answer["bad_count"], answer["bad"][0]["row"]) == (1, 1, 2)
    assert Suppression.objects.get().reason == "bounced"
    for verb in (api.delete, api.put, api.patch):
        assert verb("/api/v1/suppressions/").status_code == 405
    assert api.post("/api/v1/suppressions/", {}, format="json").status_code == 400


@pytest.mark.parametrize("whom", [{"address": ADA}, {"addresses": [ADA]}])
def test_an_erasure_is_no_reason_that_anybody_enters(api: APIClient, whom: dict[str, object]) -> None:
    answer = api.post("/api/v1/suppressions/", {**whom, "reason": "erased"}, format="json")

    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["reason"])
    assert not Suppression.objects.exists()


def test_senders_are_made_and_changed(api: APIClient) -> None:
    body = {"name": "Nora", "from_name": "Nora", "from_address": "nora@s.example", "reply_address": "re@s.example"}

    made = api.post("/api/v1/senders/", body, format="json")
    changed = api.patch("/api/v1/senders/nora/", {"postal_address": "1 Quay Street"}, format="json")
    bad = api.patch("/api/v1/senders/nora/", {"from_address": "noreply@s.example"}, format="json")
    same = api.patch("/api/v1/senders/nora/", {"slug": "nora"}, format="json")
    moved = api.patch("/api/v1/senders/nora/", {"slug": "other"}, format="json")
    as_list = api.patch("/api/v1/senders/nora/", [{"name": "Eve"}], format="json")
    listed = api.get("/api/v1/senders/").json()["results"]

    assert (made.status_code, changed.status_code, bad.status_code) == (201, 200, 422)
    assert "from_address" in bad.json()["errors"]
    assert (same.status_code, moved.status_code, as_list.status_code) == (200, 400, 400)
    assert moved.json()["errors"] == {"slug": ["It stays nora. Found 'other'."]}
    assert listed[0]["postal_address"] == SenderIdentity.objects.get().postal_address == "1 Quay Street"
