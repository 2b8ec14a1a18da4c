"""A batch of Anthropic's whose results are kept no longer: the provider drops them a month after they were made."""

from __future__ import annotations

import time

import pytest

from tests.generation.batch_desk import Batch
from tests.generation.engine.batches.conftest import Ordered
from tests.generation.engine.conftest import Attempts
from tests.generation.provider_server import Running

pytestmark = pytest.mark.engine


@pytest.fixture
def ordered(attempts: Attempts, provider: Running) -> Ordered:
    return Ordered(attempts, provider, "anthropic")


def test_an_order_whose_batch_was_archived_ends_with_its_calls_in_doubt(ordered: Ordered) -> None:
    ordered.desk.is_archived = True

    result = ordered.run(count=3)

    assert result["outcome"] == "succeeded"
    assert (result["summary"]["uncertain"], result["summary"]["at_provider"]) == (3, 0)
    assert result["summary"]["possible_cost_usd"] > 0
    assert ordered.attempts.events("batch")[-1]["state"] == "ended"


def test_an_archived_batch_that_answered_nothing_leaves_its_calls_unpaid(ordered: Ordered) -> None:
    ordered.desk.is_archived, ordered.desk.lines = True, ["expired"] * 3

    result = ordered.run(count=3, stragglers="leave")

    assert result["summary"]["failures"] == {"batch_unanswered": 3}
    assert result["summary"]["possible_cost_usd"] == 0


def foreign_batch(ordered: Ordered, *, created_at: float, is_archived: bool) -> Batch:
    """One of the same size as the order's that was handed in elsewhere, and has ended."""
    calls = [f"foreign-{number}" for number in range(3)]
    batch = Batch("batch_foreign", [{"custom_id": call} for call in calls], {}, created_at=created_at)
    batch.ended, batch.is_archived = dict.fromkeys(calls, "ok"), is_archived
    ordered.desk.batches[batch.id] = batch
    return batch


def test_calls_of_a_lost_batch_are_in_doubt_where_an_archived_one_may_be_it(ordered: Ordered) -> None:
    foreign_batch(ordered, created_at=time.time(), is_archived=True)
    ordered.desk.script["create"] = ["drop"]

    result = ordered.run(count=3)

    assert (result["outcome"], result["summary"]["uncertain"]) == ("succeeded", 3)
    assert result["summary"]["possible_cost_usd"] > 0
    assert not ordered.bill


def test_an_archived_batch_of_another_day_is_not_a_lost_one(ordered: Ordered) -> None:
    foreign_batch(ordered, created_at=time.time() + 2 * 86_400, is_archived=True)
    ordered.desk.script["create"] = ["drop"]

    result = ordered.run(count=3)

    assert (result["outcome"], result["summary"]["drafts"]) == ("succeeded", 3)


def test_a_batch_that_is_deleted_while_another_is_looked_for_is_passed_over(ordered: Ordered) -> None:
    foreign_batch(ordered, created_at=time.time(), is_archived=False)
    ordered.desk.script["create"], ordered.desk.script["results"] = ["drop"], ["status:404"]

    result = ordered.run(count=3)

    assert (result["outcome"], result["summary"]["drafts"]) == ("succeeded", 3)
