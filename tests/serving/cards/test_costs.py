"""What outputs cost is reckoned from what was measured; what was not stays unknown."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from generation.models import PriceEntry
from serving.cards.costs import BreakEvenLine, Capacity, CardFigure, RunningCosts, break_even, running_costs
from serving.cards.queries import PricedDraft, RequestTotal

CAPACITY = Capacity(CardFigure(2000, 1000, 4000, 40), "cuda", "e")


def draft(number: int, cost: float, teacher: str = "openai:big") -> PricedDraft:
    return PricedDraft(str(number), teacher, f"company {number}", 1000, 100, cost)


def price(label: str, usd: str) -> PriceEntry:
    provider, model = label.split(":")
    usd_per_million = {"input_usd_per_million": Decimal(usd), "output_usd_per_million": Decimal(usd)}
    return PriceEntry(provider=provider, model=model, as_of=date(2026, 11, 1), **usd_per_million)


def on_host(usd: float | None = 2.0, capacity: Capacity | None = CAPACITY) -> RunningCosts:
    return running_costs(host="h", usd_per_hour=usd, capacity=capacity, requests=RequestTotal(480, 10))


def test_a_batch_costs_the_hours_it_takes_and_an_idle_host_every_hour() -> None:
    costs = on_host()

    assert costs.batch_usd_per_1000 == CardFigure(1.0, 0.5, 2.0, 40)
    assert costs.always_on_usd_per_month == 1460
    assert costs.always_on_usd_per_1000 == pytest.approx(1000)


def test_nothing_is_made_up_without_a_price_or_a_capacity() -> None:
    unpriced, unmeasured = on_host(None), on_host(2.0, None)

    assert (unpriced.batch_usd_per_1000, unpriced.always_on_usd_per_month, unpriced.always_on_usd_per_1000) == (
        None,
    ) * 3
    assert unmeasured.batch_usd_per_1000 is None
    (line,) = break_even(unpriced, [draft(1, 0.01)], [])
    assert (line.outputs_per_month, line.hosts) == (None, None)
    (line,) = break_even(unmeasured, [draft(1, 0.01)], [])
    assert line.outputs_per_month and line.hosts is None
    assert break_even(on_host(), [], [price("openai:small", "1")]) == []


def test_three_models_at_most_are_compared_who_wrote_the_data_first_then_the_cheapest() -> None:
    drafts = [*(draft(n, 0.01 + n / 1000) for n in range(5)), draft(9, 0.5, "other:dear"), draft(10, 0.2, "third:few")]
    prices = [price("openai:big", "10"), price("a:dear", "5"), price("b:cheap", "1"), price("offline:free", "0")]

    lines = break_even(on_host(), drafts, prices)

    assert [(line.model, line.is_measured) for line in lines] == [
        ("openai:big", True),
        ("other:dear", True),
        ("b:cheap", False),
    ]
    big, dear, cheap = lines
    assert big.usd_per_1000.low and big.usd_per_1000.high and big.usd_per_1000.low < 12 < big.usd_per_1000.high
    assert dear.usd_per_1000 == CardFigure(500, None, None, 1)
    # 1,100 tokens at a dollar a million; two dollars an hour pay for so many, and one host writes 2,000 an hour.
    assert cheap.usd_per_1000.mean == pytest.approx(1.1)
    assert cheap.outputs_per_month and cheap.outputs_per_month.mean == pytest.approx(1460 / 0.0011)
    assert (big.hosts, dear.hosts, cheap.hosts) == (1, 1, 1)
    assert break_even(on_host(20.0), drafts, prices)[2].hosts == 10
    assert isinstance(big, BreakEvenLine)
