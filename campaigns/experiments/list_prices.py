"""Cost of each arm's mails at list prices of other models for the same tokens: the paper's model, and the cheapest.

Read from the calls that were made, those of stages included and what audits of routers ask left out. Each mail is priced as if it had a text of its own, though mails
with equal facts share one here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.db.models import Count, Q, QuerySet, Sum

from campaigns.models import Arm, Campaign, StageOrder, WriteOrder
from campaigns.pipelines.queries import of_audits
from generation.models import Call, PriceEntry
from generation.money import prices
from generation.states import CallState

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
    """Each arm of which an answered call is known, at the price of the large model and of the cheapest; at most six queries.

    Args:
        campaign: Launched.
        costs: The lines of `results.result`, with an arm's `name`, `mails` and `replies`.
    """
    tokens = tokens_by_arm(campaign)
    entries = [entry for entry in prices.prices() if entry.input_usd_per_million > 0] if tokens else []
    found = []
    for line in costs:
        if (mail := tokens.get(line["name"])) is not None:
            chosen = _chosen(entries, mail)
            found.append(ArmAtListPrices(line["name"], mail, [_priced(line, mail, entry) for entry in chosen]))
    return [arm for arm in found if arm.prices]


def tokens_by_arm(campaign: Campaign) -> dict[str, TokensOfMail]:
    """Mean tokens of a mail by the arm's name: those of all calls for it, over the drafts that were written."""
    arms = {arm.pk: arm for arm in Arm.objects.filter(campaign=campaign)}
    writing = list(WriteOrder.objects.filter(campaign=campaign).values_list("order_id", "arm_id"))
    staged = list(StageOrder.objects.filter(campaign=campaign).values_list("order_id", "stage__version_id"))
    calls = Call.objects.all()
    sums = _sums(calls, [order for order, _ in writing])
    sums |= _sums(calls.filter(~of_audits(campaign)), [order for order, _ in staged])
    found: dict[str, TokensOfMail] = {}
    for pk, arm in arms.items():
        written = [order for order, whose in writing if whose == pk]
        stages = [order for order, version in staged if version == arm.pipeline_id]
        drafts = sum(sums[order][2] for order in written if order in sums)
        if drafts:
            # Arms of one pipeline share what its stages answered.
            sharing = sum(other.pipeline_id == arm.pipeline_id for other in arms.values())
            given, told = (
                sum(sums[order][at] for order in written if order in sums)
                + sum(sums[order][at] for order in stages if order in sums) / sharing
                for at in (0, 1)
            )
            found[arm.name] = TokensOfMail(given / drafts, told / drafts)
    return found


def _sums(calls: QuerySet[Call], orders: Sequence[UUID]) -> dict[UUID, tuple[int, int, int]]:
    rows = calls.filter(order__in=orders).order_by().values_list("order_id")
    answered = Count("pk", filter=Q(state=CallState.ANSWERED))
    summed = rows.annotate(given=Sum("input_tokens"), told=Sum("output_tokens"), count=answered)
    return {order: (given, told, count) for order, given, told, count in summed}


def _chosen(entries: Sequence[PriceEntry], mail: TokensOfMail) -> list[PriceEntry]:
    """The large model, and the one by which a mail is cheapest; the same one stands once."""
    large = [entry for entry in entries if entry.model == LARGE][:1]
    cheapest = min(entries, key=mail.usd, default=None)
    return [*large, *([cheapest] if cheapest is not None and cheapest not in large else [])]


def _priced(line: Mapping[str, Any], mail: TokensOfMail, entry: PriceEntry) -> ListPrice:
    usd = mail.usd(entry)
    replies = line["replies"]
    return ListPrice(entry.model, usd, usd * line["mails"] / replies if replies else None)
