"""Jobs whose engine told nothing any more: what it may have asked for is shown, counts, and can be settled."""

from __future__ import annotations

import pytest

from generation.calls import close, uncertain
from generation.models import Call, Order
from generation.money import budgets as queries
from generation.money.figures import millionths
from generation.orders import queries as selectors
from generation.states import Settlement
from jobs.lifecycle import control
from jobs.models import Job
from members.models import Member
from tests.generation.money.tellings import take_in, told
from tests.generation.services.dead_engines import announced, call_id, on_the_wire, states

pytestmark = pytest.mark.django_db


def test_calls_on_the_wire_of_a_cancelled_order_whose_engine_died_are_shown_and_can_be_settled(
    paid_order: Order, lead: Member
) -> None:
    on_the_wire(paid_order, 0, 1)
    assert paid_order.job is not None

    control.cancel(paid_order.job, by=lead)

    assert Job.objects.get().state == "cancelled"
    worst_usd = millionths(paid_order.estimate["worst_call_usd"])
    assert [call.possible_cost_usd for call in selectors.uncertain_calls(paid_order)] == [worst_usd] * 2
    assert queries.spent_by(paid_order) == 2 * worst_usd > 0
    assert uncertain.settle(paid_order, Settlement.NOT_PAID, call_ids=None, by=lead) == 2


def test_what_a_lost_engine_had_announced_is_shown_without_what_has_its_end(paid_order: Order) -> None:
    take_in(paid_order, told(paid_order, "draft", call_id=str(call_id(paid_order, 0)), index=0))
    announced(paid_order, (0, 2))

    close.close(paid_order.job)
    close.close(paid_order.job)

    assert states(paid_order) == {0: "answered", 1: "uncertain", 2: "uncertain"}
    second = Call.objects.get(position=1)
    assert str(second.record_id) == paid_order.record_ids[1]
    assert queries.spent_by(paid_order) == millionths(0.001001) + 2 * second.possible_cost_usd


def test_a_call_turned_down_and_announced_once_more_is_in_doubt_with_its_lost_tries(paid_order: Order) -> None:
    Order.objects.update(uncertain_policy="retry")
    refused = told(paid_order, "failure", call_id=str(call_id(paid_order, 1)), index=1, cost_usd=0.0,
                   possible_cost_usd=0.25, code="server_error", message="No.")  # fmt: skip
    take_in(paid_order, refused)
    announced(paid_order, (1, 1))

    close.close(paid_order.job)

    call = Call.objects.get()
    assert call.state == "uncertain"
    assert float(call.possible_cost_usd) == pytest.approx(0.25 + paid_order.estimate["worst_call_usd"], abs=1e-6)


def test_an_engine_that_took_its_announcements_back_leaves_nothing_in_doubt(paid_order: Order) -> None:
    announced(paid_order, (0, 3))
    announced(paid_order)

    close.close(paid_order.job)

    assert not Call.objects.exists()


def test_an_answer_found_by_a_resume_replaces_the_doubt(paid_order: Order) -> None:
    announced(paid_order, (0, 0))
    close.close(paid_order.job)

    take_in(paid_order, told(paid_order, "draft", call_id=str(call_id(paid_order, 0)), index=0))

    assert states(paid_order) == {0: "answered"}
    assert queries.spent_by(paid_order) == millionths(0.001001)
