"""Who wrote a draft, with what and for how much sways a verdict: it is kept from reviewers until they gave theirs."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from members.models import ApiToken, Member
from review.desk import deck
from review.models import Assignment, Draft, Task
from review.states import DraftState, Role
from tests.review import factories
from tests.review.desk.verbs import judge, pass_on

pytestmark = pytest.mark.django_db
KEPT_BACK = ("origin", "provenance", "teacher", "model", "cost_usd")
KEPT_BACK_OF_ONE = (*KEPT_BACK, "prompt_hash", "parameters", "input_tokens", "output_tokens", "latency_s", "round")


def program(member: Member) -> APIClient:
    _, plaintext = ApiToken.objects.create(user=member, name="told", scopes=["read"])
    return APIClient(headers={"Authorization": f"Bearer {plaintext}"})


def of_one(member: Member, draft: Draft) -> dict[str, Any]:
    return dict(program(member).get(f"/api/v1/drafts/{draft.pk}/").json())


def of_list(member: Member, draft: Draft, **filters: str) -> dict[str, Any]:
    rows = program(member).get("/api/v1/drafts/", {"task": "outreach", **filters}).json()["results"]
    return next(dict(row) for row in rows if row["id"] == str(draft.pk))


def page_of(client: Client, draft: Draft) -> str:
    return str(client.get(f"/tasks/outreach/review/drafts/{draft.pk}/").content.decode())


def is_told(member: Member, draft: Draft, client: Client) -> bool:
    """Whether all places tell; that they agree is part of the question."""
    one, listed, page = of_one(member, draft), of_list(member, draft, state=draft.state), page_of(client, draft)
    answers = {one[name] is not None for name in KEPT_BACK_OF_ONE}
    answers |= {listed[name] is not None for name in KEPT_BACK}
    answers |= {"offline-1" in page, "Written by" in page, "<dt>Cost</dt>" in page, "<dt>Tokens</dt>" in page}
    assert len(answers) == 1, (one, listed)
    return answers.pop()


@pytest.mark.slow
def test_a_reviewer_learns_who_wrote_a_draft_by_judging_it(card: Assignment, expert: Member, as_member: Any) -> None:
    draft, client = card.draft, as_member(expert)
    before = is_told(expert, draft, client)

    judge(card, by=expert)

    draft.refresh_from_db()
    assert before is False
    assert is_told(expert, draft, client) is True


def test_what_is_kept_back_is_said_to_be_on_the_page(card: Assignment, expert: Member, as_member: Any) -> None:
    assert "The author is shown after you have judged the draft." in page_of(as_member(expert), card.draft)


def test_leads_and_admins_see_it_at_once(
    card: Assignment, task: Task, admin: Member, make_member: Any, as_member: Any
) -> None:
    lead = make_member("lea")
    factories.join(lead, task, Role.LEAD)
    card.draft.refresh_from_db()

    for member in (lead, admin):
        assert is_told(member, card.draft, as_member(member)) is True


@pytest.mark.slow
def test_while_a_second_verdict_is_sought_only_who_gave_the_first_is_told(
    task: Task, expert: Member, other: Member, as_member: Any
) -> None:
    draft = Draft.objects.filter(task=task).order_by("queue_position", "id")[0]
    Draft.objects.filter(pk=draft.pk).update(verdicts_wanted=2)
    deck.hold(expert, draft.pk)
    judge(Assignment.objects.get(draft=draft, reviewer=expert), by=expert)

    draft.refresh_from_db()

    assert draft.state == DraftState.PENDING
    assert is_told(expert, draft, as_member(expert)) is True
    assert is_told(other, draft, as_member(other)) is False


@pytest.mark.slow
def test_who_let_a_card_go_may_still_judge_it_late_and_so_is_not_told(
    card: Assignment, expert: Member, other: Member, as_member: Any
) -> None:
    passed = pass_on(card, to=other)
    judge(passed, by=other)

    card.draft.refresh_from_db()

    assert passed.draft_id == card.draft_id
    assert card.draft.state == DraftState.DECIDED
    assert is_told(expert, card.draft, as_member(expert)) is False
    assert is_told(other, card.draft, as_member(other)) is True


def test_a_draft_with_a_known_answer_tells_nothing(task: Task, expert: Member, as_member: Any) -> None:
    draft = Draft.objects.filter(task=task)[0]
    Draft.objects.filter(pk=draft.pk).update(state=DraftState.KEPT)

    draft.refresh_from_db()

    assert is_told(expert, draft, as_member(expert)) is False


@pytest.mark.slow
def test_no_filter_tells_it_either(card: Assignment, expert: Member) -> None:
    for chosen in ({"teacher": "offline"}, {"model": "offline-1"}, {"origin": "teacher"}, {"round": "1"}):
        for state in ("", "leased", "pending", "kept"):
            found = program(expert).get("/api/v1/drafts/", {"task": "outreach", "state": state, **chosen})
            assert found.json()["results"] == [], (chosen, state)


def test_the_most_similar_tell_no_more(card: Assignment, expert: Member) -> None:
    found = program(expert).get(f"/api/v1/drafts/{card.draft_id}/similar/").json()["results"]

    assert found
    assert {each["draft"][name] for each in found for name in KEPT_BACK} == {None}


def test_how_sure_its_writer_was_is_told_with_who_wrote_it(card: Assignment, expert: Member, as_member: Any) -> None:
    Draft.objects.filter(pk=card.draft_id).update(mean_log_prob=-0.125)
    client = as_member(expert)
    before = (of_one(expert, card.draft)["mean_log_prob"], "Mean log probability" in page_of(client, card.draft))

    judge(card, by=expert)

    assert before == (None, False)
    assert of_one(expert, card.draft)["mean_log_prob"] == -0.125
    assert "-0.125" in page_of(client, card.draft)
