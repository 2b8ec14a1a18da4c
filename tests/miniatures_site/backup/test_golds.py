"""Golds of a backup are held against its decisions, and written again only where they are not what these say."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.db import connection

from members.models import Member
from miniatures_site.backup import databases, restore
from miniatures_site.backup.manifest import Manifest
from review.desk import deck as desk_deck
from review.desk import golds
from review.models import Gold, Task
from review.states import Verdict
from tests.review import factories
from tests.review.desk.verbs import judge
from web.errors import Refusal

pytestmark = pytest.mark.django_db
MADE = Manifest("2026-11-20T10:11:12+00:00", "0.1.0", connection.vendor, {}, {}, "", "key")


@pytest.fixture
def task(admin: Member) -> Task:
    return factories.make_desk(by=admin, count=3)


@pytest.fixture
def expert(task: Task, reviewer: Member) -> Member:
    factories.join(reviewer, task)
    return reviewer


@pytest.fixture
def judged(task: Task, expert: Member) -> str:
    """Two golds; their fingerprint."""
    for item in desk_deck.deal(expert, task, count=2):
        judge(item, by=expert)
    return golds.fingerprint()


def test_golds_that_are_what_decisions_say_are_not_written_again(judged, monkeypatch):
    monkeypatch.setattr(golds, "rebuild", lambda: pytest.fail("written again"))

    assert restore._verified(replace(MADE, golds=judged), []).golds == 2


def test_golds_that_are_not_are_written_again(judged):
    Gold.objects.order_by("draft_id").first().delete()
    Gold.objects.update(verdict=Verdict.REJECT)

    assert restore._verified(replace(MADE, golds=judged), []).golds == 2

    assert golds.fingerprint() == judged


def test_decisions_that_give_other_golds_than_the_backup_had_are_refused(judged):
    with pytest.raises(Refusal, match="other golds"):
        restore._verified(replace(MADE, golds="0" * 64), [])


@pytest.mark.postgres_only
@pytest.mark.django_db(transaction=True)
def test_what_is_decided_while_a_dump_is_made_is_no_part_of_what_it_says(task, expert, tmp_path, monkeypatch):
    first, second = desk_deck.deal(expert, task, count=2)
    judge(first, by=expert)
    before = golds.fingerprint()
    other = connection.copy()

    def look() -> str:
        with other.cursor() as cursor:
            cursor.execute("DELETE FROM review_gold")
        return golds.fingerprint()

    _, tables, seen = databases.dump(tmp_path, look=look)
    other.close()

    assert (seen, tables["review_gold"]) == (before, 1)
    assert golds.fingerprint() != before
