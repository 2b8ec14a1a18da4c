"""Outcomes that a customer's systems report: counted once, kept for good, and a meeting ends the sequence."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from campaigns.experiments import enrolments
from campaigns.models import Campaign, Event, Message
from campaigns.outcomes import queries
from campaigns.planning.plans import ArmPlan, StepPlan
from campaigns.privacy import export_and_erase
from campaigns.sending import lifecycle, tick
from campaigns.states import EventKind, MessageState, Metric, StepWriter
from members.models import Member
from review.models import Task
from tests.campaigns import contact_outcomes, factories
from tests.review import factories as desk

pytestmark = pytest.mark.django_db
URL = "/api/v1/outcomes/"


@pytest.fixture
def campaign(task: Task, lead: Member) -> Campaign:
    """Of two mails; the first ones went two hours ago."""
    factories.make_people(task, desk.make_records(desk.make_source(task), 3))
    steps = [
        StepPlan(StepWriter.TEMPLATE, wait, subject, text)
        for wait, subject, text in (
            (0, "Hello", "How is the new depot doing?"),
            (3600, "Again", "Two customers halved it."),
        )
    ]
    made = factories.make_draft_campaign(
        task, by=lead, arms=[ArmPlan("A")], steps=steps, approval="sample", sample_share=0.0
    )
    lifecycle.launch(made, by=lead)
    tick.advance_all()
    Message.objects.update(state=MessageState.SENT, sent_at=timezone.now() - timedelta(hours=2))
    return made


@pytest.fixture
def api(lead: Member) -> APIClient:
    client = APIClient()
    client.force_authenticate(lead)
    return client


def mail_of(campaign: Campaign, at: int = 0) -> Message:
    return Message.objects.filter(campaign=campaign, step__number=1).order_by("pk")[at]


def told(mail: Message, kind: str = "meeting", *, at: datetime | None = None, **more: Any) -> dict[str, Any]:
    moment = at or timezone.now() - timedelta(hours=1)
    return {"message": str(mail.pk), "kind": kind, "at": moment.isoformat(), **more}


@pytest.mark.slow
def test_an_outcome_that_is_told_twice_counts_once(campaign: Campaign, api: APIClient) -> None:
    body = told(mail_of(campaign), "revenue", value="1200.50")

    first, second = (api.post(URL, body, format="json") for _ in range(2))
    keyed = [api.post(URL, body, format="json", headers={"Idempotency-Key": "k"}) for _ in range(2)]

    assert [answer.status_code for answer in (first, second, *keyed)] == [201, 200, 200, 200]
    assert first.json() == second.json() == keyed[0].json()
    assert (first.json()["value"], first.json()["campaign"]) == ("1200.50", campaign.slug)
    assert Event.objects.filter(kind="revenue").count() == 1


def test_the_same_outcome_with_another_value_is_refused(campaign: Campaign, api: APIClient) -> None:
    at = timezone.now() - timedelta(hours=1)
    api.post(URL, told(mail_of(campaign), "revenue", at=at, value="10"), format="json")

    answer = api.post(URL, told(mail_of(campaign), "revenue", at=at, value="11"), format="json")

    assert (answer.status_code, answer.json()["code"]) == (409, "outcome_differs")
    assert "$10.00" in answer.json()["title"]


def test_a_mail_that_nobody_knows_is_not_found(campaign: Campaign, api: APIClient) -> None:
    answer = api.post(URL, {**told(mail_of(campaign)), "message": str(uuid4())}, format="json")

    assert answer.status_code == 404
    assert answer.json()["title"] == "There is no such mail."
    assert not Event.objects.filter(kind="meeting").exists()


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize(
    ("change", "status", "field"),
    [
        ({"kind": "replied"}, 400, "kind"),
        ({"kind": "revenue"}, 422, "value"),
        ({"kind": "meeting", "value": "5"}, 422, "value"),
        ({"kind": "opportunity", "value": "-1"}, 422, "value"),
        ({"kind": "opportunity", "value": "1000000000"}, 422, "value"),
        ({"kind": "opportunity", "value": "much"}, 400, "value"),
        ({"at": "soon"}, 400, "at"),
        ({"at": "2999-01-01T00:00:00Z"}, 422, "at"),
        ({"at": "2020-01-01T00:00:00Z"}, 422, "at"),
        ({"message": "first"}, 400, "message"),
    ],
)
def test_bad_input_is_named(
    campaign: Campaign, api: APIClient, change: dict[str, str], status: int, field: str
) -> None:
    answer = api.post(URL, {**told(mail_of(campaign)), **change}, format="json")

    assert answer.status_code == status, answer.data
    assert field in answer.json()["errors"]
    assert not Event.objects.filter(source="api").exists()


def test_a_mail_that_has_not_gone_has_no_outcome(campaign: Campaign, api: APIClient) -> None:
    mail = mail_of(campaign)
    Message.objects.filter(pk=mail.pk).update(state=MessageState.APPROVED, sent_at=None)

    answer = api.post(URL, told(mail), format="json")

    assert (answer.status_code, answer.json()["code"]) == (409, "mail_not_sent")


@pytest.mark.slow
def test_nothing_is_written_down_of_who_was_erased_and_totals_stay(
    campaign: Campaign, api: APIClient, admin: Member
) -> None:
    mail = mail_of(campaign)
    api.post(URL, told(mail, "revenue", value="250"), format="json")

    export_and_erase.erase(mail.contact.address, by=admin)
    answer = api.post(URL, told(mail), format="json")

    assert (answer.status_code, answer.json()["code"]) == (409, "contact_erased")
    assert [(total.kind, total.contacts, str(total.value_usd)) for total in queries.totals(campaign)] == [
        ("revenue", 1, "250.00")
    ]


@pytest.mark.slow
def test_a_meeting_ends_the_sequence_and_revenue_does_not(campaign: Campaign, api: APIClient) -> None:
    met, planned, paid = (mail_of(campaign, at) for at in range(3))
    api.post(URL, told(met), format="json")
    api.post(URL, told(paid, "revenue", value="5"), format="json")
    tick.advance_all()
    second = Message.objects.filter(step__number=2)

    assert {mail.contact_id for mail in second} == {planned.contact_id, paid.contact_id}
    api.post(URL, told(planned), format="json")
    stopped = second.get(contact=planned.contact_id)
    assert (stopped.state, stopped.stop_reason) == (MessageState.STOPPED, "meeting")
    assert second.get(contact=paid.contact_id).state == MessageState.APPROVED


def test_a_report_does_not_settle_whether_a_mail_arrived(campaign: Campaign, api: APIClient) -> None:
    mail = mail_of(campaign)
    Message.objects.filter(pk=mail.pk).update(state=MessageState.UNKNOWN, sent_at=None)

    assert api.post(URL, told(mail), format="json").status_code == 201

    mail.refresh_from_db()
    assert mail.state == MessageState.UNKNOWN


def test_an_experiment_may_count_meetings(campaign: Campaign, api: APIClient) -> None:
    api.post(URL, told(mail_of(campaign)), format="json")

    of_contacts = contact_outcomes.of_contacts(campaign, metric=Metric.MEETING, horizon_days=7)

    assert sorted(contact.outcome for contact in of_contacts) == [0, 0, 1]
    assert len(enrolments.enrolled_in(campaign, Metric.MEETING).happened) == 1


@pytest.mark.slow
def test_outcomes_stand_on_the_campaigns_and_the_contacts_page(
    campaign: Campaign, api: APIClient, lead: Member, as_member: Callable[[Member], Client]
) -> None:
    mail, other = mail_of(campaign), mail_of(campaign, 1)
    for n, of in enumerate((mail, mail, other)):
        at = timezone.now() - timedelta(minutes=n + 1)
        api.post(URL, told(of, EventKind.OPPORTUNITY, at=at, value="1000"), format="json")

    browser = as_member(lead)
    page = browser.get(f"/campaigns/{campaign.slug}/").content.decode()
    contact = browser.get(f"/contacts/{mail.contact_id}/").content.decode()

    row = page[page.index('id="outcomes-h"') :]
    assert '<th scope="row">Opportunity</th><td class="num">2</td><td class="num">3</td>' in row
    assert "$3,000.00" in row
    assert contact.count('<th scope="row">Opportunity</th>') == 2
