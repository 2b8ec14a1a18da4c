"""A campaign of several senders by page and by API, and what a sender may send on its own page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from campaigns.experiments.next_round import plan_after
from campaigns.experiments.winner import ExperimentWinner
from campaigns.models import Campaign, FurtherSender, SenderIdentity
from campaigns.senders import choice, queries
from campaigns.states import MessageState
from members.models import Member
from review.models import Task
from tests.campaigns import factories
from tests.campaigns.pipeline.test_api import BODY, URL
from tests.campaigns.pipeline.test_pages import FORM
from tests.review import factories as desk

pytestmark = pytest.mark.django_db
AsMember = Callable[[Member], Client]
Api = Callable[..., APIClient]


@pytest.fixture
def senders() -> list[SenderIdentity]:
    return [
        factories.make_sender(slug=slug, name=slug.title(), from_name=slug.title()) for slug in ("nora", "olaf", "pia")
    ]


def names_of(campaign: Campaign) -> list[str]:
    return [share.sender.slug for share in queries.shares_of(campaign, choice.senders_of(campaign))]


@pytest.mark.slow
def test_a_lead_chooses_several_and_changes_them(
    task: Task, senders: list[SenderIdentity], people: None, lead: Member, as_member: AsMember
) -> None:
    browser = as_member(lead)
    form = browser.get(f"/tasks/{task.slug}/campaigns/new/").content.decode()
    # The first sender is chosen again by mistake: it is one sender.
    browser.post(f"/tasks/{task.slug}/campaigns/new/", {**FORM, "further_senders": ["pia", "nora"]})
    campaign = Campaign.objects.get()

    assert "More senders" in form
    assert names_of(campaign) == ["nora", "pia"]
    shown = browser.get(f"/campaigns/{campaign.slug}/edit/").content.decode()
    assert 'value="pia" id="id_further_senders_2" checked' in " ".join(shown.split())
    browser.post(f"/campaigns/{campaign.slug}/edit/", {**FORM, "further_senders": ["olaf"]})
    assert names_of(campaign) == ["nora", "olaf"]
    assert "Mails by sender" in browser.get(f"/campaigns/{campaign.slug}/").content.decode()


def test_with_one_sender_there_is_nothing_to_choose(task: Task, lead: Member, as_member: AsMember) -> None:
    factories.make_sender()

    assert "More senders" not in as_member(lead).get(f"/tasks/{task.slug}/campaigns/new/").content.decode()


def test_a_program_names_them_and_is_told_of_each(
    task: Task, senders: list[SenderIdentity], people: None, lead: Member, api_as: Api
) -> None:
    api = api_as(lead, scopes=("lead",))
    made = api.post(URL, {**BODY, "further_senders": ["olaf"]}, format="json")
    unknown = api.post(URL, {**BODY, "name": "Other", "further_senders": ["nobody"]}, format="json")
    headless = api.post(URL, {**BODY, "name": "Third", "sender": None, "further_senders": ["olaf"]}, format="json")

    assert made.status_code == 201
    full = api.get(f"{URL}spring/").data
    assert [(each["sender"], each["sent"], each["allowance_today"]) for each in full["senders"]] == [
        ("nora", 0, None), ("olaf", 0, None),
    ]  # fmt: skip
    assert unknown.status_code == 404
    assert (headless.status_code, headless.data["code"]) == (422, "campaign_invalid")


def test_each_needs_an_address_before_the_launch(
    task: Task, senders: list[SenderIdentity], people: None, lead: Member, api_as: Api
) -> None:
    SenderIdentity.objects.filter(slug="olaf").update(postal_address="")
    api = api_as(lead, scopes=("lead",))
    api.post(URL, {**BODY, "further_senders": ["olaf"]}, format="json")

    assert [(each["code"], each["message"]) for each in api.get(f"{URL}spring/").data["problems"]] == [
        ("no_postal_address", "Olaf has no postal address.")
    ]


def test_who_leads_not_all_tasks_that_share_a_sender_does_not_change_it(
    task: Task, senders: list[SenderIdentity], lead: Member, admin: Member
) -> None:
    other = factories.make_plain_campaign(desk.make_task(by=admin, slug="other"), sender=senders[0])
    mine = factories.make_plain_campaign(task, slug="mine", sender=senders[1])

    assert queries.may_change(lead, senders[1])
    FurtherSender.objects.create(campaign=other, sender=senders[1], position=1)
    assert not queries.may_change(lead, senders[1])
    running = {sender.slug: sender.campaigns_running for sender in queries.visible(lead)}  # type: ignore[attr-defined]
    assert running == {"nora": 1, "olaf": 2, "pia": 0}
    assert mine.sender == senders[1]


def test_a_senders_page_and_the_api_tell_its_cap_and_the_mails_of_today(
    task: Task, campaign: Campaign, admin: Member, as_member: AsMember, api_as: Api
) -> None:
    sender = campaign.sender
    assert sender is not None
    browser, place = as_member(admin), f"/tasks/{task.slug}/senders/{sender.slug}/"
    given = {name: getattr(sender, name) for name in ("name", "from_name", "from_address", "reply_address")}
    saved = browser.post(place, {**given, "daily_limit": "60"})
    contact = factories.make_contact(task, "ada@gmail.com")
    factories.make_mail(campaign, contact, state=MessageState.SENT, sender=sender, sending_at=timezone.now())
    page = " ".join(browser.get(place).content.decode().split())
    told = api_as(admin, scopes=("lead",)).get(f"/api/v1/senders/{sender.slug}/").data

    assert saved.status_code == 302
    assert "1 mail has gone of 60" in page
    assert (told["daily_limit"], told["went_today"], told["allowance_today"]) == (60, 1, 60)


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("daily_limit", {"daily_limit": 0}),
        ("tracking_domain", {"tracking_domain": "https://links.yours.example/x"}),
        ("tracking_domain", {"tracking_domain": "localhost"}),
    ],
)
def test_what_could_not_be_meant_is_refused_by_field(
    senders: list[SenderIdentity], admin: Member, api_as: Api, field: str, values: dict[str, Any]
) -> None:
    answer = api_as(admin, scopes=("lead",)).patch("/api/v1/senders/nora/", values, format="json")

    assert (answer.status_code, list(answer.data["errors"])) == (422, [field])
    assert SenderIdentity.objects.get(slug="nora").daily_limit is None


def test_a_next_round_has_the_senders_of_the_one_before(task: Task, senders: list[SenderIdentity]) -> None:
    campaign = factories.make_plain_campaign(task, sender=senders[0])
    arm = campaign.arms.create(name="A")
    FurtherSender.objects.create(campaign=campaign, sender=senders[2], position=1)

    plan = plan_after(campaign, ExperimentWinner(arm, "A won.", ""), name="Two")

    assert (plan.sender, list(plan.further_senders)) == (senders[0], [senders[2]])
