"""Caps across campaigns are told before anybody approves a mail: on the draft's page, in the dry run and by the API."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from campaigns.events import record
from campaigns.models import Campaign, Message
from campaigns.sending import contact_caps
from campaigns.states import EventKind, EventSource, MessageState
from members.models import Member
from review.models import Task
from tests.campaigns import factories

pytestmark = pytest.mark.django_db

PEOPLE = ("ada@acme.example", "bob@acme.example", "eve@acme.example", "kim@globex.example")


@pytest.fixture
def draft(task: Task) -> Campaign:
    """A draft to four people, of whom three share a company."""
    for address in PEOPLE:
        factories.make_contact(task, address)
    made = factories.make_plain_campaign(task, slug="draft", state="planned")
    made.arms.create(name="A", position=0, weight=1)
    made.steps.update(writer="template", subject="Hello", body="A question.")
    return made


def mailed(campaign: Campaign, address: str, *, days: float) -> Message:
    contact = campaign.task.contacts.get(address=address)
    mail = factories.make_mail(campaign, contact, state=MessageState.SENT)
    at = timezone.now() - timedelta(days=days)
    Message.objects.filter(pk=mail.pk).update(sending_at=at, sent_at=at)
    return mail


def told(campaign: Campaign) -> dict[str, int]:
    return {hold.reason: hold.contacts for hold in contact_caps.expected_holds(campaign, now=timezone.now())}


@pytest.mark.parametrize(
    ("cap", "mails", "held"), [(1, 1, {"contact": 1}), (2, 1, {}), (2, 2, {"contact": 1}), (0, 2, {})]
)
def test_contacts_at_their_cap_are_counted_for_any_cap(
    campaign: Campaign, draft: Campaign, task: Task, settings: Any, cap: int, mails: int, held: dict[str, int]
) -> None:
    settings.FIRST_MAILS_PER_CONTACT = cap
    for sender in (campaign, factories.make_sending_campaign(task, slug="other"))[:mails]:
        mailed(sender, "ada@acme.example", days=3)
    mailed(factories.make_sending_campaign(task, slug="long-ago"), "kim@globex.example", days=92)

    assert told(draft) == held


def test_mails_of_this_campaign_take_places_of_their_company_too(draft: Campaign) -> None:
    draft.company_cap = 1

    assert told(draft) == {"company": 2}


def test_who_answered_another_campaign_is_counted(campaign: Campaign, draft: Campaign, settings: Any) -> None:
    settings.FIRST_MAILS_PER_CONTACT = 0
    mail = mailed(campaign, "ada@acme.example", days=9)
    record.record(mail, EventKind.REPLIED, source=EventSource.MAIL, key="reply:1")

    assert told(draft) == {"conversation": 1}


def test_an_arm_without_mails_waits_for_nothing(campaign: Campaign, draft: Campaign) -> None:
    mailed(campaign, "ada@acme.example", days=3)
    draft.arms.update(is_holdout=True)

    assert told(draft) == {}


def test_draft_dry_run_and_api_tell_it_and_a_launched_campaign_before_its_approvals(
    campaign: Campaign, draft: Campaign, admin: Member, client: Client
) -> None:
    for address in PEOPLE[:3]:
        mailed(campaign, address, days=3)
    sentence = "A contact gets 1 first mail in 91 days, all campaigns together: those to 3 contacts would wait."
    client.force_login(admin)
    api = APIClient()
    api.force_login(admin)

    pages = [client.get(f"/campaigns/draft/{page}").content.decode() for page in ("", "dry-run/")]
    answer = api.get("/api/v1/campaigns/draft/dry-run/").json()
    for contact in draft.task.contacts.all():
        factories.make_mail(draft, contact, state=MessageState.AWAITING)
    Campaign.objects.filter(pk=draft.pk).update(state="running", is_held=True)
    launched = client.get("/campaigns/draft/dry-run/").content.decode()

    assert all(sentence in page for page in [*pages, launched])
    assert answer["holds"] == [{"reason": "contact", "contacts": 3, "message": sentence}]
