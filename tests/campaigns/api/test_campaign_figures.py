"""The API tells a campaign's figures as its page does: of a large one as they were counted a while ago,
with the moment.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.utils.dateparse import parse_datetime
from rest_framework.test import APIClient

from campaigns.models import Campaign, Message
from campaigns.planning.plans import ArmPlan
from campaigns.states import CampaignState, MessageState
from generation.models import Teacher
from members.models import Member
from review.models import Task
from tests.campaigns import factories
from tests.review import factories as desk

pytestmark = pytest.mark.django_db
URL = "/api/v1/campaigns/"


@pytest.fixture
def task(admin: Member) -> Task:
    return desk.make_task(by=admin)


@pytest.fixture
def mails(task: Task) -> list[Message]:
    """Three mails of a running campaign: one went, one waits for a person, one is approved."""
    campaign = factories.make_sending_campaign(task)
    made = factories.make_due_mails(campaign, 3)
    for mail, state in zip(made, (MessageState.SENT, MessageState.AWAITING), strict=False):
        Message.objects.filter(pk=mail.pk).update(state=state)
    return made


@pytest.fixture
def api(admin: Member, api_as: Callable[..., APIClient]) -> APIClient:
    return api_as(admin)


def row(api: APIClient) -> dict[str, Any]:
    (found,) = api.get(URL).json()["results"]
    return {name: found[name] for name in ("slug", "contacts", "awaiting", "sent", "replied", "counted_at")}


def test_the_list_says_how_far_each_campaign_is(api: APIClient, mails: list[Message]) -> None:
    assert row(api) == {
        "slug": "first", "contacts": 3, "awaiting": 1, "sent": 1, "replied": 0, "counted_at": None,
    }  # fmt: skip


def test_the_list_counts_as_often_for_two_campaigns_as_for_one(
    api: APIClient, mails: list[Message], task: Task, django_assert_max_num_queries: Any
) -> None:
    with django_assert_max_num_queries(50) as one:
        api.get(URL)
    factories.make_plain_campaign(task, slug="second")

    with django_assert_max_num_queries(len(one)):
        assert len(api.get(URL).json()["results"]) == 2


@pytest.mark.slow
def test_what_takes_long_to_count_is_told_with_its_moment(
    api: APIClient, mails: list[Message], kept_figures: None
) -> None:
    first = (row(api), api.get(f"{URL}first/").json())
    Message.objects.filter(pk=mails[2].pk).update(state=MessageState.SENT)

    listed, full = row(api), api.get(f"{URL}first/").json()

    assert [each["counted_at"] for each in first] == [None, None]
    assert (listed["sent"], full["steps"][0]["sent"]) == (1, 1)
    assert all(parse_datetime(each["counted_at"]) for each in (listed, full))
    # Another state is another count: what an act answers is never from before it.
    Campaign.objects.update(state=CampaignState.PAUSED)
    assert (row(api)["sent"], api.get(f"{URL}first/").json()["steps"][0]["sent"]) == (2, 2)


@pytest.mark.slow
def test_a_draft_is_counted_anew_after_each_change(
    api: APIClient, task: Task, admin: Member, kept_figures: None
) -> None:
    offline = Teacher.objects.get(slug="offline")
    factories.make_draft_campaign(task, by=admin, arms=[ArmPlan("Old", teacher=offline)])
    api.get(f"{URL}spring/")

    body = {"task": task.slug, "name": "Spring", "arms": [{"name": "New", "teacher": "offline"}]}
    answer = api.put(f"{URL}spring/", body, format="json").json()

    assert [arm["name"] for arm in answer["arms"]] == ["New"]
    assert answer["counted_at"] is None


def test_what_was_read_of_a_draft_changes_nothing_when_it_is_sent_back(
    api: APIClient, task: Task, admin: Member
) -> None:
    offline = Teacher.objects.get(slug="offline")
    factories.make_draft_campaign(task, by=admin, arms=[ArmPlan("A", teacher=offline)])
    steps = [{}, {"writer": "template", "wait_s": 86_400, "subject": "Again", "body": "Hi {{contact.first_name}}"}]
    settings = {
        "links": {"demo": "https://example.com/demo"}, "audience": {"segment": "North", "limit": 5, "import": None},
        "daily_cap": 7, "mails_per_minute": 3, "contact_cap": 2, "company_cap": 4, "max_complaints": 0.01,
        "max_bounces": 0.02, "max_unsubscribes": 0.03, "quiet_from": 21, "quiet_until": 9, "sends_at_weekends": True,
        "tracks_opens": True, "holds_out_everywhere": True, "time_zone": "Europe/Vienna", "days_off": ["2026-12-24"],
        "further_senders": [], "reply_teacher": "offline", "sample_share": 0.5, "max_model_usd": "2.000000",
    }  # fmt: skip
    arms = [{"name": "A", "teacher": "offline"}]
    body = {"task": task.slug, "name": "Spring", "arms": arms, "steps": steps, **settings}
    made = api.put(f"{URL}spring/", body, format="json").json()

    answer = api.put(f"{URL}spring/", api.get(f"{URL}spring/").json(), format="json")

    assert {name: made.get(name) for name in settings} == settings, made
    assert [(step["subject"], step["body"]) for step in made["steps"]] == [("", ""), ("Again", steps[1]["body"])]
    assert (answer.status_code, answer.json()) == (200, made)
