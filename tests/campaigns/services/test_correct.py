"""Contacts can be corrected, and removed as long as no campaign has taken them in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.urls import reverse
from rest_framework.test import APIClient

from audit.models import AuditRow
from campaigns.models import Contact, Suppression
from members.models import Member
from review.models import Task
from tests.campaigns import factories
from tests.review.factories import make_task

pytestmark = pytest.mark.django_db


@pytest.fixture
def task(admin: Member) -> Task:
    return make_task(by=admin)


@pytest.fixture
def contact(task: Task) -> Contact:
    return factories.make_contact(task, "ada@acme.example", first_name="Adda", company="Acme")


def test_a_lead_corrects_a_contact_and_the_trail_says_which_fields(
    contact: Contact, admin: Member, api_as: Callable[..., APIClient]
) -> None:
    url = f"/api/v1/contacts/{contact.pk}/"

    done = api_as(admin).patch(url, {"first_name": " Ada ", "time_zone": "Europe/Berlin"}, format="json")

    assert (done.status_code, done.data["first_name"], done.data["company"]) == (200, "Ada", "Acme")
    assert AuditRow.objects.get(act="contact_corrected").detail == {"fields": ["first_name", "time_zone"]}


@pytest.mark.parametrize(
    ("body", "field"), [({"time_zone": "Mars/Base"}, "time_zone"), ({"company": "x" * 300}, "company"),
        ({"address": "b@c.example"}, "address")]
)  # fmt: skip
def test_what_cannot_stand_is_refused_by_field(
    contact: Contact, admin: Member, api_as: Callable[..., APIClient], body: dict[str, str], field: str
) -> None:
    refused = api_as(admin).patch(f"/api/v1/contacts/{contact.pk}/", body, format="json")

    assert refused.status_code in (400, 422)
    assert field in refused.data["errors"]


def test_one_entered_by_mistake_is_removed_and_nobody_is_suppressed(
    contact: Contact, task: Task, admin: Member, api_as: Callable[..., APIClient]
) -> None:
    assert api_as(admin).delete(f"/api/v1/contacts/{contact.pk}/").status_code == 204

    assert not Contact.objects.exists()
    assert not Suppression.objects.exists()
    assert AuditRow.objects.get(act="contact_removed").subject_id == str(contact.pk)
    factories.make_contact(task, "ada@acme.example")


def test_one_that_a_campaign_took_in_stays_and_the_answer_says_what_to_do(
    contact: Contact, task: Task, admin: Member, api_as: Callable[..., APIClient]
) -> None:
    factories.make_mail(factories.make_plain_campaign(task), contact)

    refused = api_as(admin).delete(f"/api/v1/contacts/{contact.pk}/")

    assert (refused.status_code, refused.data["code"]) == (409, "contact_in_use")
    assert "suppression list" in refused.data["hint"]
    assert Contact.objects.exists()


def test_the_page_corrects_and_removes_too(contact: Contact, admin: Member, as_member: Any) -> None:
    url, browser = reverse("campaigns:contact", args=[contact.pk]), as_member(admin)

    assert "Correct or remove" in browser.get(url).content.decode()
    assert browser.post(url, {"do": "save", "company": "Acme Ltd"}).status_code == 302
    assert Contact.objects.get().company == "Acme Ltd"
    assert browser.post(url, {"do": "save", "time_zone": "Mars/Base"}).status_code == 422
    assert browser.post(url, {"do": "remove"}).status_code == 302
    assert not Contact.objects.exists()
