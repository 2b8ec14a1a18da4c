"""What a dataset was on a day that has passed."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from members.models import Member
from review.adjudication import rulings, sending_back
from review.datasets import gold_conditions
from review.desk import lead_queue as said
from review.models import DeskSettings, Gold, Task
from review.states import Role
from tests.review import factories
from tests.review.datasets import golds
from tests.review.datasets.golds import frozen, take_back

pytestmark = pytest.mark.django_db


@pytest.fixture
def task(admin: Member) -> Task:
    task = factories.make_task(by=admin)
    golds.make_drafts(task, golds.make_records(task, 10))
    return task


def golds_now(task: Task) -> frozenset[uuid.UUID]:
    return frozenset(Gold.objects.filter(task=task).values_list("decision_id", flat=True))


@pytest.mark.slow
def test_a_version_as_of_a_moment_equals_the_one_frozen_then(task: Task, admin: Member) -> None:
    first = [golds.decide(admin, task, verdict) for verdict in ("accept", "edit", "accept")]
    then = frozen(task, admin)
    moment = timezone.now()
    take_back(admin, first[0])
    golds.decide(admin, task, "edit")
    golds.decide(admin, task)

    again = frozen(task, admin, as_of=moment.isoformat())

    assert again.content_hash == then.content_hash
    assert again.counts["rows"] == 3
    assert frozen(task, admin).content_hash != then.content_hash


def test_every_moment_of_a_history_of_verdicts_and_rulings_is_told_as_it_was(
    task: Task, admin: Member, reviewer: Member
) -> None:
    factories.join(reviewer, task, Role.REVIEWER)
    history: list[tuple[Any, frozenset[uuid.UUID]]] = []

    def remember() -> None:
        history.append((timezone.now(), golds_now(task)))

    remember()
    one = golds.decide(admin, task, "accept")
    remember()
    rulings.ask_again(one.draft_id, by=admin, if_match=said.dispute_etag(one.draft_id))
    golds.decide(reviewer, task, "reject")
    remember()
    rulings.settle(one.draft_id, by=admin, if_match=said.dispute_etag(one.draft_id), decision=one.pk)
    remember()
    rulings.reopen(one.draft_id, by=admin, if_match=said.dispute_etag(one.draft_id))
    remember()
    two = golds.decide(admin, task, "edit")
    remember()
    take_back(admin, two)
    remember()

    assert [gold_conditions.decision_ids(task, moment) for moment, _ in history] == [counted for _, counted in history]
    assert [len(counted) for _, counted in history] == [0, 1, 0, 1, 0, 1, 0]


def test_a_draft_drawn_for_overlap_took_two_verdicts_before_it_was_sent_back_too(
    task: Task, admin: Member, reviewer: Member
) -> None:
    factories.join(reviewer, task, Role.REVIEWER)
    DeskSettings.objects.update_or_create(task=task, defaults={"overlap_share": 1.0})
    one = golds.decide(admin, task, "accept")
    moment, counted = timezone.now(), golds_now(task)
    golds.decide(reviewer, task, "edit")

    sending_back.send_back(one.draft_id, by=admin, if_match=said.dispute_etag(one.draft_id), comment="Look again.")

    assert counted == gold_conditions.decision_ids(task, moment) == frozenset()


def test_before_anything_was_judged_there_is_nothing_to_freeze(task: Task, admin: Member) -> None:
    golds.decide(admin, task)

    long_ago = timezone.now() - timedelta(days=400)

    assert gold_conditions.decision_ids(task, long_ago) == frozenset()
