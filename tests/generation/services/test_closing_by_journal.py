"""Where a dead engine's journal lies on this host, it says which calls were asked."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from generation.calls import close
from generation.engine.repairs import repair_id
from generation.models import Call, Order
from generation.money import budgets as queries
from generation.money.figures import millionths
from generation.orders import earlier_calls as announcements
from jobs.lifecycle import control
from jobs.models import Job
from jobs.rundir import identity
from jobs.rundir.attempt import ENGINE
from members.models import Member
from review.models import Draft
from tests.generation.money.tellings import take_in, told
from tests.generation.services.dead_engines import announced, call_id, journalled, noted, on_the_wire, states

pytestmark = pytest.mark.django_db


def test_only_what_its_journal_says_was_asked_and_not_answered_is_in_doubt(paid_order: Order, lead: Member) -> None:
    announced(paid_order, (0, 3))
    take_in(paid_order, told(paid_order, "draft", call_id=str(call_id(paid_order, 0)), index=0))
    journalled(paid_order, asked={0: 0.01, 1: 0.02}, answered=[0])
    assert paid_order.job is not None

    control.cancel(paid_order.job, by=lead)

    assert states(paid_order) == {0: "answered", 1: "uncertain"}
    call = Call.objects.get(state="uncertain")
    assert (call.possible_cost_usd, call.error_message) == (millionths(0.02), close.ON_THE_WIRE)
    assert queries.spent_by(paid_order) == millionths(0.021001)


def test_an_answer_only_the_journal_knows_is_taken_in_with_its_cost(paid_order: Order) -> None:
    announced(paid_order, (0, 2))
    on_the_wire(paid_order, 1)
    journalled(paid_order, asked={0: 0.01, 1: 0.02}, answered=[0, 1])

    close.close(paid_order.job)
    close.close(paid_order.job)

    assert states(paid_order) == {0: "answered", 1: "answered"}
    assert Draft.objects.filter(job_id=paid_order.job_id).count() == 2
    assert queries.spent_by(paid_order) == 2 * millionths(0.001001)


def test_an_answer_that_cannot_be_taken_in_is_in_doubt_and_the_job_ends(paid_order: Order) -> None:
    announced(paid_order, (0, 1))
    path = journalled(paid_order, asked={0: 0.01}, answered=[])
    pk = str(call_id(paid_order, 0))
    noted(path, {"what": "answered", "call": pk, "kind": "draft", "payload": {"call_id": pk}})

    close.close(paid_order.job)

    assert states(paid_order) == {0: "uncertain"}


def test_a_flawed_answer_is_paid_and_its_repair_on_the_wire_is_in_doubt(paid_order: Order) -> None:
    announced(paid_order, (0, 1))
    path = journalled(paid_order, asked={0: 0.01}, answered=[])
    pk = str(call_id(paid_order, 0))
    first = told(paid_order, "failure", call_id=pk, index=0, code="malformed", message="No JSON.").payload
    noted(
        path,
        {"what": "answered", "call": pk, "kind": "flawed", "payload": {**first, "kind": "failure"}},
        {"what": "sent", "call": repair_id(pk), "reserve_usd": 0.03, "at": 0},
    )

    close.close(paid_order.job)

    rows = {str(call.pk): (call.state, call.position) for call in Call.objects.all()}
    assert rows == {pk: ("failed", 0), repair_id(pk): ("uncertain", 0)}
    assert queries.spent_by(paid_order) == millionths(0.031001)


def test_a_call_turned_down_after_it_was_seen_on_the_wire_is_not_in_doubt(paid_order: Order) -> None:
    announced(paid_order, (0, 1))
    on_the_wire(paid_order, 0)
    pk = str(call_id(paid_order, 0))
    noted(journalled(paid_order, asked={0: 0.01}, answered=[]), {"what": "unbilled", "call": pk, "code": "busy"})

    close.close(paid_order.job)

    assert [(call.state, call.error_code) for call in Call.objects.all()] == [("failed", "not_asked")]
    assert queries.spent_by(paid_order) == 0


def test_lost_tries_before_one_that_was_turned_down_stay_in_doubt(paid_order: Order) -> None:
    Order.objects.update(uncertain_policy="retry")
    announced(paid_order, (0, 0))
    pk = str(call_id(paid_order, 0))
    noted(
        journalled(paid_order, asked={0: 0.01}, answered=[]),
        {"what": "sent", "call": pk, "reserve_usd": 0.02, "at": 0},
        {"what": "unbilled", "call": pk, "code": "busy"},
    )

    close.close(paid_order.job)

    assert states(paid_order) == {0: "uncertain"}
    assert queries.spent_by(paid_order) == millionths(0.01)


def test_what_lies_in_a_batch_is_left_to_the_batch(paid_order: Order) -> None:
    announced(paid_order, (0, 1))
    path = journalled(paid_order, asked={}, answered=[])
    noted(path, {"what": "batch", "token": "t", "calls": [[str(call_id(paid_order, 0)), 0.01]], "ended": [], "at": 0})

    close.close(paid_order.job)

    assert not Call.objects.exists()


def test_a_call_of_a_batch_that_brought_no_word_of_it_is_in_doubt(paid_order: Order) -> None:
    announced(paid_order, (0, 1))
    pk = str(call_id(paid_order, 0))
    noted(
        journalled(paid_order, asked={}, answered=[]),
        {"what": "batch", "token": "t", "calls": [[pk, 0.01], [str(call_id(paid_order, 1)), 0.01]], "ended": [],
            "at": 0},
        {"what": "doubtful", "call": pk},
        {"what": "batch_ended", "token": "t"},
    )  # fmt: skip

    close.close(paid_order.job)

    assert states(paid_order) == {0: "uncertain"}
    assert queries.spent_by(paid_order) == millionths(0.01)


def damaged(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"{not json\n" + path.read_bytes())


def gone(path: Path) -> None:
    path.unlink()


def of_a_living_engine(path: Path) -> None:
    (path.parent / ENGINE).write_text(identity.mark_of(os.getpid()).model_dump_json())


def of_an_attempt_unseen(path: Path) -> None:
    """Another process space, whose end no row has: as after a container that nobody has heard of since."""
    mark = identity.mark_of(os.getpid()).model_copy(update={"host_id": "another", "pid_started": "0"})
    (path.parent / ENGINE).write_text(mark.model_dump_json())
    Job.objects.update(settled=False)


@pytest.mark.parametrize("spoilt", [damaged, gone, of_a_living_engine, of_an_attempt_unseen])
def test_without_a_journal_that_says_all_everything_announced_is_in_doubt(
    paid_order: Order, lead: Member, spoilt: Callable[[Path], None]
) -> None:
    announced(paid_order, (0, 2))
    spoilt(journalled(paid_order, asked={0: 0.01}, answered=[]))
    assert paid_order.job is not None

    control.cancel(paid_order.job, by=lead)

    assert states(paid_order) == {0: "uncertain", 1: "uncertain", 2: "uncertain"}
    assert {call.error_message for call in Call.objects.all()} >= {close.PERHAPS_ASKED}
    assert announcements.announced_without_end(paid_order)


def test_what_an_attempt_elsewhere_announced_stays_in_doubt_beside_a_journal_here(paid_order: Order) -> None:
    announced(paid_order, (0, 1), by_attempt=1)
    announced(paid_order, (2, 3), by_attempt=2)
    journalled(paid_order, asked={2: 0.01}, answered=[], attempt=2)

    close.close(paid_order.job)

    assert states(paid_order) == {0: "uncertain", 1: "uncertain", 2: "uncertain"}


def test_once_all_is_settled_by_the_journal_a_resume_elsewhere_need_not_hold_what_was_announced(
    paid_order: Order,
) -> None:
    announced(paid_order, (0, 3))
    path = journalled(paid_order, asked={0: 0.01}, answered=[])
    close.close(paid_order.job)
    path.unlink()

    close.close(paid_order.job)

    assert announcements.announced_without_end(paid_order) == []
    assert states(paid_order) == {0: "uncertain"}
