"""The desk over HTTP: drafts, the deck, verdicts, leaving."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from members.models import Member
from review.models import Assignment, Decision, Draft, Task
from review.states import AssignmentState, DraftState
from tests.review import factories

pytestmark = pytest.mark.django_db
DECK = "/api/v1/desk/outreach/deck/"


@pytest.fixture
def api(expert: Member, api_as) -> APIClient:
    return api_as(expert, scopes=("review",))


def decide(api: APIClient, card: dict[str, Any], **body: Any):
    headers = {"If-Match": f'"{card["etag"]}"'} if "etag" in card else {}
    body = {"id": str(uuid4()), "verdict": "accept", "seconds": 4.2, **body}
    return api.post(f"/api/v1/drafts/{card['id']}/decisions/", body, format="json", headers=headers)


def test_the_deck_is_five_leased_cards_without_labelled_defects(api: APIClient) -> None:
    Draft.objects.update(labelled_defects=["wrong_fact"])

    answer = api.get(DECK)

    assert len(answer.json()["cards"]) == 5
    assert answer.json()["left"] == 8
    assert "wrong_fact" not in str(answer.json()["cards"][0]).replace("'code': 'wrong_fact'", "")


def test_a_verdict_answers_with_the_next_card(api: APIClient) -> None:
    deck = api.get(DECK).json()["cards"]

    answer = decide(api, deck[0])

    assert answer.status_code == 201
    body = answer.json()
    assert body["decision"]["verdict"] == "accept"
    assert body["state"] == "decided"
    assert len(body["next"]) == 1
    assert body["next"][0]["id"] not in {card["id"] for card in deck}
    assert body["left"] == 7
    assert body["pace"]["left"] == 7


def test_the_same_request_again_answers_200_with_the_first_result(api: APIClient) -> None:
    card = api.get(DECK).json()["cards"][0]
    body = {"id": str(uuid4()), "note": "same"}
    first = decide(api, card, **body)

    again = decide(api, card, **body)

    assert again.status_code == 200
    assert again.json()["decision"] == first.json()["decision"]
    assert len(again.json()["next"]) == 5


def test_if_match_is_asked_for_and_checked(api: APIClient) -> None:
    card = api.get(DECK).json()["cards"][0]

    missing = decide(api, {"id": card["id"]})
    stale = decide(api, {"id": card["id"], "etag": "0" * 40})

    assert missing.status_code == 428
    assert stale.status_code == 412
    assert stale.json()["state"]["etag"] == card["etag"]


@pytest.mark.parametrize(
    ("body", "part"),
    [({"verdict": "praise"}, "verdict"), ({"id": "7"}, "id"), ({"fields": "text", "verdict": "edit"}, "fields"),
     ({"ratings": {"one clear ask": "perhaps"}}, "ratings.one clear ask"), ({"seconds": -1}, "seconds")],
)  # fmt: skip
def test_a_body_of_the_wrong_form_answers_400_by_field(api: APIClient, body: dict, part: str) -> None:
    card = api.get(DECK).json()["cards"][0]

    answer = decide(api, card, **body)

    assert answer.status_code == 400
    assert part in answer.json()["errors"]


def test_drafts_are_listed_by_cursor_and_narrowed(api: APIClient, task: Task) -> None:
    first = api.get("/api/v1/drafts/", {"task": "outreach", "limit": 5}).json()
    second = api.get(first["next"]).json()

    assert len(first["results"]) == 5
    assert len(second["results"]) == 3
    assert second["next"] is None
    source = task.sources.get().slug
    assert len(api.get("/api/v1/drafts/", {"task": "outreach", "source": source}).json()["results"]) == 8
    assert api.get("/api/v1/drafts/", {"task": "outreach", "state": "decided"}).json()["results"] == []


def test_a_draft_gives_the_tag_its_decision_needs(api: APIClient) -> None:
    listed = api.get("/api/v1/drafts/", {"task": "outreach"}).json()["results"][0]
    draft = api.get(f"/api/v1/drafts/{listed['id']}/")

    answer = decide(api, {"id": listed["id"], "etag": draft["ETag"].strip('"')})

    assert answer.status_code == 201
    assert answer.json()["next"] == []


def test_defects_are_told_only_after_the_verdict(api: APIClient) -> None:
    Draft.objects.update(labelled_defects=["wrong_fact"])
    card = api.get(DECK).json()["cards"][0]
    before = api.get(f"/api/v1/drafts/{card['id']}/").json()["labelled_defects"]

    decide(api, card)

    assert before is None
    assert api.get(f"/api/v1/drafts/{card['id']}/").json()["labelled_defects"] == ["wrong_fact"]


def test_reviewers_see_their_own_words_and_leads_all(
    api: APIClient, admin: Member, api_as, make_member, task: Task
) -> None:
    other = make_member("olga")
    factories.join(other, task)
    card = api.get(DECK).json()["cards"][0]
    decide(api, card)
    path = f"/api/v1/drafts/{card['id']}/decisions/"

    assert len(api.get(path).json()["results"]) == 1
    assert len(api_as(other).get(path).json()["results"]) == 0
    assert len(api_as(admin).get(path).json()["results"]) == 1


def test_cards_are_released_and_set_aside(api: APIClient) -> None:
    deck = api.get(DECK).json()["cards"]

    leaving = {"draft": deck[0]["id"], "unfinished": {"subject": "Half"}, "seen_until": deck[0]["leased_until"]}
    released = api.post("/api/v1/desk/release/", {"cards": [leaving]}, format="json")
    aside = api.post(f"/api/v1/drafts/{deck[1]['id']}/set-aside/", {"note": "Ask"}, format="json")

    assert released.json() == {"released": 1}
    assert next(card["id"] for card in aside.json()["cards"]) == deck[0]["id"]
    assert aside.json()["cards"][0]["unfinished"] == {"subject": "Half"}
    assert Assignment.objects.get(draft_id=deck[1]["id"]).state == AssignmentState.SET_ASIDE
    held = api.post(f"/api/v1/drafts/{deck[1]['id']}/hold/")
    assert held.json()["cards"][0]["note"] == "Ask"


def test_the_page_gets_its_cards_drawn(expert: Member, as_member) -> None:
    browser = as_member(expert)

    card = browser.get(DECK, {"render": "html"}).json()["cards"][0]

    assert card["html"].lstrip().startswith("<article")
    assert card["etag"] in card["html"]


def test_keys_are_kept_and_refused_in_words(api: APIClient, expert: Member) -> None:
    saved = api.put("/api/v1/desk/keys/", {"keys": {"accept": "Y"}, "on": False}, format="json")
    taken = api.put("/api/v1/desk/keys/", {"keys": {"reject": "y"}}, format="json")
    jump = api.put("/api/v1/desk/keys/", {"keys": {"accept": "g"}}, format="json")

    assert saved.json()["keys"]["accept"] == "y"
    assert saved.json()["on"] is False
    assert (taken.status_code, jump.status_code) == (422, 422)
    assert "taken" in taken.json()["title"]
    expert.refresh_from_db()
    assert expert.preferences["desk_keys"]["accept"] == "y"


def test_a_session_without_the_csrf_token_decides_nothing(expert: Member) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(expert, backend="django.contrib.auth.backends.ModelBackend")
    card = browser.get(DECK).json()["cards"][0]

    answer = browser.post(
        f"/api/v1/drafts/{card['id']}/decisions/", {"id": str(uuid4()), "verdict": "accept"},
        content_type="application/json", headers={"If-Match": card["etag"]},
    )  # fmt: skip

    assert answer.status_code == 403
    assert not Decision.objects.exists()


@pytest.mark.slow
def test_a_decision_in_a_session_asks_at_most_twelve_questions_at_any_length(
    expert: Member, as_member, task: Task
) -> None:
    browser = as_member(expert)
    deck = browser.get(DECK).json()["cards"]

    def post(card: dict[str, Any]) -> int:
        with CaptureQueriesContext(connection) as asked:
            answer = browser.post(
                f"/api/v1/drafts/{card['id']}/decisions/?render=html", {"id": str(uuid4()), "verdict": "accept"},
                content_type="application/json", headers={"If-Match": card["etag"]},
            )  # fmt: skip
        assert len(answer.json()["next"]) == 1
        return len(asked)

    short = post(deck[0])
    factories.make_drafts(task, factories.make_records(factories.make_source(task, name="More"), 300))

    assert post(deck[1]) == short <= 12


def test_deciding_by_http_leaves_the_draft_decided(api: APIClient) -> None:
    card = api.get(DECK).json()["cards"][0]

    decide(api, card, verdict="reject", reasons=["tone"], ratings={"one clear ask": False}, note="dull")

    decision = Decision.objects.get()
    assert decision.ratings == {"one clear ask": False}
    assert decision.note == "dull"
    assert Draft.objects.get(pk=card["id"]).state == DraftState.DECIDED


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("state=judged", "Found 'judged'; expected one of pending, leased, decided, disputed, kept, machine."),
        ("until=tomorrow", "Found 'tomorrow'; expected a day such as 2026-05-31."),
        ("bulk=maybe", "Found 'maybe'; expected yes, no, or the id of an act."),
    ],
)
def test_a_list_asked_for_what_cannot_be_says_so(api: APIClient, query: str, said: str) -> None:
    answer = api.get(f"/api/v1/drafts/?{query}")

    assert answer.status_code == 400
    assert answer.json()["errors"] == {query.split("=")[0]: [said]}
