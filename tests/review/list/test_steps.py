"""What a page of the list costs SQLite grows with the drafts it looks through, not with drafts times decisions."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.db import connection

from members.models import Member
from review.bulk import listing, planning
from review.drafts import draft_filters, search_index
from review.models import Task
from tests.review import factories
from tests.review.bulk.acts import act, pending
from tests.shared_rows import rolled_back

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_only]
# Twice the drafts: a walk takes twice the steps, a search less, every draft with every decision four times.
LINEAR, SAME = 2.6, 1.3
EVERY = 1
ASKED = [
    {"state": "decided"}, {"q": "thursday"}, {"q": '"short call on thursday"'}, {"q": "thursday", "state": "decided"},
    {"q": "thursday", "reviewer": "rob"}, {"reviewer": "rob"}, {"reviewer": "rob", "state": "pending"},
    {"verdict": "accept"}, {"reason": "facts"}, {"check": "spam"}, {"commented": "yes"}, {"bulk": "no"}, {"round": "9"},
    {"split": "test"}, {"source": "nowhere"}, {"teacher": "nobody"}, {"until": "2001-01-01"},
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


def judge_half(task: Task, *, by: Member) -> None:
    """Give a verdict to half of the drafts that wait."""
    waiting = pending(task)
    act(task, waiting[: len(waiting) // 2], by=by)


def double(task: Task, *, by: Member) -> None:
    """As many drafts again, half of them judged."""
    factories.make_drafts(task, factories.make_records(factories.make_source(task, name="More"), FEW))
    search_index.catch_up()
    judge_half(task, by=by)


@pytest.fixture(scope="module")
def measured(django_db_setup: None, django_db_blocker: Any) -> dict[str, tuple[int, int]]:
    """Steps of every question on a desk of which half is judged, and of the same with twice the drafts."""
    with rolled_back(django_db_blocker):
        admin, reviewer = (Member.objects.create(username=name, is_superuser=name == "ada") for name in ("ada", "rob"))
        desk = factories.make_desk(by=admin, count=FEW)
        factories.join(reviewer, desk)
        rare = factories.make_records(factories.make_source(desk, name="Rare"), 1)
        factories.make_drafts(desk, rare, fields=[{"subject": "Rare", "body": "A quokka."}])
        search_index.catch_up()
        judge_half(desk, by=reviewer)
        some = pending(desk)[:10]

        def taken() -> dict[str, int]:
            page = partial(listing.page, admin, desk, cursor="", size=5)
            pages = {str(asked): steps(partial(page, draft_filters.parse(asked))) for asked in [*ASKED, *INDEXED]}
            return pages | {"an act": steps(lambda: list(planning.rows(desk, some, by=reviewer)))}

        few = taken()
        double(desk, by=reviewer)
        many = taken()
        return {name: (few[name], many[name]) for name in few}


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize("asked", ASKED, ids=str)
def test_twice_the_drafts_take_a_page_at_most_twice_the_steps(
    measured: dict[str, tuple[int, int]], asked: dict[str, str]
) -> None:
    few, many = measured[str(asked)]

    assert 0 < many <= LINEAR * few


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize("asked", INDEXED, ids=str)
def test_what_an_index_answers_takes_the_same_steps_whatever_else_is_there(
    measured: dict[str, tuple[int, int]], asked: dict[str, str]
) -> None:
    few, many = measured[str(asked)]

    assert 0 < many <= SAME * few


@pytest.mark.slow
def test_drafts_of_an_act_take_the_same_steps_whatever_else_is_there(measured: dict[str, tuple[int, int]]) -> None:
    few, many = measured["an act"]

    assert 0 < many <= SAME * few


def test_a_batch_of_drafts_is_added_in_the_same_steps_whatever_else_is_there(admin: Member) -> None:
    task = factories.make_desk(by=admin, count=FEW)
    source = factories.make_source(task, name="Late")
    late = factories.make_records(source, 24)
    few = steps(lambda: factories.make_drafts(task, late[:12]))

    factories.make_records(factories.make_source(task, name="More"), 500)
    many = steps(lambda: factories.make_drafts(task, late[12:]))

    assert many <= SAME * few
