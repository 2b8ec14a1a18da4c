from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from campaigns.models import Campaign, Contact, Message
from campaigns.services import launch, tick
from members.models import Member
from review.models import Candidate, Record, Task
from review.states import Role
from tests.campaigns import factories
from tests.campaigns.pipeline.conftest import answer_orders
from tests.review import factories as desk

pytestmark = pytest.mark.django_db
AsMember = Callable[[Member], Client]


@pytest.fixture
def waiting(campaign: Campaign, lead: Member) -> Campaign:
    """A campaign whose six drafts wait on the desk."""
    begun = launch.launch(campaign, by=lead)
    tick.advance_all()
    answer_orders()
    tick.advance_all()
    return begun


@pytest.fixture
def reviewer(make_member: Callable[..., Member], task: Task) -> Member:
    member = make_member("rea")
    desk.join(member, task, Role.REVIEWER)
    return member


def test_a_lead_reads_whom_a_draft_goes_to(waiting: Campaign, task: Task, lead: Member, as_member: AsMember) -> None:
    first = Message.objects.order_by("candidate__queue_position")[0].contact

    page = as_member(lead).get(f"/tasks/{task.slug}/review/").content.decode()

    said = f"This goes to {first.name} at {first.company} when you accept it: mail 1 of the campaign Spring."
    assert said in page


def test_a_reviewer_reads_how_many_and_where_and_no_name(
    waiting: Campaign, task: Task, reviewer: Member, as_member: AsMember
) -> None:
    page = as_member(reviewer).get(f"/tasks/{task.slug}/review/").content.decode()

    assert "This goes to 1 person at" in page
    assert not any(contact.first_name in page or contact.address in page for contact in Contact.objects.all())


def test_people_who_share_a_draft_are_counted_and_a_held_campaign_says_so(
    task: Task, records: list[Record], lead: Member, api_as: Callable[..., APIClient]
) -> None:
    factories.make_people(task, records[:1])
    factories.make_people(task, records[:1], start=50)
    begun = launch.launch(factories.make_draft_campaign(task, by=lead), by=lead, is_held=True)
    tick.advance_all()
    answer_orders()
    tick.advance_all()

    [card] = api_as(lead).get(f"/api/v1/desk/{task.slug}/deck/").data["cards"]

    assert begun.is_held
    assert " and 1 more once you accept it and the campaign is let go" in card["goes_to"]


def test_ordinary_cards_cost_no_statement_more_and_campaign_cards_one(
    waiting: Campaign, task: Task, records: list[Record], lead: Member, as_member: AsMember
) -> None:
    browser, url = as_member(lead), f"/tasks/{task.slug}/review/"
    browser.get(url)

    with CaptureQueriesContext(connection) as ordered:
        browser.get(url)
    Candidate.objects.update(origin="teacher")
    with CaptureQueriesContext(connection) as ordinary:
        page = browser.get(url).content.decode()

    asked = [query["sql"] for query in ordered if "campaigns_message" in query["sql"]]
    assert len(asked) == 1
    assert not any("campaigns_" in query["sql"] for query in ordinary)
    assert "This goes to" not in page


def test_a_follow_up_shows_what_was_sent_before(
    waiting: Campaign, task: Task, lead: Member, as_member: AsMember
) -> None:
    Candidate.objects.update(
        thread=[{"subject": "First words", "body": "Hi {{contact.first_name}}, <b>a question</b>."}]
    )

    page = as_member(lead).get(f"/tasks/{task.slug}/review/").content.decode()

    assert "Sent before, and not answered" in page
    assert "Mail 1: First words" in page
    assert "&lt;b&gt;a question" in page
