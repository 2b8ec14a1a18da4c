"""Who may change a sender: nobody whose campaigns it is not, and never unseen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied

from audit.models import AuditRow
from campaigns.models import Campaign, SenderIdentity
from campaigns.senders import edit
from campaigns.senders.edit import NewSender
from campaigns.senders.queries import may_change
from campaigns.states import CampaignState, SuppressionReason
from campaigns.suppression import suppress
from members.models import Member
from review.models import Task
from review.states import Role
from tests.campaigns.factories import make_plain_campaign, make_sender
from tests.review.factories import join, make_task

pytestmark = pytest.mark.django_db
THEIRS = NewSender("Nora", "Nora Lind", "evil@evil.example", "in@evil.example", "1 Evil Street")


@pytest.fixture
def task(admin: Member) -> Task:
    return make_task(by=admin)


@pytest.fixture
def other(admin: Member) -> Task:
    return make_task(by=admin, slug="elsewhere")


@pytest.fixture
def lead(task: Task, make_member: Callable[..., Member]) -> Member:
    member = make_member("lena")
    join(member, task, Role.LEAD)
    return member


@pytest.fixture
def sender(other: Task) -> SenderIdentity:
    """A sender that a running campaign of the other task uses."""
    made = make_sender()
    make_plain_campaign(other, sender=made)
    return made


def test_a_lead_does_not_rewrite_a_sender_of_a_task_they_do_not_lead(sender: SenderIdentity, lead: Member) -> None:
    with pytest.raises(PermissionDenied, match="Only an admin"):
        edit.change(sender, THEIRS, by=lead)

    sender.refresh_from_db()
    assert sender.from_address == "nora@sender.example"
    assert not AuditRow.objects.filter(act="sender_changed").exists()


def test_of_two_changes_at_once_each_keeps_what_the_other_wrote(sender: SenderIdentity, admin: Member) -> None:
    one, two = (SenderIdentity.objects.get(pk=sender.pk) for _ in range(2))
    there = {name: getattr(sender, name) for name in NewSender.__dataclass_fields__}

    edit.change(one, NewSender(**there | {"postal_address": "2 Quay Street"}), by=admin)
    edit.change(two, NewSender(**there | {"daily_limit": 40}), by=admin)

    sender.refresh_from_db()
    assert (sender.postal_address, sender.daily_limit) == ("2 Quay Street", 40)


def test_neither_by_page_nor_by_api(
    sender: SenderIdentity, lead: Member, task: Task, as_member: Any, api_as: Any
) -> None:
    address = f"/tasks/{task.slug}/senders/nora/"

    page = as_member(lead).get(address).content.decode()
    posted = as_member(lead).post(address, {name: value for name, value in asdict(THEIRS).items() if value is not None})
    patched = api_as(lead).patch("/api/v1/senders/nora/", {"from_address": "evil@evil.example"}, format="json")

    sender.refresh_from_db()
    assert "nora@sender.example" in page and "Only an admin, or a lead of all tasks" in page and "Save" not in page
    assert (posted.status_code, patched.status_code) == (403, 403)
    assert sender.from_address == "nora@sender.example"


def test_one_task_of_several_that_is_not_led_is_one_too_many(sender: SenderIdentity, lead: Member, task: Task) -> None:
    make_plain_campaign(task, slug="second", sender=sender)

    assert not may_change(lead, sender)


def test_who_leads_all_tasks_that_use_it_may(sender: SenderIdentity, lead: Member, other: Task) -> None:
    join(lead, other, Role.LEAD)

    edit.change(sender, THEIRS, by=lead)

    row = AuditRow.objects.get(act="sender_changed")
    assert (row.actor, row.subject_id) == (str(lead.pk), str(sender.pk))
    assert row.detail == {"fields": ["from_address", "reply_address", "postal_address"]}


def test_a_campaign_that_has_ended_holds_nobody_back(
    sender: SenderIdentity, lead: Member, task: Task, other: Task
) -> None:
    make_plain_campaign(task, slug="second", sender=sender)
    Campaign.objects.filter(task=other).update(state=CampaignState.ENDED)

    assert may_change(lead, sender)


def test_one_that_nobody_uses_is_its_makers(task: Task, lead: Member, make_member: Callable[..., Member]) -> None:
    made = edit.create(THEIRS, by=lead)
    neighbour = make_member("nils")
    join(neighbour, task, Role.LEAD)

    assert may_change(lead, made)
    assert not may_change(neighbour, made)


def test_who_leads_nothing_any_more_changes_not_even_what_they_made(lead: Member) -> None:
    made = edit.create(THEIRS, by=lead)
    lead.memberships.all().delete()

    assert not may_change(lead, made)


def test_a_save_without_a_change_leaves_no_row(sender: SenderIdentity, admin: Member) -> None:
    same = NewSender(**{name: getattr(sender, name) for name in NewSender.__dataclass_fields__})

    edit.change(sender, same, by=admin)

    assert not AuditRow.objects.filter(act="sender_changed").exists()


def test_a_change_is_seen_by_who_runs_the_campaign(
    sender: SenderIdentity, admin: Member, other: Task, make_member: Callable[..., Member], as_member: Any
) -> None:
    runner = make_member("runa")
    join(runner, other, Role.LEAD)
    campaign = Campaign.objects.get(sender=sender)
    Campaign.objects.filter(pk=campaign.pk).update(launched_at=campaign.created_at)
    edit.change(sender, THEIRS, by=admin)

    pages = [f"/tasks/{other.slug}/senders/", f"/tasks/{other.slug}/senders/nora/", f"/campaigns/{campaign.slug}/"]

    for page in pages:
        assert "by ada" in as_member(runner).get(page).content.decode(), page


def test_the_list_asks_as_often_for_many_as_for_one(
    sender: SenderIdentity, lead: Member, task: Task, as_member: Any, django_assert_max_num_queries: Any
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client = as_member(lead)
    client.get(f"/tasks/{task.slug}/senders/")
    with CaptureQueriesContext(connection) as one:
        client.get(f"/tasks/{task.slug}/senders/")
    for number in range(5):
        make_sender(slug=f"more-{number}")

    with django_assert_max_num_queries(len(one)):
        client.get(f"/tasks/{task.slug}/senders/")


def test_what_a_lead_puts_on_the_list_of_all_tasks_is_in_the_trail(lead: Member) -> None:
    suppress.suppress_many(["a@b.example", "c@d.example"], by=lead, reason=SuppressionReason.MANUAL)
    suppress.suppress("e@f.example", by=lead, reason=SuppressionReason.MANUAL)
    suppress.suppress("g@h.example", reason=SuppressionReason.BOUNCED)

    rows = AuditRow.objects.filter(act="suppressed").order_by("id")
    assert [(row.actor, row.detail["addresses"]) for row in rows] == [(str(lead.pk), 2), (str(lead.pk), 1)]
    assert "b.example" not in str([row.detail for row in rows])
