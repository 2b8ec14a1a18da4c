"""Cost of 1,000 outputs of each system of an evaluation, at the prices entered today.

A model of this installation costs its measured seconds on a host at the host's hourly price. A paid teacher costs what
its calls were billed. The offline teacher is a program: its tokens are priced as those of a named model, and pages say
so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from evaluation.metrics.baselines import MAJORITY, NEAREST
from evaluation.models import Evaluation
from evaluation.states import SystemKind
from generation.models import Call, PriceEntry
from generation.money import prices
from generation.money.daily_sums import sums_by_order
from generation.money.figures import THOUSAND, time_usd
from generation.states import Provider
from training.costs.run_cost import price_of

# A model of the price table with a page of its provider and without an announced end.
PRICED_AS: Final = "claude-sonnet-5-5"


@dataclass(frozen=True, slots=True)
class OutputCost:
    """Cost of 1,000 outputs.

    Attributes:
        usd: US dollars.
        basis: Where the price is from, as a page says it.
        url: Address of a price page; empty where there is none.
    """

    usd: float
    basis: str
    url: str = ""


def of(evaluation: Evaluation) -> dict[str, OutputCost]:
    """Costs by system; a system without a known price is absent. At most four queries."""
    summary = evaluation.summary
    kinds: Mapping[str, str] = summary.get("kinds", {})
    host = price_of(evaluation.host_id)
    output_costs: dict[str, OutputCost] = {}
    for name, scored in summary.get("systems", {}).items():
        billed = scored.get("cost_usd", {}).get("mean") or 0.0
        seconds = scored.get("seconds", {}).get("mean") or 0.0
        if kinds.get(name) == SystemKind.TEACHER:
            cost = OutputCost(THOUSAND * billed, "billed by its provider") if billed else _priced_as(evaluation)
        elif name in (MAJORITY, NEAREST):
            cost = OutputCost(0.0, "no model writes it")
        elif host and seconds:
            cost = OutputCost(
                float(time_usd(THOUSAND * seconds, host)),
                f"measured seconds on a host at ${host.normalize():f} an hour",
            )
        else:
            cost = OutputCost(THOUSAND * billed, "measured on its host") if billed else None
        if cost:
            output_costs[name] = cost
    return output_costs


def _priced_as(evaluation: Evaluation) -> OutputCost | None:
    """The offline teacher's tokens at the price of a named model; None for any other teacher without a price."""
    order = evaluation.teacher_order
    if order is None or order.teacher.provider != Provider.OFFLINE:
        return None
    sums = sums_by_order(Call.objects.filter(order=order)).get(order.pk)
    if sums is None or not sums.answers:
        return None
    return of_offline(sums.input_tokens, sums.output_tokens, outputs=sums.answers)


def of_offline(input_tokens: int, output_tokens: int, *, outputs: int = 1) -> OutputCost | None:
    """Cost of the offline teacher's outputs at the price of a named model; None where no price is known."""
    entry: PriceEntry | None = prices.prices().filter(model=PRICED_AS).first()
    if entry is None:
        return None
    usd = entry.token_prices.cost_usd(input_tokens, output_tokens)
    basis = f"the demo's teacher program, at the price of {entry.model} read on {entry.as_of:%-d %B %Y}"
    return OutputCost(THOUSAND * usd / outputs, basis, entry.source_url)
