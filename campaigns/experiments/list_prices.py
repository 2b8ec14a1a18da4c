"""Cost of each arm's mails at list prices of other models for the same tokens: the paper's model, and the cheapest.

Read from the calls that were made, those of stages included and what audits of routers ask left out. Each mail
that a model wrote is priced as if it had a text of its own, though mails with equal facts share one here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from campaigns.models import Arm, Campaign, StageOrder, WriteOrder
from campaigns.pipelines.queries import of_audits
from generation.models import Call, PriceEntry
from generation.money import prices
from generation.money.daily_sums import CallSums, sums_by_order

# The large model that the paper's miniatures are compared with.
LARGE: Final = "gpt-4o"


@dataclass(frozen=True, slots=True)
class TokensOfMail:
    """Mean tokens in and out that a mail of an arm takes, all its stages together."""

    given: float
    told: float

    def usd(self, price: PriceEntry) -> float:
        return price.token_prices.cost_usd(self.given, self.told)


@dataclass(frozen=True, slots=True)
class ListPrice:
    """A mail and a reply of an arm at one model's list price, US dollars; a reply is None where none came."""

    model: str
    mail_usd: float
    reply_usd: float | None


@dataclass(frozen=True, slots=True)
class ArmAtListPrices:
    """An arm, the tokens of its mails, and their price by model."""

    name: str
    tokens: TokensOfMail
    prices: list[ListPrice]


def of_arms(campaign: Campaign, costs: Sequence[Mapping[str, Any]]) -> list[ArmAtListPrices]:
    """Each arm of which an answered call is known, at the price of the large model and of the cheapest.

    At most six queries.

    Args:
        campaign: Launched.
        costs: The lines of `results.result`, with an arm's `name`, `written` and `replies`.
    """
    tokens = tokens_by_arm(campaign)
    entries = [entry for entry in prices.prices() if entry.input_usd_per_million > 0] if tokens else []
    priced_arms = []
    for line in costs:
        if (mail := tokens.get(line["name"])) is not None:
            chosen = _chosen(entries, mail)
            priced_arms.append(ArmAtListPrices(line["name"], mail, [_priced(line, mail, entry) for entry in chosen]))
    return [arm for arm in priced_arms if arm.prices]


def tokens_by_arm(campaign: Campaign) -> dict[str, TokensOfMail]:
    """Mean tokens of a mail by the arm's name: those of all calls for it, over the drafts that were written."""
    arms = {arm.pk: arm for arm in Arm.objects.filter(campaign=campaign)}
    writing = list(WriteOrder.objects.filter(campaign=campaign).values_list("order_id", "arm_id"))
    staged = list(StageOrder.objects.filter(campaign=campaign).values_list("order_id", "stage__version_id"))
    sums = sums_by_order(Call.objects.filter(order__in=[order for order, _ in writing]))
    staged_calls = Call.objects.filter(~of_audits(campaign), order__in=[order for order, _ in staged])
    sums |= sums_by_order(staged_calls)
    tokens: dict[str, TokensOfMail] = {}
    for pk, arm in arms.items():
        text = sum((sums[order] for order, whose in writing if whose == pk and order in sums), CallSums())
        stages = sum(
            (sums[order] for order, version in staged if version == arm.pipeline_id and order in sums), CallSums()
        )
        if text.answers:
            # Arms of one pipeline share what its stages answered.
            sharing = sum(other.pipeline_id == arm.pipeline_id for other in arms.values())
            tokens[arm.name] = TokensOfMail(
                (text.input_tokens + stages.input_tokens / sharing) / text.answers,
                (text.output_tokens + stages.output_tokens / sharing) / text.answers,
            )
    return tokens


def _chosen(entries: Sequence[PriceEntry], mail: TokensOfMail) -> list[PriceEntry]:
    """The large model, and the one by which a mail is cheapest; the same one stands once."""
    large = [entry for entry in entries if entry.model == LARGE][:1]
    cheapest = min(entries, key=mail.usd, default=None)
    return [*large, *([cheapest] if cheapest is not None and cheapest not in large else [])]


def _priced(line: Mapping[str, Any], mail: TokensOfMail, entry: PriceEntry) -> ListPrice:
    usd = mail.usd(entry)
    replies = line["replies"]
    return ListPrice(entry.model, usd, usd * line["written"] / replies if replies else None)
