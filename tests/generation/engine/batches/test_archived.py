"""A batch of Anthropic's whose results are kept no longer: the provider drops them a month after they were made."""

from __future__ import annotations

import pytest

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
