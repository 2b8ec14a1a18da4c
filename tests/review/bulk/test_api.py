"""Acts on many drafts over the API."""

from __future__ import annotations

from uuid import uuid4

import pytest

from members.models import Member
from review.desk import decisions, deck
from review.models import Decision, Draft, Gold, Task
from tests.review import factories
from tests.review.bulk.acts import THURSDAY, pending
from tests.review.desk.verbs import judge

pytestmark = pytest.mark.django_db
PREVIEW, BULK = "/api/v1/tasks/outreach/bulk/preview/", "/api/v1/tasks/outreach/bulk/"
SAID = {"verdict": "reject", "reasons": ["tone"]}


@pytest.fixture
def api(expert: Member, api_as):
    return api_as(expert)


@pytest.mark.slow
def test_preview_act_and_undo(api, task: Task) -> None:
    shown = api.post(PREVIEW, {**SAID, "filters": {"q": "thursday"}}, format="json").json()
    body = {**SAID, "id": str(uuid4()), "drafts": shown["drafts"], "tag": shown["tag"]}

    done = api.post(BULK, body, format="json")
    again = api.post(BULK, body, format="json")
    undone = api.post(f"/api/v1/bulk/{body['id']}/undo/").json()

    assert shown["count"] == 40
    assert shown["left_out"] == {}
    assert len(shown["samples"]) == 10
    assert done.status_code == 200
    assert done.json() == again.json()
    assert done.json()["count"] == 40
    assert undone["count"] == 40
    assert not Gold.objects.exists()


def test_an_act_without_its_preview_is_refused(api, task: Task) -> None:
    answer = api.post(
        BULK, {**SAID, "id": str(uuid4()), "drafts": [str(pending(task, 1)[0])], "tag": ""}, format="json"
    )

    assert (answer.status_code, answer.json()["code"]) == (428, "preview_missing")
    assert not Decision.objects.exists()


def test_a_preview_that_names_nothing_is_refused(api, task: Task) -> None:
    nothing = api.post(PREVIEW, SAID, format="json")
    strange = api.post(PREVIEW, {**SAID, "verdict": "burn", "filters": {"q": "x"}}, format="json")

    assert "drafts" in nothing.json()["errors"]
    assert "verdict" in strange.json()["errors"]
    assert {nothing.status_code, strange.status_code} <= {400, 422}


def test_similar_drafts_of_a_draft(api, task: Task) -> None:
    one = pending(task, 1)[0]

    found = api.get(f"/api/v1/drafts/{one}/similar/").json()["results"]

    assert found[0]["share"] > 0.6
    assert str(one) not in [row["draft"]["id"] for row in found]


def test_a_changed_sentence_that_stands_in_others_is_offered(api, task: Task, expert: Member, as_member) -> None:
    (card,) = deck.deal(expert, task, count=1)
    fields = dict(card.draft.fields)
    fields["body"] = fields["body"].replace(THURSDAY, "May I ring you?")
    decisions.record(card.draft_id, by=expert, id=uuid4(), verdict="edit", if_match=card.etag, fields=fields)

    (offer,) = api.get(f"/api/v1/drafts/{card.draft_id}/repeated/").json()["results"]

    assert (offer["sentence"], offer["instead"], offer["count"]) == (THURSDAY, "May I ring you?", 39)
    assert "Edit 39 drafts" in as_member(expert).get(offer["url"]).content.decode()


def test_an_opening_edited_three_times_is_offered_as_a_check_to_those_who_may_change_the_task(
    api_as, as_member, task: Task, admin: Member, expert: Member
) -> None:
    def edit(by: Member) -> dict[str, object]:
        (card,) = deck.deal(by, task, count=1)
        fields = {**card.draft.fields}
        fields["body"] = fields["body"].replace(THURSDAY, "May I ring you?")
        decisions.record(card.draft_id, by=by, id=uuid4(), verdict="edit", if_match=card.etag, fields=fields)
        return dict(api_as(by).get(f"/api/v1/drafts/{card.draft_id}/repeated/").json()["results"][0])

    first, _, third = (edit(admin) for _ in range(3))
    theirs = [edit(expert) for _ in range(3)][-1]

    assert (first["times"], first["check_url"]) == (1, "")
    assert third["times"] == 3
    assert (theirs["times"], theirs["check_url"]) == (3, "")
    page = as_member(admin).get(third["check_url"]).content.decode()
    phrase = " ".join(THURSDAY.split()[:5])
    assert phrase in page[page.index('name="offer.forbidden_phrases"') :].split("</textarea>")[0]


def test_an_accept_offers_nothing_and_neither_does_what_nobody_judged(api, task: Task, expert: Member) -> None:
    (card,) = deck.deal(expert, task, count=1)
    before = api.get(f"/api/v1/drafts/{card.draft_id}/repeated/").json()["results"]
    judge(card, by=expert)

    after = api.get(f"/api/v1/drafts/{card.draft_id}/repeated/").json()["results"]

    assert before == after == []


def test_a_reject_offers_the_sentences_that_checks_object_to(api, task: Task, expert: Member) -> None:
    text = "This is a one hundred percent free and guaranteed miracle for you."
    records = factories.make_records(factories.make_source(task, name="Spam"), 6)
    drafts = factories.make_drafts(task, records, fields=[{"subject": "Hi", "body": text}] * 6)
    start = drafts[0].fields["body"].index("guaranteed")
    mark = {"check": "spam", "field": "body", "start": start, "end": start + 10, "message": "", "severity": "error"}
    Draft.objects.filter(pk=drafts[0].pk).update(marks=[mark])
    card = deck.hold(expert, drafts[0].pk)
    judge(card, by=expert, verdict="reject")

    (offer,) = api.get(f"/api/v1/drafts/{drafts[0].pk}/repeated/").json()["results"]

    assert (offer["sentence"], offer["count"], offer["instead"]) == (text, 5, None)


@pytest.mark.parametrize(
    ("filters", "named", "wanted"),
    [
        ({"stat": "pending"}, "stat", "There is no filter 'stat'"),
        ({"q": "thursday", "verdict": "acept"}, "verdict", "Found 'acept'; expected one of accept, edit, reject."),
        ({"round": "first"}, "round", "Found 'first'; expected the number of a round."),
        ({"since": "31.5.2026"}, "since", "a day such as 2026-05-31"),
    ],
)
def test_a_filter_that_is_not_understood_finds_nothing_rather_than_everything(
    api, task: Task, filters: dict[str, str], named: str, wanted: str
) -> None:
    answer = api.post(PREVIEW, {**SAID, "filters": filters}, format="json")

    assert answer.status_code == 400
    assert wanted in answer.json()["errors"][f"filters.{named}"][0]
