"""Costs of a miniature's outputs on a host, and the volume from which it is cheaper than a model paid by the call.

Pure arithmetic on what was measured: a capacity that no evaluation measured and a price that nobody entered stay
unknown.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from generation.models import PriceEntry
from generation.money.figures import HOURS_PER_MONTH, THOUSAND, hosts_for
from serving.cards.queries import PricedDraft, RequestTotal
from stats.intervals import means

HOURS_PER_DAY: Final = 24
MODELS_COMPARED: Final = 3
AUTHORS_COMPARED: Final = 2


@dataclass(frozen=True, slots=True)
class CardFigure:
    """A number with the ends of its interval, None where there is none, and of how many it is."""

    mean: float
    low: float | None = None
    high: float | None = None
    n: int | None = None

    def times(self, factor: float) -> CardFigure:
        low, high = (None if end is None else end * factor for end in (self.low, self.high))
        return CardFigure(self.mean * factor, low, high, self.n)

    def under(self, amount: float) -> CardFigure:
        """`amount` divided by it, so that the ends change places; one that reaches 0 has no other end."""
        low = amount / self.high if self.high else None
        high = amount / self.low if self.low and self.low > 0 else None
        return CardFigure(amount / self.mean, low, high, self.n)


@dataclass(frozen=True, slots=True)
class Capacity:
    """Outputs an hour that an evaluation measured, with its batch full.

    `device` is `cuda`, `cpu` or not recorded (empty).
    """

    outputs_per_hour: CardFigure
    device: str
    evaluation: str


@dataclass(frozen=True, slots=True)
class RunningCosts:
    """Costs of its outputs in US dollars; None is what was not measured, or has no price.

    Attributes:
        host: Whose price an hour counts.
        batch_usd_per_1000: Of outputs written in full batches, the host paid while it writes.
        always_on_usd_per_month: Of a host that is paid around the clock, 730 hours.
        requests: What was asked of it so far, and over how many days.
        always_on_usd_per_1000: Of a host paid around the clock, at that volume.
    """

    host: str
    usd_per_hour: float | None
    capacity: Capacity | None
    batch_usd_per_1000: CardFigure | None
    always_on_usd_per_month: float | None
    requests: RequestTotal | None
    always_on_usd_per_1000: float | None


@dataclass(frozen=True, slots=True)
class BreakEvenLine:
    """A paid model, and the volume from which a host that is always on is cheaper.

    Attributes:
        model: Provider and model.
        is_measured: Whether its cost was paid for drafts of this dataset; else it is computed from their mean tokens.
        price_as_of: Day of its price in the table; None where it has none any more.
        outputs_per_month: The break-even; None without a price of the host.
        hosts: Hosts that write that many; None without a capacity. More than one never pay.
    """

    model: str
    is_measured: bool
    price_as_of: str | None
    usd_per_1000: CardFigure
    outputs_per_month: CardFigure | None
    hosts: int | None


def running_costs(
    *, host: str, usd_per_hour: float | None, capacity: Capacity | None, requests: RequestTotal | None
) -> RunningCosts:
    """Reckon what outputs cost on a host.

    Args:
        usd_per_hour: Its price; None where none was entered.
    """
    batch = month = at_volume = None
    if usd_per_hour is not None:
        month = usd_per_hour * HOURS_PER_MONTH
        batch = capacity.outputs_per_hour.under(usd_per_hour * THOUSAND) if capacity else None
        if requests:
            at_volume = usd_per_hour * HOURS_PER_DAY * requests.days / requests.requests * THOUSAND
    return RunningCosts(host, usd_per_hour, capacity, batch, month, requests, at_volume)


def break_even(costs: RunningCosts, drafts: Sequence[PricedDraft], prices: Sequence[PriceEntry]) -> list[BreakEvenLine]:
    """Compare with three paid models at most: those that wrote the data, then the cheapest of the connected ones."""
    listed = {price.label: price for price in prices}
    paid = [draft for draft in drafts if draft.cost_usd > 0]
    measured = _measured(paid)[:AUTHORS_COMPARED]
    computed = [each for each in _computed(drafts, prices) if each[0] not in {model for model, _ in measured}]
    chosen = [(model, usd, True) for model, usd in measured]
    chosen += [(model, usd, False) for model, usd in computed[: MODELS_COMPARED - len(chosen)]]
    return [_line(costs, model, usd, is_measured, listed.get(model)) for model, usd, is_measured in chosen]


def _measured(drafts: Sequence[PricedDraft]) -> list[tuple[str, CardFigure]]:
    """Mean cost of a draft by writer, the most drafts first; intervals by company."""
    by_teacher: dict[str, list[PricedDraft]] = defaultdict(list)
    for draft in drafts:
        by_teacher[draft.teacher].append(draft)
    result = []
    for teacher, own in sorted(by_teacher.items(), key=lambda item: (-len(item[1]), item[0])):
        interval = means.mean({draft.id: draft.cost_usd for draft in own}, {draft.id: draft.company for draft in own})
        if interval is not None:
            result.append((teacher, CardFigure(interval.mean, interval.low, interval.high, interval.n)))
    return result


def _computed(drafts: Sequence[PricedDraft], prices: Sequence[PriceEntry]) -> list[tuple[str, CardFigure]]:
    """Cost of as many tokens at each listed price, the cheapest first; free models are left out."""
    if not drafts:
        return []
    tokens_in = sum(draft.input_tokens for draft in drafts) / len(drafts)
    tokens_out = sum(draft.output_tokens for draft in drafts) / len(drafts)
    costs = sorted((price.token_prices.cost_usd(tokens_in, tokens_out), price.label) for price in prices)
    return [(model, CardFigure(usd, n=len(drafts))) for usd, model in costs if usd > 0]


def _line(
    costs: RunningCosts, model: str, usd: CardFigure, is_measured: bool, price: PriceEntry | None
) -> BreakEvenLine:
    as_of = price.as_of.isoformat() if price else None
    per_1000 = usd.times(THOUSAND)
    if not costs.usd_per_hour:
        return BreakEvenLine(model, is_measured, as_of, per_1000, None, None)
    month = usd.under(costs.usd_per_hour * HOURS_PER_MONTH)
    hosts = hosts_for(month.mean, costs.capacity.outputs_per_hour.mean) if costs.capacity else None
    return BreakEvenLine(model, is_measured, as_of, per_1000, month, hosts)
