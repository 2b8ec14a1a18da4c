"""Drafts are locked before assignments, and nobody waits for an assignment with a draft in hand:
so no two wait for each other.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from members.models import Member
from review.desk import deck as desk_deck
from review.models import Assignment, Draft
from review.states import AssignmentState
from tests.review import factories

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres_only]


@contextmanager
def beside() -> Iterator[ThreadPoolExecutor]:
    """A thread with a database connection of its own."""
    with ThreadPoolExecutor(1) as pool:
        yield pool
        pool.submit(lambda: connection.close()).result()


def backend() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


def wait_until_blocked(pid: int, work: Future[None], held: threading.Event) -> None:
    """Wait until the other connection waits for a lock, or is done without one."""
    while not held.is_set() and not work.done():
        with connection.cursor() as cursor:
            cursor.execute("SELECT cardinality(pg_blocking_pids(%s))", [pid])
            if cursor.fetchone()[0]:
                return
        time.sleep(0.01)


def test_taking_up_a_held_card_locks_its_draft_first(admin: Member) -> None:
    task = factories.make_desk(by=admin, count=1)
    card = desk_deck.deal(admin, task, count=1)[0]
    held, may_end = threading.Event(), threading.Event()

    def take_up() -> None:
        with transaction.atomic():
            desk_deck.hold(admin, card.draft_id)
            held.set()
            may_end.wait()

    with beside() as pool:
        pid = pool.submit(backend).result()
        try:
            with transaction.atomic():
                Draft.objects.select_for_update().get(pk=card.draft_id)
                work = pool.submit(take_up)
                wait_until_blocked(pid, work, held)
                mine = Assignment.objects.select_for_update(nowait=True).get(pk=card.pk)
        finally:
            may_end.set()
        work.result()

    assert mine.state == AssignmentState.ACTIVE


def test_cards_whose_member_renews_them_now_are_not_waited_for(
    admin: Member, make_member: Callable[..., Member]
) -> None:
    task = factories.make_desk(by=admin, count=2)
    olga = make_member("olga")
    factories.join(olga, task)
    mine, theirs = (desk_deck.deal(member, task, count=1)[0] for member in (admin, olga))
    Assignment.objects.update(leased_until=timezone.now() - timedelta(seconds=1))

    def reclaim() -> int:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '5s'")
            return desk_deck.reclaim()

    with beside() as pool, transaction.atomic():
        Assignment.objects.select_for_update().get(pk=mine.pk)
        came_back = pool.submit(reclaim).result()

    states = dict(Assignment.objects.values_list("pk", "state"))
    assert came_back == 1
    assert (states[mine.pk], states[theirs.pk]) == (AssignmentState.ACTIVE, AssignmentState.RELEASED)
