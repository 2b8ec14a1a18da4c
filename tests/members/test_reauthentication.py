"""Acts that hand out power ask who it is again, in sessions that are not new; programs with tokens are not asked."""

from __future__ import annotations

import json
from typing import Any

import pytest

from generation.models import Teacher
from jobs.models import Job
from members.models import ApiToken, Invitation, Member
from tests.leads import Leads
from tests.members.conftest import aged
from tests.review.factories import make_task
from tests.training.conftest import freeze

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"
SECRET = "sk-not-the-name-but-the-key"
TEACHER = {"name": "X", "slug": "x", "provider": "openai", "model": "m", "concurrency": "4", "secret_ref": SECRET}


def power(admin: Member) -> tuple[int, ...]:
    """Count what the acts would make."""
    admins = Member.objects.filter(is_superuser=True).count()
    return admins, Member.objects.count(), ApiToken.objects.count(), Invitation.objects.count(), Teacher.objects.count()


def acts(viewer: Member) -> dict[str, dict[str, Any]]:
    change = f"/settings/members/{viewer.pk}/change/"
    return {
        f"{change}?make_admin": {"act": "make_admin"},
        f"{change}?renew_password": {"act": "renew_password"},
        f"{change}?remove_second_factor": {"act": "remove_second_factor"},
        f"{change}?reactivate": {"act": "reactivate"},
        "/settings/members/": {"username": "new", "is_admin": "on"},
        "/settings/tokens/": {"name": "x", "scopes": ["read"], "days": "90"},
        "/settings/invitations/": {"email": "a@example.org", "is_admin": "on", "days": "7"},
        "/teachers/new/": TEACHER,
    }


def test_an_old_session_is_asked_before_every_act_that_hands_out_power(stale, admin, viewer):
    before, password = power(admin), viewer.password

    answers = {address: stale.post(address, body) for address, body in acts(viewer).items()}

    assert {answer.status_code for answer in answers.values()} == {302}, answers
    assert all(answer["Location"].startswith("/accounts/reauthenticate/?next=") for answer in answers.values())
    assert power(admin) == before
    viewer.refresh_from_db()
    assert viewer.password == password


def test_what_was_sent_is_done_once_the_password_is_given(stale, viewer):
    address = f"/settings/members/{viewer.pk}/change/"
    asked = stale.post(address, {"act": "make_admin"})
    page = stale.get(asked["Location"]).content.decode()

    done = stale.post("/accounts/reauthenticate/", {"password": PASSWORD, "next": address})

    viewer.refresh_from_db()
    assert "Confirm that it is you" in page
    assert viewer.is_superuser
    assert done["Location"] == f"/settings/members/{viewer.pk}/"


def test_what_may_hold_a_key_is_not_kept_meanwhile(stale):
    asked = stale.post("/teachers/new/", TEACHER, headers={"Referer": "http://testserver/teachers/new/"})

    assert asked["Location"] == "/accounts/reauthenticate/?next=%2Fteachers%2Fnew%2F"
    assert SECRET not in json.dumps(dict(stale.session))
    assert stale.get("/teachers/new/")["Location"] == asked["Location"]


def test_a_wrong_password_does_nothing(stale, viewer):
    address = f"/settings/members/{viewer.pk}/change/"
    stale.post(address, {"act": "make_admin"})

    answer = stale.post("/accounts/reauthenticate/", {"password": "something else", "next": address})

    viewer.refresh_from_db()
    assert answer.status_code == 200
    assert not viewer.is_superuser


def test_what_a_page_sends_by_htmx_is_not_kept_to_be_done_later(stale, viewer):
    address = f"/settings/members/{viewer.pk}/change/"
    headers = {"HX-Request": "true", "HX-Current-URL": "http://testserver/tasks/?q=1"}

    answer = stale.post(address, {"act": "make_admin"}, headers=headers)
    stale.post("/accounts/reauthenticate/", {"password": PASSWORD, "next": "/tasks/?q=1"})

    viewer.refresh_from_db()
    assert answer["HX-Redirect"] == "/accounts/reauthenticate/?next=%2Ftasks%2F%3Fq%3D1"
    assert not viewer.is_superuser


