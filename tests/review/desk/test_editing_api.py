"""Checks over an edit nobody saved, edits half done, and long texts: who may, what comes, what is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from members.models import Member
from review.desk import deck, desk_keys
from review.models import Assignment, Decision, Draft, Task
from review.states import AssignmentState
from tests.review import factories
from tests.review.desk.verbs import judge

pytestmark = pytest.mark.django_db


@pytest.fixture
def api(expert: Member, api_as: Callable[..., APIClient]) -> APIClient:
    return api_as(expert, scopes=("review",))


def check(api: APIClient, card: Assignment, fields: Any, query: str = "") -> Any:
    return api.post(f"/api/v1/drafts/{card.draft_id}/check/{query}", {"fields": fields}, format="json")


def keep(api: APIClient, card: Assignment, fields: Any) -> Any:
    return api.put(f"/api/v1/drafts/{card.draft_id}/unfinished/", {"fields": fields}, format="json")


def test_the_checks_of_the_version_run_over_the_edit_and_measure_it(api: APIClient, card: Assignment) -> None:
    fields = dict(card.draft.fields)
    fields["body"] = fields["body"].replace("Would a", "You save 77 % for sure. Would a")

    answer = check(api, card, fields).json()

    assert [mark["check"] for mark in answer["marks"]] == ["unsupported"]
    assert answer["mends"] == [{"field": "body", "text": card.draft.fields["body"], "words": "Drop the sentence"}]
    assert 0 < answer["edit"]["size"] < 0.2
    assert "fact" in answer["edit"]["kinds"]
    assert "html" not in answer
    assert not Decision.objects.exists()
    assert Assignment.objects.get(pk=card.pk).unfinished is None


def test_the_draft_itself_is_no_edit(api: APIClient, card: Assignment) -> None:
    answer = check(api, card, card.draft.fields, "?render=html").json()

    assert answer["edit"] == {"size": 0.0, "kinds": [], "wants_why": False}
    assert "data-checks" in answer["html"]


def test_what_is_required_may_be_empty_while_somebody_types(api: APIClient, card: Assignment) -> None:
    assert check(api, card, {"subject": "", "body": ""}).status_code == 200


@pytest.mark.parametrize("fields", [{"colour": "red"}, {"body": 3}, "text"])
def test_fields_that_are_none_of_the_task_are_refused_in_words(api: APIClient, card: Assignment, fields: Any) -> None:
    answer = check(api, card, fields)

    assert answer.status_code in (400, 422)
    assert answer.json()["title"]


def test_markup_in_an_edit_stays_text_in_the_list_of_remarks(api: APIClient, card: Assignment) -> None:
    fields = {**card.draft.fields, "subject": "<img src=x onerror=alert(1)> [Name]"}

    html = check(api, card, fields, "?render=html").json()["html"]

    assert "<img" not in html


def test_an_edit_half_done_is_kept_with_the_card_and_forgotten_again(api: APIClient, card: Assignment) -> None:
    kept = keep(api, card, {"subject": "Half"})
    assert kept.json() == {"kept": True}
    assert Assignment.objects.get(pk=card.pk).unfinished == {"subject": "Half"}

    keep(api, card, None)

    assert Assignment.objects.get(pk=card.pk).unfinished is None


def test_what_arrives_after_the_verdict_changes_nothing(api: APIClient, card: Assignment, expert: Member) -> None:
    judge(card, by=expert)

    assert keep(api, card, {"subject": "Late"}).json() == {"kept": False}
    assert Assignment.objects.get(pk=card.pk).state == AssignmentState.DONE
    assert Assignment.objects.get(pk=card.pk).unfinished is None


def test_nobody_keeps_anything_on_the_card_of_another(
    api: APIClient, task: Task, card: Assignment, other: Member
) -> None:
    theirs = deck.deal(other, task, count=1)[0]

    assert keep(api, theirs, {"subject": "Mine"}).json() == {"kept": False}
    assert Assignment.objects.get(pk=theirs.pk).unfinished is None


def test_what_is_no_fields_is_not_kept(api: APIClient, card: Assignment) -> None:
    assert keep(api, card, ["a"]).status_code in (400, 422)


@pytest.mark.slow
def test_a_long_text_is_given_as_plain_text_to_those_who_see_the_task(
    task: Task, expert: Member, make_member: Any, as_member: Callable[[Member], Client]
) -> None:
    text = "<script>alert(1)</script> " + "word " * 30_000
    records = factories.make_records(factories.make_source(task, name="Long"), 1, notes=text)
    draft = factories.make_drafts(task, records, fields=[{"subject": "Long", "body": text}])[0]
    address = reverse("review:draft-text", args=[draft.pk])
    reader = as_member(expert)

    body, fact = reader.get(f"{address}?path=body"), reader.get(f"{address}?fact=notes")

    assert body["Content-Type"] == fact["Content-Type"] == "text/plain; charset=utf-8"
    assert body["X-Content-Type-Options"] == "nosniff"
    assert body.content.decode() == Draft.objects.get(pk=draft.pk).fields["body"]
    assert fact.content.decode() == text
    for strange in ("?path=colour", "?fact=size_of_it", "", "?path=body.x.y&fact="):
        assert reader.get(address + strange).status_code in (200, 404)
    assert reader.get(f"{address}?path=colour").status_code == 404
    assert as_member(make_member("stan")).get(f"{address}?path=body").status_code == 404
    assert Client().get(f"{address}?path=body").status_code == 302
    assert reader.post(f"{address}?path=body").status_code == 405


def test_keys_chosen_before_there_was_a_new_action_keep_their_meaning(expert: Member) -> None:
    expert.preferences = {"desk_keys": {**desk_keys.DEFAULTS, "next": "m", "mend": "q"}}
    del expert.preferences["desk_keys"]["mend"]

    keys = desk_keys.keys_of(expert)

    assert keys["next"] == "m"
    assert keys["mend"] not in {"m", "g"}
    assert len(set(keys.values())) == len(keys)
