"""A mail whose contact or sender holds a mark that nothing filled is refused at the launch, held later,
and goes once corrected.
"""

from __future__ import annotations

import html
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from campaigns.compose import message as compose
from campaigns.compose.content import with_words
from campaigns.contacts import correct
from campaigns.mails import dry_run, queries
from campaigns.models import Campaign, Contact, Message, SenderIdentity
from campaigns.planning import launch_checks
from campaigns.states import CampaignState, HoldReason, MessageState
from jobs.models import Job
from members.models import Member
from review.states import Role
from tests.campaigns import factories
from tests.review import factories as desk

AsMember = Callable[[Member], Client]
AsApi = Callable[..., APIClient]
pytestmark = pytest.mark.django_db
# Sending reads and writes on threads of its own.
in_threads = pytest.mark.django_db(transaction=True)


@in_threads
@pytest.mark.parametrize(
    ("column", "value"), [("company", "{{company}}"), ("first_name", "*|FNAME|*"), ("last_name", "[[name]]")]
)
def test_a_mail_waits_for_its_contacts_correction_and_goes_then(
    campaign: Campaign,
    mail: Message,
    mailbox: Any,
    send: Callable[[Campaign], Job],
    admin: Member,
    column: str,
    value: str,
) -> None:
    Contact.objects.filter(pk=mail.contact_id).update(**{column: value})
    others = factories.make_due_mails(campaign, 1, name="other")

    send(campaign)

    mail.refresh_from_db()
    assert (mail.state, mail.held_because) == (MessageState.APPROVED, HoldReason.VALUE)
    assert mail.problem == f"Contact.{column} holds {value}, which was never filled in."
    shown = with_words(Message.objects.filter(pk=mail.pk)).get()
    assert value in queries.line(shown).why
    assert value in dry_run.preview(shown, links=compose.links_of(campaign)).problem
    assert Message.objects.get(pk=others[0].pk).state == MessageState.SENT
    assert len(list(mailbox.newest())) == 1

    correct.correct(Contact.objects.get(pk=mail.contact_id), {column: "Ada"}, by=admin)
    send(campaign)

    mail.refresh_from_db()
    assert (mail.state, mail.problem) == (MessageState.SENT, "")


def test_a_launch_names_contacts_senders_and_texts_with_marks(campaign: Campaign) -> None:
    Campaign.objects.filter(pk=campaign.pk).update(state=CampaignState.PLANNED)
    for number in range(5):
        factories.make_contact(campaign.task, f"ada{number}@acme.example", company="{{company}}" if number else "[x+1]")
    SenderIdentity.objects.update(from_name="%SENDER_NAME%")
    campaign.steps.create(number=2, writer="template", subject="Again, *|FNAME|*", body="Hi?", wait_s=1)

    problems = {
        problem.place: problem for problem in launch_checks.launch_problems(Campaign.objects.get(pk=campaign.pk))
    }

    assert problems["contacts"].code == "unfilled_value"
    assert problems["contacts"].message == (
        "company of ada1@acme.example holds {{company}}; company of ada2@acme.example holds {{company}}; "
        "company of ada3@acme.example holds {{company}}; so do 1 more, which was never filled in."
    )
    assert "the from name holds %SENDER_NAME%" in problems["sender"].message
    assert problems["steps"].message == "Mail 2 holds *|FNAME|*, which has no value here."


def test_leads_alone_read_addresses_of_contacts_among_the_problems(
    campaign: Campaign, admin: Member, make_member: Callable[..., Member], as_member: AsMember, api_as: AsApi
) -> None:
    Campaign.objects.filter(pk=campaign.pk).update(state=CampaignState.PLANNED)
    campaign.arms.create(name="A", position=0)
    factories.make_contact(campaign.task, "ada@acme.example", first_name="{{first_name}}")
    viewer = make_member("vic")
    desk.join(viewer, campaign.task, Role.VIEWER)

    def shown(member: Member) -> list[str]:
        url = f"/api/v1/campaigns/{campaign.slug}/"
        page = html.unescape(as_member(member).get(f"/campaigns/{campaign.slug}/").content.decode())
        return [page, *(str(api_as(member).get(f"{url}{end}").data["problems"]) for end in ("", "dry-run/"))]

    assert all("first_name of ada@acme.example holds {{first_name}}" in text for text in shown(admin))
    for text in shown(viewer):
        assert "first_name of [address] holds {{first_name}}" in text
        assert "ada@acme" not in text


def test_a_company_that_no_text_names_holds_no_launch(campaign: Campaign) -> None:
    campaign.steps.update(subject="Hello", body="Hi {{contact.first_name}}")
    factories.make_contact(campaign.task, company="{{company}}")

    assert "unfilled_value" not in {problem.code for problem in launch_checks.launch_problems(campaign)}