def test_the_way_back_leads_to_this_site_alone(stale, viewer):
    headers = {"HX-Request": "true", "HX-Current-URL": "https://evil.example/x"}

    answer = stale.post(f"/settings/members/{viewer.pk}/change/", {"act": "make_admin"}, headers=headers)

    assert answer["HX-Redirect"].endswith("?next=%2F")


def test_a_session_that_began_a_moment_ago_is_not_asked(as_member, admin, viewer):
    as_member(admin).post(f"/settings/members/{viewer.pk}/change/", {"act": "make_admin"})

    viewer.refresh_from_db()
    assert viewer.is_superuser


def test_acts_that_take_power_away_are_not_held_up(stale, viewer):
    stale.post(f"/settings/members/{viewer.pk}/change/", {"act": "deactivate"})

    viewer.refresh_from_db()
    assert not viewer.is_active


@pytest.mark.parametrize(
    ("method", "address", "body"),
    [
        ("POST", "/api/v1/tokens/", {"name": "x", "scopes": ["read"]}),
        ("POST", "/api/v1/invitations/", {"email": "a@example.org", "is_admin": True}),
        ("POST", "/api/v1/teachers/", {"slug": "x", "name": "X", "provider": "offline", "model": "offline-1"}),
        ("PATCH", "/api/v1/teachers/offline/", {"name": "Y"}),
    ],
)
def test_on_the_api_an_old_session_is_refused_and_a_token_is_not(stale, api_as, admin, method, address, body):
    before = power(admin)

    refused = stale.generic(method, address, json.dumps(body), content_type="application/json")
    done = api_as(admin).generic(method, address, json.dumps(body), content_type="application/json")

    assert (refused.status_code, refused.json()["code"]) == (403, "reauthentication_required")
    assert "/accounts/reauthenticate/" in refused.json()["hint"]
    assert power(admin)[:2] == before[:2]
    assert done.status_code in (200, 201), done.content


def test_a_page_drawn_once_the_password_is_given_sends_its_forms_to_its_own_address(as_member, admin, viewer):
    version = freeze(make_task(by=admin), admin, train=4, validation=1)
    sent = {
        "/settings/": {"do": "confirm", "token": "none"},
        "/settings/members/": {"username": "new"},
        f"/settings/members/{viewer.pk}/change/": {"act": "renew_password"},
        "/settings/tokens/": {"name": "x", "scopes": ["read"], "days": "90"},
        "/settings/invitations/": {"email": "a@example.org", "is_admin": "on", "days": "7"},
        "/tasks/outreach/service-tokens/": {"name": "x", "scopes": ["read"], "days": "90"},
        f"/datasets/{version.dataset.slug}/v/{version.number}/export/": {
            "to": "owner/name",
            "formats": "sft",
            "token": "HF_TOKEN",
        },
    }

    for address, body in sent.items():
        client = aged(as_member(admin))
        client.post(address, body)
        page = client.post("/accounts/reauthenticate/", {"password": PASSWORD, "next": address}).content.decode()

        assert "<form" in page, address
        assert not Leads(page).astray, address


def test_a_lead_who_invites_without_making_an_admin_is_not_asked(stale, admin):
    stale.post("/settings/invitations/", {"email": "a@example.org", "days": "7"})

    assert Invitation.objects.get().is_admin is False


def test_sending_a_dataset_to_a_hub_asks(stale, admin):
    version = freeze(make_task(by=admin), admin, train=4, validation=1)
    address = f"/datasets/{version.dataset.slug}/v/{version.number}/export/"

    answer = stale.post(address, {"to": "owner/name", "formats": "sft", "token": "HF_TOKEN"})

    assert answer["Location"].startswith("/accounts/reauthenticate/?next=")
    assert not Job.objects.filter(kind__contains="push").exists()
