"""Calls of a batch order that are asked for once more go by batches again, at the price people agreed to."""

from __future__ import annotations

from decimal import Decimal

import pytest

from generation.calls import uncertain
from generation.diversity.request import MixRequest
from generation.kinds import GenerationKind
from generation.models import Order, Teacher
from generation.orders import launch
from generation.orders.way import WayRequest
from generation.selection import reorder
from generation.states import Stragglers, Way
from members.models import Member
from review.models import Source, Task
from tests.generation.conftest import uncertain_call
from tests.generation.test_ingest import told

pytestmark = pytest.mark.django_db
REPEATED = "We plan your loads so that fewer lorries leave half empty and your planners get home on time each day."


@pytest.fixture
def batched(task: Task, source: Source, paid: Teacher, lead: Member) -> Order:
    return launch.launch(
        launch.OrderRequest(
            task,
            teacher=paid,
            count=4,
            by=lead,
            max_cost_usd=Decimal(1),
            mix=MixRequest(near_duplicates="ask_again"),
            wish=WayRequest(Way.BATCH, Stragglers.LEAVE),
        )
    )


def test_uncertain_calls_of_a_batch_order_are_asked_again_by_batches(batched: Order, lead: Member) -> None:
    uncertain_call(batched)

    again = uncertain.ask_again(batched, call_ids=None, by=lead)

    assert (again.way, again.stragglers) == (Way.BATCH, Stragglers.LEAVE)


def test_repeats_of_a_batch_order_are_asked_for_by_batches(batched: Order) -> None:
    events = [told(batched, "draft", n, fields={"subject": "Hello", "body": REPEATED}) for n in (1, 2)]
    GenerationKind().on_events(batched.job, events)

    again = reorder.reorder_repeats(batched)

    assert again is not None
    assert (again.count, again.way, again.stragglers) == (1, Way.BATCH, Stragglers.LEAVE)
