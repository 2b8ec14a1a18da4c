"""Answers through the API: written, read as they will go, drafted, sent, taken back and settled."""

from __future__ import annotations

import pytest

from campaigns.models import InboxAnswer
from review.states import Role
from tests.campaigns.answers.tasks_of_replies import make_answer_task, make_sorting_task
from tests.review.factories import join

pytestmark = pytest.mark.django_db


@pytest.fixture
def api(admin, api_as):
    return api_as(admin)


def at(reply, act=""):
    return f"/api/v1/replies/{reply.pk}/answer/{act}"


def test_an_answer_is_written_read_sent_and_taken_back(reply, api):
    before = api.get(at(reply)).json()
    written = api.put(at(reply), {"body": "Hi {{contact.first_name}}", "revision": 0}, format="json").json()
    stale = api.put(at(reply), {"body": "Mine", "revision": 0}, format="json")
    sent = api.post(at(reply, "send/"), {"revision": 1}, format="json").json()
    back = api.delete(at(reply, "send/")).json()
    listed = api.get("/api/v1/answers/?campaign=first&state=open").json()["results"]

    assert (before["answer"], before["preview"], before["draft_at_most_usd"]) == (None, None, None)
    assert {"name": "In-Reply-To", "value": "<abc@reader.example>"} in written["preview"]["headers"]
    assert written["preview"]["text"].startswith("Hi Reader0\n")
    assert (stale.status_code, stale.json()["type"].rpartition(":")[2]) == (409, "answer_changed")
    assert (sent["state"], back["state"], back["revision"]) == ("approved", "open", 1)
    assert [each["id"] for each in listed] == [sent["id"]]


@pytest.mark.slow
def test_the_inbox_is_set_up_and_a_draft_is_ordered_for_the_price_that_was_told(reply, admin, api):
    make_answer_task(admin)
    make_sorting_task(admin)
    asked = {"sorting_task": "sorting", "answer_task": "answering", "answer_teacher": "offline"}

    set_up = api.put("/api/v1/campaigns/first/inbox/", asked, format="json").json()
    told = api.get(at(reply)).json()["draft_at_most_usd"]
    drafted = api.post(at(reply, "draft/"), {"at_most_usd": told}, format="json").json()
    unfit = api.put("/api/v1/campaigns/first/inbox/", {"sorting_task": "answering"}, format="json")

    assert set_up == asked == api.get("/api/v1/campaigns/first/inbox/").json()
    assert told == "0.00"
    assert drafted["order"] is not None
    assert (unfit.status_code, "sorting_task" in unfit.json()["errors"]) == (422, True)


def test_a_corrected_class_says_why_no_gold_was_made(reply, admin, task, reviewer, api, api_as):
    make_sorting_task(admin)
    api.put("/api/v1/campaigns/first/inbox/", {"sorting_task": "sorting"}, format="json")
    join(reviewer, task)

    theirs = api_as(reviewer).patch(f"/api/v1/replies/{reply.pk}/", {"meaning": "not_now"}, format="json").json()
    ours = api.patch(f"/api/v1/replies/{reply.pk}/", {"meaning": "question"}, format="json").json()

    assert "not a reviewer" in theirs["no_gold"]
    assert ours["no_gold"] == ""


def test_a_doubt_is_settled(reply, api):
    api.put(at(reply), {"body": "Hi", "revision": 0}, format="json")
    InboxAnswer.objects.update(state="unknown")

    assert api.post(at(reply, "settle/"), {"arrived": True}, format="json").json()["state"] == "sent"
    assert api.post(at(reply, "settle/"), {"arrived": True}, format="json").status_code == 409


def test_who_does_not_lead_is_listed_no_answer(reply, task, reviewer, api_as):
    join(reviewer, task)

    assert api_as(reviewer).get("/api/v1/answers/").json()["results"] == []


def test_a_lead_is_not_told_of_tasks_that_another_lead_chose_and_they_may_not_see(
    reply, admin, task, reviewer, api, api_as
):
    make_sorting_task(admin)
    api.put("/api/v1/campaigns/first/inbox/", {"sorting_task": "sorting"}, format="json")
    join(reviewer, task, Role.LEAD)

    shown = api_as(reviewer, scopes=("lead",)).get("/api/v1/campaigns/first/inbox/").json()

    assert shown == {"sorting_task": None, "answer_task": None, "answer_teacher": None}
    assert api.get("/api/v1/campaigns/first/inbox/").json()["sorting_task"] == "sorting"
