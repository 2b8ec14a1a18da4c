"""Complaints, bounces and unsubscribes past their limit pause a campaign; a lead lifts that with a reason."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail as django_mail
from django.core.exceptions import PermissionDenied
from django.urls import reverse
from django.utils import timezone
from rest_framework.test import APIClient

from audit.models import AuditRow
from campaigns.events import record
from campaigns.models import Campaign, GuardrailTrip, Message
from campaigns.overview import waiting
from campaigns.sending import guardrails, lifecycle, tick
from campaigns.states import CampaignState, EventKind, EventSource, Guardrail, MessageState
from members.models import Member
from review.models import Task
from review.states import Role
from tests.campaigns import factories
from tests.review import factories as desk
from web.errors import Refusal
from webhooks.models import WebhookEvent

db = pytest.mark.django_db


@pytest.fixture
def lead(make_member: Callable[..., Member], task: Task) -> Member:
    member = make_member("lea")
    Member.objects.filter(pk=member.pk).update(email="lea@team.example")
    desk.join(member, task, Role.LEAD)
    return member


def went(campaign: Campaign, count: int, *, name: str = "reader") -> list[Message]:
    mails = factories.make_due_mails(campaign, count, name=name)
    now = timezone.now()
    Message.objects.filter(pk__in=[mail.pk for mail in mails]).update(
        state=MessageState.SENT, sent_at=now, sending_at=now
    )
    return mails


def reported(mails: list[Message], kind: EventKind, *, is_machine: bool = False) -> None:
    for mail in mails:
        key = f"{kind}:{mail.pk}"
        record.record(mail, kind, source=EventSource.WEBHOOK, key=key, is_machine=is_machine)


def state_of(campaign: Campaign) -> str:
    tick.advance_all()
    return Campaign.objects.get(pk=campaign.pk).state


@db
def test_a_campaign_with_three_complaints_in_a_hundred_pauses_itself(
    campaign: Campaign, lead: Member, settings: Any, django_capture_on_commit_callbacks: Any
) -> None:
    settings.NOTICES_BY_MAIL, settings.NOTICES_FROM = True, "notices@here.example"
    reported(went(campaign, 150)[:5], EventKind.COMPLAINED)

    with django_capture_on_commit_callbacks(execute=True):
        assert state_of(campaign) == CampaignState.PAUSED

    trip = GuardrailTrip.objects.get()
    assert (trip.guardrail, trip.count, trip.of, trip.limit) == ("complaints", 5, 150, 0.001)
    assert 0.001 < trip.bound < 5 / 150
    found = waiting.wait_reason(Campaign.objects.get())
    assert found is not None
    assert found.reason == "guardrail"
    assert "5 of 150 mails" in found.message
    [notice] = django_mail.outbox
    assert (notice.to, "5 of 150 mails" in notice.body) == (["lea@team.example"], True)
    assert WebhookEvent.objects.get(kind="campaign.paused").data["guardrail"] == "complaints"
    assert AuditRow.objects.filter(act="guardrail_tripped").count() == 1
    tick.advance_all()
    assert GuardrailTrip.objects.count() == 1


@db
@pytest.mark.usefixtures("kept_figures")
def test_a_pause_never_waits_for_the_counts_that_a_page_keeps(campaign: Campaign) -> None:
    mails = went(campaign, 150)
    before = {state.guardrail: state.count for state in guardrails.states_of(campaign)}
    reported(mails[:5], EventKind.COMPLAINED)

    assert before[Guardrail.COMPLAINTS] == 0
    assert [state.count for state in guardrails.states_of(campaign) if state.guardrail == Guardrail.COMPLAINTS] == [
        0
    ], "kept"
    assert state_of(campaign) == CampaignState.PAUSED
    assert GuardrailTrip.objects.get().count == 5


@pytest.mark.slow(after_first=True)
@db
@pytest.mark.parametrize(
    ("kind", "guardrail"), [(EventKind.BOUNCED, "bounces"), (EventKind.UNSUBSCRIBED, "unsubscribes")]
)
def test_eight_bounces_or_unsubscribes_in_a_hundred_pause_it_too(
    campaign: Campaign, kind: EventKind, guardrail: str
) -> None:
    reported(went(campaign, 300)[:24], kind)

    assert state_of(campaign) == CampaignState.PAUSED
    assert GuardrailTrip.objects.get().guardrail == guardrail


@db
def test_one_complaint_or_what_machines_report_pauses_nothing(campaign: Campaign) -> None:
    mails = went(campaign, 20)
    reported(mails[:1], EventKind.COMPLAINED)
    reported(mails[1:], EventKind.BOUNCED, is_machine=True)

    assert state_of(campaign) == CampaignState.RUNNING


@db
def test_a_campaign_may_have_a_limit_of_its_own(campaign: Campaign) -> None:
    Campaign.objects.update(max_bounces=0.2)
    reported(went(campaign, 100)[:14], EventKind.BOUNCED)

    assert state_of(campaign) == CampaignState.RUNNING


@pytest.mark.slow
@db
def test_only_a_lead_lifts_it_with_a_reason_and_it_trips_again_on_new_evidence_alone(
    campaign: Campaign, lead: Member, make_member: Callable[..., Member]
) -> None:
    old = went(campaign, 150)
    reported(old[:5], EventKind.COMPLAINED)
    tick.advance_all()
    with pytest.raises(Refusal, match="guardrail"):
        lifecycle.resume(campaign, by=lead)
    with pytest.raises(Refusal, match="why"):
        guardrails.lift(campaign, reason=" ", by=lead)

    guardrails.lift(campaign, reason="The list was cleaned.", by=lead)

    trip = GuardrailTrip.objects.get()
    assert (trip.lifted_by, trip.reason) == (lead, "The list was cleaned.")
    assert AuditRow.objects.get(act="guardrail_lifted").actor == str(lead.pk)
    reported(old[5:7], EventKind.COMPLAINED)
    assert state_of(campaign) == CampaignState.RUNNING
    fresh = factories.make_due_mails(campaign, 30, name="later")
    later = timezone.now() + timedelta(minutes=1)
    Message.objects.filter(pk__in=[mail.pk for mail in fresh]).update(state=MessageState.SENT, sent_at=later)
    reported(fresh[:4], EventKind.COMPLAINED)
    assert state_of(campaign) == CampaignState.PAUSED
    assert GuardrailTrip.objects.filter(lifted_at__isnull=True).get().count == 4


@db
def test_who_may_not_resume_and_what_has_ended_hear_so_and_not_of_the_guardrail(
    campaign: Campaign, lead: Member, make_member: Callable[..., Member]
) -> None:
    reported(went(campaign, 150)[:5], EventKind.COMPLAINED)
    tick.advance_all()
    stranger = make_member("nobody")

    with pytest.raises(PermissionDenied):
        lifecycle.resume(campaign, by=stranger)
    lifecycle.end(campaign, by=lead)
    with pytest.raises(Refusal) as refused:
        lifecycle.resume(campaign, by=lead)

    assert refused.value.code == "campaign_state"


@pytest.mark.slow
@db
def test_page_and_api_show_it_and_lift_it(
    campaign: Campaign, lead: Member, as_member: Any, api_as: Callable[..., APIClient]
) -> None:
    reported(went(campaign, 150)[:5], EventKind.COMPLAINED)
    tick.advance_all()
    url = reverse("campaigns:detail", args=[campaign.slug])

    page = as_member(lead).get(url).content.decode()
    assert "5 of 150" in page
    assert "Lift and resume" in page
    api = api_as(lead)
    shown = api.get(f"/api/v1/campaigns/{campaign.slug}/").data
    assert [rail["guardrail"] for rail in shown["guardrails"] if rail["tripped_at"]] == ["complaints"]
    assert api.post(f"/api/v1/campaigns/{campaign.slug}/resume/").data["code"] == "guardrail_tripped"
    done = api.post(f"/api/v1/campaigns/{campaign.slug}/lift/", {"reason": "Cleaned."}, format="json")
    assert (done.status_code, done.data["state"]) == (202, "running")
    again = as_member(lead).post(reverse("campaigns:act", args=[campaign.slug]), {"verb": "lift", "reason": "x"})
    assert again.status_code == 409
