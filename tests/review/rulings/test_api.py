"""Rulings over HTTP."""

from __future__ import annotations

import pytest
from rest_framework.test import APIClient

from members.models import Member
from review.desk import deck
from review.models import Gold, Task
from tests.review.desk.verbs import judge
from tests.review.rulings.verdicts import dispute, late_decision

pytestmark = pytest.mark.django_db


@pytest.fixture
def api(lead: Member, api_as) -> APIClient:
    return api_as(lead, scopes=("lead",))


def tag_of(api: APIClient, draft_id: object) -> dict[str, str]:
    return {"If-Match": api.get(f"/api/v1/drafts/{draft_id}/dispute/").headers["ETag"]}


def test_a_late_decision_is_listed_and_adopted(task: Task, api: APIClient, expert: Member, other: Member) -> None:
    decision, theirs = late_decision(task, by=expert, then=other)
    judge(theirs, by=other)
    listed = api.get("/api/v1/tasks/outreach/late-decisions/").json()["results"]
    headers = tag_of(api, decision.draft_id)

    answer = api.post(f"/api/v1/decisions/{decision.pk}/adopt/", {"note": "sound"}, format="json", headers=headers)
    again = api.post(f"/api/v1/decisions/{decision.pk}/adopt/", {}, format="json", headers=headers)

    assert [line["id"] for line in listed] == [str(decision.pk)]
    assert answer.status_code == 201
    assert answer.json() | {"kind": "adopt", "lead": "lena", "note": "sound", "state": "decided"} == answer.json()
    assert (again.status_code, again.json()["code"]) == (409, "already_ruled")
    words = api.get(f"/api/v1/drafts/{decision.draft_id}/decisions/").json()["results"]
    assert {line["ruled"] for line in words} == {"adopt", None}


def test_a_late_decision_is_left_aside(task: Task, api: APIClient, expert: Member, other: Member) -> None:
    decision, _ = late_decision(task, by=expert, then=other)

    answer = api.post(f"/api/v1/decisions/{decision.pk}/leave/", {}, format="json")

    assert (answer.status_code, answer.json()["kind"]) == (201, "leave")
    assert api.get("/api/v1/tasks/outreach/late-decisions/").json()["results"] == []


def test_a_dispute_is_read_and_settled(task: Task, lead: Member, api: APIClient, expert: Member, other: Member) -> None:
    first, second = dispute(task, lead=lead, one=expert, other=other)
    address = f"/api/v1/drafts/{first.draft_id}"
    seen = api.get(f"{address}/dispute/").json()

    body = {"decision": seen["results"][1]["decision"]}
    without = api.post(f"{address}/settle/", body, format="json")
    answer = api.post(f"{address}/settle/", body, format="json", headers={"If-Match": f'"{seen["etag"]}"'})
    stale = api.post(f"{address}/reopen/", {}, format="json", headers={"If-Match": f'"{seen["etag"]}"'})
    reopened = api.post(f"{address}/reopen/", {}, format="json", headers=tag_of(api, first.draft_id))

    assert [line["verdict"] for line in seen["results"]] == ["accept", "edit"]
    assert (without.status_code, answer.status_code, stale.status_code) == (428, 201, 412)
    assert answer.json()["decision"] == str(second.pk)
    assert (reopened.status_code, reopened.json()["state"]) == (201, "disputed")


def test_a_lead_settles_with_a_verdict_of_their_own(
    task: Task, lead: Member, api: APIClient, expert: Member, other: Member
) -> None:
    first, _ = dispute(task, lead=lead, one=expert, other=other)
    address, headers = f"/api/v1/drafts/{first.draft_id}/settle/", tag_of(api, first.draft_id)

    empty = api.post(address, {}, format="json", headers=headers)
    wrong = api.post(address, {"verdict": "edit", "fields": ["x"]}, format="json", headers=headers)
    answer = api.post(address, {"verdict": "reject", "reasons": ["tone"]}, format="json", headers=headers)

    assert (empty.status_code, wrong.status_code, answer.status_code) == (400, 400, 201)
    assert Gold.objects.get().decision.reviewer == lead


def test_a_second_opinion_is_asked_for(task: Task, api: APIClient, expert: Member) -> None:
    decision = judge(deck.deal(expert, task, count=1)[0], by=expert).decision
    address = f"/api/v1/drafts/{decision.draft_id}/second-opinion/"

    answer = api.post(address, headers=tag_of(api, decision.draft_id))

    assert answer.json() == {"draft": str(decision.draft_id), "state": "pending"}
