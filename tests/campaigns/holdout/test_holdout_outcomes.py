"""What comes of contacts without mail is told by contact, and counts once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.urls import reverse
from django.utils import timezone
from rest_framework.test import APIClient

from campaigns.experiments import next_round, page_data, register, results
from campaigns.experiments.design import ExperimentRequest
from campaigns.models import (
    Campaign,
    Contact,
    Enrolment,
    Experiment,
    HoldoutOutcome,
    Message,
)
from campaigns.outcomes import queries
from campaigns.privacy import export_and_erase
from campaigns.states import MessageState
from members.models import Member
from tests.campaigns import experiment_rows
from tests.campaigns.holdout.holdout_rows import MEETINGS, URL, silent, told
from web.errors import Refusal

pytestmark = pytest.mark.django_db


def test_an_experiment_beside_a_holdout_counts_what_happens_without_mail(planned: Campaign, lead: Member) -> None:
    replies = ExperimentRequest(**experiment_rows.SAID)

    with pytest.raises(Refusal) as refused:
        register.register(planned, replies, by=lead)
    shown = page_data.outlook(planned, MEETINGS)
    made = register.register(planned, MEETINGS, by=lead)

    assert refused.value.errors["metric"] == [
        "Contacts without mail cannot do this. Count one of 'Met', 'Became an opportunity', 'Bought'."
    ]
    assert made.registration["arms"][1]["held_out_of"] == "this campaign"
    assert "days past the launch, decides" in made.registration["rule"]
    assert shown is not None and shown.rule == made.registration["rule"]


def test_an_outcome_of_a_holdout_is_told_by_contact_and_counts_once(launched: Campaign, api: APIClient) -> None:
    enrolment = silent(launched)[0]
    body = told(enrolment, "revenue", value="99.5")

    first, second = (api.post(URL, body, format="json") for _ in range(2))

    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json() == second.json()
    assert first.json()["message"] is None
    assert (first.json()["contact"], first.json()["value"]) == (str(enrolment.contact_id), "99.50")
    assert HoldoutOutcome.objects.get().value_usd == Decimal("99.50")
    differs = api.post(URL, {**body, "value": "1"}, format="json")
    assert (differs.status_code, differs.json()["code"]) == (409, "outcome_differs")


def test_of_who_is_mailed_the_mail_is_to_be_named(launched: Campaign, api: APIClient) -> None:
    mailed = Enrolment.objects.filter(campaign=launched, arm__is_holdout=False)[0]
    went = timezone.now() - timedelta(hours=2)
    Message.objects.filter(enrolment=mailed).update(state=MessageState.SENT, sent_at=went, sending_at=went)

    answer = api.post(URL, told(mailed), format="json")

    assert (answer.status_code, answer.json()["code"]) == (409, "not_held_out")
    assert not HoldoutOutcome.objects.exists()


def test_what_happens_before_the_mail_counts_of_the_arm_that_is_mailed_too(launched: Campaign, api: APIClient) -> None:
    """All arms are counted from the launch: what is told of the one can be told of the other."""
    mailed = Enrolment.objects.filter(campaign=launched, arm__is_holdout=False)[0]

    answer = api.post(URL, told(mailed), format="json")

    assert answer.status_code == 201
    assert HoldoutOutcome.objects.get().enrolment == mailed
    mail = Message.objects.get(enrolment=mailed)
    assert (mail.state, mail.stop_reason) == ("stopped", "meeting")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"contact": None}, "contact"),
        ({"campaign": None}, "campaign"),
        ({"message": "00000000-0000-4000-8000-000000000000"}, "message"),
    ],
)
def test_a_mail_or_a_contact_of_a_campaign_is_named(
    launched: Campaign, api: APIClient, change: dict[str, Any], field: str
) -> None:
    body = {**told(silent(launched)[0]), **change}

    answer = api.post(URL, {key: value for key, value in body.items() if value}, format="json")

    assert answer.status_code == 400
    assert field in answer.json()["errors"]


def test_an_outcome_before_the_launch_or_of_a_stranger_is_refused(
    launched: Campaign, api: APIClient, make_member: Callable[..., Member]
) -> None:
    stranger = APIClient()
    stranger.force_authenticate(make_member("sam"))

    early = api.post(URL, told(silent(launched)[0], hours=24 * 9), format="json")
    unseen = stranger.post(URL, told(silent(launched)[0]), format="json")

    assert "The campaign was launched later" in early.json()["errors"]["at"][0]
    assert unseen.status_code == 404


def test_the_experiment_counts_what_came_of_the_holdout_from_the_launch_on(launched: Campaign, api: APIClient) -> None:
    first, second = silent(launched)[:2]
    Campaign.objects.filter(pk=launched.pk).update(launched_at=timezone.now() - timedelta(days=20))
    api.post(URL, told(first, hours=24 * 19), format="json")
    api.post(URL, told(second, hours=24 * 2), format="json")  # past the horizon of 14 days

    units = results.snapshot(Experiment.objects.get(campaign=launched)).units

    held = list(units.arms).index("Nothing")
    assert units.outcome[units.arm == held].sum() == 1
    assert (units.ripe_at == units.ripe_at[0]).all()
    shown = results.result(Experiment.objects.get(campaign=launched))
    assert shown["stage"] == "complete"
    assert [arm["is_holdout"] for arm in shown["arms"]] == [False, True]


@pytest.mark.slow
def test_where_no_mail_did_as_well_there_is_nothing_to_go_on_with(
    launched: Campaign, api: APIClient, lead: Member, as_member: Any
) -> None:
    Campaign.objects.filter(pk=launched.pk).update(launched_at=timezone.now() - timedelta(days=20))
    api.post(URL, told(silent(launched)[0], hours=24 * 19), format="json")
    experiment = Experiment.objects.get(campaign=launched)

    with pytest.raises(Refusal) as refused:
        next_round.start_next_round(experiment, by=lead)

    assert refused.value.code == "nothing_to_go_on_with"
    page = as_member(lead).get(reverse("campaigns:experiment", args=[experiment.slug])).content.decode()
    assert "No arm is confirmed to do better than no mail at all." in page
    assert "Start the next round" not in page


@pytest.mark.slow
def test_pages_tell_what_came_of_contacts_without_mail(
    launched: Campaign, api: APIClient, lead: Member, as_member: Any
) -> None:
    enrolment = silent(launched)[0]
    api.post(URL, told(enrolment, "revenue", value="20"), format="json")

    (total,) = queries.totals(launched)
    campaign = as_member(lead).get(reverse("campaigns:detail", args=[launched.slug])).content.decode()
    contact = as_member(lead).get(reverse("campaigns:contact", args=[enrolment.contact_id])).content.decode()

    assert (total.contacts, total.held_out, total.value_usd) == (1, 1, Decimal(20))
    assert "(1 without mail)" in campaign
    assert "20.00" in contact


def test_an_outcome_without_mail_is_handed_out_and_never_changes(launched: Campaign, api: APIClient) -> None:
    enrolment = silent(launched)[0]
    api.post(URL, told(enrolment, "opportunity", value="5"), format="json")

    document = export_and_erase.export(Contact.objects.get(pk=enrolment.contact_id).address)

    (held,) = document["outcomes_without_mail"]
    assert (held["campaign"], held["kind"], held["value_usd"]) == (launched.name, "Opportunity", Decimal(5))
    with pytest.raises(DatabaseError), transaction.atomic():
        HoldoutOutcome.objects.update(value_usd=6)
