"""Drafts that are kept from the desk: not dealt, not counted, not listed, until somebody puts them there."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from members.models import Member
from miniatures_site.home import pipeline
from review.desk import decisions, pace
from review.desk import deck as desk_deck
from review.drafts import queries
from review.drafts.intake import put_on_desk
from review.models import Draft, Task
from review.states import DraftState
from review.tasks.queries import with_counts
from tests.review import factories
from web.errors import Refusal

pytestmark = pytest.mark.django_db


@pytest.fixture
def task(admin: Member) -> Task:
    return factories.make_desk(by=admin, count=2)


@pytest.fixture
def kept(task: Task) -> list[Draft]:
    records = factories.make_records(factories.make_source(task, name="Campaign"), 4)
    return factories.make_drafts(task, records, is_kept=True)


def test_a_kept_draft_is_dealt_to_nobody(task: Task, kept: list[Draft], admin: Member) -> None:
    deck = desk_deck.deal(admin, task, count=5)

    assert len(deck) == 2
    assert not {card.draft_id for card in deck} & {draft.pk for draft in kept}


def test_kept_drafts_count_as_no_work(task: Task, kept: list[Draft], admin: Member) -> None:
    assert pace.pace_of(admin, task, since=timezone.now()).left == 2
    assert with_counts(admin).value[0].waiting == 2
    assert next(step.count for step in pipeline.stages_of(task) if step.label == "Drafts") == 2


def test_a_task_with_nothing_but_kept_drafts_has_an_empty_desk(admin: Member) -> None:
    task = factories.make_task(by=admin, slug="fresh")
    records = factories.make_records(factories.make_source(task), 1)
    factories.make_drafts(task, records, is_kept=True)

    assert queries.is_empty(task)


def test_lists_leave_kept_drafts_out_unless_asked_for_them(
    task: Task, kept: list[Draft], admin: Member, as_member, api_as
) -> None:
    page = as_member(admin).get(reverse("review:desk-list", args=[task.slug]), {"state": "kept"}).content.decode()
    usual = api_as(admin).get("/api/v1/drafts/", {"task": task.slug}).json()["results"]
    asked = api_as(admin).get("/api/v1/drafts/", {"task": task.slug, "state": "kept"}).json()["results"]

    assert page.count("Not for review</span>") == 4
    assert {line["state"] for line in usual} == {"pending"}
    assert {line["id"] for line in asked} == {str(draft.pk) for draft in kept}


def test_a_kept_draft_can_be_read_but_neither_held_nor_judged(
    task: Task, kept: list[Draft], admin: Member, as_member
) -> None:
    browser: Client = as_member(admin)
    page = browser.get(reverse("review:draft", args=[task.slug, kept[0].pk]))

    with pytest.raises(Refusal, match="kept from the desk"):
        desk_deck.hold(admin, kept[0].pk)
    with pytest.raises(Refusal, match="kept from the desk"):
        decisions.record(
            kept[0].pk, by=admin, id=uuid4(), verdict="accept", if_match=desk_deck.etag_for(kept[0], admin)
        )  # fmt: skip
    assert page.status_code == 200
    assert Draft.objects.get(pk=kept[0].pk).state == DraftState.KEPT


def test_drafts_put_on_the_desk_come_behind_those_that_wait_in_the_order_given(
    task: Task, kept: list[Draft], admin: Member
) -> None:
    chosen = [kept[3], kept[1]]

    moved = put_on_desk(chosen)

    deck = desk_deck.deal(admin, task, count=10)
    assert moved == 2
    assert [card.draft_id for card in deck][2:] == [draft.pk for draft in chosen]
    assert Draft.objects.filter(state=DraftState.KEPT).count() == 2


def test_putting_a_draft_on_the_desk_twice_moves_it_once(task: Task, kept: list[Draft], admin: Member) -> None:
    put_on_desk([kept[0]])
    card = desk_deck.hold(admin, kept[0].pk)
    decisions.record(card.draft_id, by=admin, id=uuid4(), verdict="accept", if_match=card.etag)

    moved = put_on_desk([kept[0], kept[0]])

    assert moved == 0
    assert Draft.objects.get(pk=kept[0].pk).state == DraftState.DECIDED


def test_the_newest_drafts_are_found_by_the_index_that_skips_kept_ones(task: Task) -> None:
    newest = Draft.objects.filter(queries.ON_DESK, task=task).order_by("-created_at", "-id").values("pk")[:51]

    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            # A table of two rows is read from end to end and sorted unless that is forbidden.
            for way in ("seqscan", "bitmapscan", "sort"):
                cursor.execute(f"SET LOCAL enable_{way} = off")
    plan = newest.explain()

    assert "drafts_newest" in plan
