"""The API of the team's side of a desk: happy, refused, by role, and from another task."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from members.models import Member
from review.adjudication.known_answers import manage
from review.desk import deck as desk_deck
from review.models import Comment, DeskSettings, Draft, KnownAnswer, Mention, Task
from review.states import Role
from tests.review import factories
from tests.review.desk.verbs import judge
from tests.review.rulings.verdicts import dispute

pytestmark = pytest.mark.django_db

SETTINGS = {"order": "oldest", "random_share": 0.1, "overlap_share": 0.5, "overlap_reviewers": 2, "known_every": 0}


@pytest.fixture
def draft(task: Task) -> Draft:
    return Draft.objects.order_by("queue_position").first()


def test_a_lead_reads_and_writes_how_the_desk_deals(task: Task, lead: Member, api_as) -> None:
    api = api_as(lead, scopes=("lead",))

    before = api.get("/api/v1/tasks/outreach/desk-settings/").json()
    after = api.put("/api/v1/tasks/outreach/desk-settings/", SETTINGS, format="json")
    refused = api.put("/api/v1/tasks/outreach/desk-settings/", {**SETTINGS, "overlap_share": 3}, format="json")

    assert (before["order"], before["random_share"], before["waits_for_others"]) == ("oldest", 0.15, 0)
    assert after.status_code == 200
    assert after.json()["overlap_share"] == DeskSettings.objects.get().overlap_share == 0.5
    assert refused.status_code == 422
    assert "overlap_share" in refused.json()["errors"]


def test_a_lead_makes_a_known_answer_and_takes_it_out(task: Task, lead: Member, draft: Draft, api_as) -> None:
    api = api_as(lead)
    body = {"draft": str(draft.pk), "verdict": "reject", "reasons": ["tone"], "note": "It shouts."}

    made = api.post("/api/v1/tasks/outreach/known-answers/", body, format="json")
    again = api.post("/api/v1/tasks/outreach/known-answers/", body, format="json")
    listed = api.get("/api/v1/tasks/outreach/known-answers/").json()["results"]
    gone = api.delete(f"/api/v1/known-answers/{made.json()['id']}/")

    assert (made.status_code, again.status_code, gone.status_code) == (201, 409, 204)
    assert [(one["verdict"], one["judged"]) for one in listed] == [("reject", 0)]
    assert not KnownAnswer.objects.exists()


def test_known_answers_comments_and_mentions_come_page_by_page(task: Task, lead: Member, draft: Draft, api_as) -> None:
    api = api_as(lead)
    for each in Draft.objects.order_by("pk")[:3]:
        manage.add(each.pk, by=lead, verdict="accept")
    for text in ("First", "Second", "Third"):
        Mention.objects.create(comment=Comment.objects.create(draft=draft, author=lead, text=text), member=lead)

    def all_of(path: str) -> list[dict[str, Any]]:
        rows, address = [], f"/api/v1/{path}?limit=2"
        while address:
            page = api.get(address).json()
            rows, address = rows + page["results"], page["next"]
        return rows

    newest_first = KnownAnswer.objects.order_by("-created_at")
    assert [row["id"] for row in all_of("tasks/outreach/known-answers/")] == [str(each.pk) for each in newest_first]
    assert [row["text"] for row in all_of(f"drafts/{draft.pk}/comments/")] == ["First", "Second", "Third"]
    assert [row["text"] for row in all_of("mentions/")] == ["Third", "Second", "First"]


def test_a_known_answer_is_made_of_a_draft_of_this_task_only(task: Task, lead: Member, admin: Member, api_as) -> None:
    elsewhere = factories.make_desk(by=admin, count=1, slug="elsewhere")
    factories.join(lead, elsewhere, Role.LEAD)
    body = {"draft": str(elsewhere.drafts.get().pk), "verdict": "accept"}

    answer = api_as(lead).post("/api/v1/tasks/outreach/known-answers/", body, format="json")

    assert answer.status_code == 404


def test_cards_are_given_and_taken_back(task: Task, lead: Member, other: Member, api_as) -> None:
    api = api_as(lead)

    given = api.post("/api/v1/tasks/outreach/assigned-cards/", {"member": "olga", "count": 2}, format="json")
    strange = api.post("/api/v1/tasks/outreach/assigned-cards/", {"member": "nobody", "count": 2}, format="json")
    back = api.delete("/api/v1/tasks/outreach/assigned-cards/olga/")

    assert given.json() == back.json() == {"member": "olga", "cards": 2}
    assert strange.status_code == 422


def test_comments_are_written_read_and_taken_away(
    task: Task, draft: Draft, expert: Member, other: Member, api_as
) -> None:
    api, theirs = api_as(expert, scopes=("review",)), api_as(other, scopes=("review",))
    path, body = f"/api/v1/drafts/{draft.pk}/comments/", {"id": str(uuid4()), "text": "Look, @olga"}

    made = api.post(path, body, format="json")
    unread = theirs.get("/api/v1/mentions/?unread=1").json()["results"]
    read = theirs.post("/api/v1/mentions/read/", {"comments": [body["id"]]}, format="json")

    assert made.status_code == 201
    assert [one["text"] for one in api.get(path).json()["results"]] == ["Look, @olga"]
    assert [(one["task"], one["author"]) for one in unread] == [("outreach", "rob")]
    assert read.json() == {"read": 1}
    assert theirs.get("/api/v1/mentions/?unread=1").json()["results"] == []
    assert theirs.delete(f"/api/v1/comments/{body['id']}/").status_code == 403
    assert api.delete(f"/api/v1/comments/{body['id']}/").status_code == 204
    assert not Comment.objects.exists()


def test_verdicts_are_sent_back_with_the_tag_of_what_was_said(
    task: Task, lead: Member, expert: Member, other: Member, api_as
) -> None:
    first, second = dispute(task, lead=lead, one=expert, other=other)
    api, path = api_as(lead), f"/api/v1/drafts/{first.draft_id}/send-back/"
    tag = api.get(f"/api/v1/drafts/{first.draft_id}/dispute/").json()["etag"]
    body = {"comment": "Look again", "decisions": [str(second.pk)]}

    bare = api.post(path, body, format="json")
    sent = api.post(path, body, format="json", headers={"If-Match": f'"{tag}"'})

    assert bare.status_code == 428
    assert sent.status_code == 201
    assert [(one["kind"], one["state"]) for one in sent.json()["results"]] == [("send_back", "pending")]


def test_no_reviewer_is_told_what_another_said_of_a_card_they_are_to_judge(
    task: Task, lead: Member, expert: Member, other: Member, deals, api_as
) -> None:
    deals(overlap_share=1.0)
    card = desk_deck.deal(expert, task, count=1)[0]
    judge(card, by=expert, verdict="reject", note="Far too loud")
    api, path = api_as(other), f"/api/v1/drafts/{card.draft_id}/"

    draft, said = api.get(path).json(), api.get(f"{path}decisions/").json()["results"]
    deck = {one["id"]: one for one in api.get("/api/v1/desk/outreach/deck/").json()["cards"]}
    page = api.get(f"{path}dispute/")

    assert (draft["state"], draft["verdict"], said) == ("pending", None, [])
    assert str(card.draft_id) in deck
    assert "Far too loud" not in str(deck)
    assert page.status_code == 403
    assert len(api_as(lead).get(f"{path}decisions/").json()["results"]) == 1
