"""What a page of the list costs SQLite grows with the drafts it looks through, not with drafts times decisions."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection

from members.models import Member
from review.bulk import listing, planning
from review.drafts import draft_filters, search_index
from review.models import Task
from tests.review import factories
from tests.review.bulk.acts import act, pending

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_only]
# Twice the drafts: a walk takes twice the steps, a search less, every draft with every decision four times.
LINEAR, SAME = 2.6, 1.3
EVERY = 1
ASKED = [
    {"state": "decided"}, {"q": "thursday"}, {"q": '"short call on thursday"'}, {"q": "thursday", "state": "decided"},
    {"q": "thursday", "reviewer": "rob"}, {"reviewer": "rob"}, {"reviewer": "rob", "state": "pending"}, {"verdict": "accept"},
    {"reason": "facts"}, {"check": "spam"}, {"commented": "yes"}, {"bulk": "no"}, {"round": "9"}, {"split": "test"},
    {"source": "nowhere"}, {"teacher": "nobody"}, {"until": "2001-01-01"},
]  # fmt: skip
# What indexes answer: a state that no draft is in, a word of one draft, the newest.
INDEXED: list[dict[str, str]] = [{}, {"state": "disputed"}, {"state": "pending"}, {"q": "quokka"}]
FEW = 80


def steps(ask: Callable[[], object]) -> int:
    """How many steps of its virtual machine SQLite takes, in units of `EVERY`."""
    taken = 0

    def count() -> int:
        nonlocal taken
        taken += 1
        return 0

    connection.ensure_connection()
    connection.connection.set_progress_handler(count, EVERY)
    try:
        ask()
    finally:
        connection.connection.set_progress_handler(None, 0)
    return taken


@pytest.fixture
def task(admin: Member, reviewer: Member) -> Task:
    """A desk of which half is judged."""
    desk = factories.make_desk(by=admin, count=FEW)
    factories.join(reviewer, desk)
    rare = factories.make_records(factories.make_source(desk, name="Rare"), 1)
    factories.make_drafts(desk, rare, fields=[{"subject": "Rare", "body": "A quokka."}])
    search_index.catch_up()
    judge_half(desk, by=reviewer)
    return desk


def judge_half(task: Task, *, by: Member) -> None:
    """Give a verdict to half of the drafts that wait."""
    waiting = pending(task)
    act(task, waiting[: len(waiting) // 2], by=by)


def double(task: Task, *, by: Member) -> None:
    """As many drafts again, half of them judged."""
    factories.make_drafts(task, factories.make_records(factories.make_source(task, name="More"), FEW))
    search_index.catch_up()
    judge_half(task, by=by)


@pytest.mark.parametrize("asked", ASKED, ids=str)
def test_twice_the_drafts_take_a_page_at_most_twice_the_steps(
    task: Task, admin: Member, reviewer: Member, asked: dict[str, str]
) -> None:
    wanted = draft_filters.parse(asked)
    few = steps(lambda: listing.page(admin, task, wanted, cursor="", size=5))

    double(task, by=reviewer)
    many = steps(lambda: listing.page(admin, task, wanted, cursor="", size=5))

    assert many <= LINEAR * few


@pytest.mark.parametrize("asked", INDEXED, ids=str)
def test_what_an_index_answers_takes_the_same_steps_whatever_else_is_there(
    task: Task, admin: Member, reviewer: Member, asked: dict[str, str]
) -> None:
    wanted = draft_filters.parse(asked)
    few = steps(lambda: listing.page(admin, task, wanted, cursor="", size=5))

    double(task, by=reviewer)
    many = steps(lambda: listing.page(admin, task, wanted, cursor="", size=5))

    assert many <= SAME * few


def test_drafts_of_an_act_take_the_same_steps_whatever_else_is_there(task: Task, reviewer: Member) -> None:
    some = pending(task)[:10]
    few = steps(lambda: list(planning.rows(task, some, by=reviewer)))

    double(task, by=reviewer)
    many = steps(lambda: list(planning.rows(task, some, by=reviewer)))

    assert many <= SAME * few


def test_a_batch_of_drafts_is_added_in_the_same_steps_whatever_else_is_there(task: Task) -> None:
    source = factories.make_source(task, name="Late")
    late = factories.make_records(source, 24)
    few = steps(lambda: factories.make_drafts(task, late[:12]))

    factories.make_records(factories.make_source(task, name="More"), 500)
    many = steps(lambda: factories.make_drafts(task, late[12:]))

    assert many <= SAME * few
