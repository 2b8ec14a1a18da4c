"""What caches saved an order, and what mending flawed answers cost it. Reads calls; knows no provider."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, Sum

from generation.models import Call, Order
from generation.states import CallState


@dataclass(frozen=True)
class Thrift:
    """Sums over the calls of an order.

    Attributes:
        input_tokens: Tokens of all prompts, those from a cache included.
        cached_tokens: Those that came from a provider's cache.
        saved_usd: What that saved, what writing to the cache cost taken off; None until the job has ended. Below zero
            when less was read than was written.
        repairs: Flawed answers that were sent back once, whatever came of it.
        repairs_usd: What sending them back cost: the calls beside the plan, not the answers they were to mend.
        mended: Those whose repair brought the draft.
    """

    input_tokens: int
    cached_tokens: int
    saved_usd: Decimal | None
    repairs: int
    repairs_usd: Decimal
    mended: int


def of_order(order: Order) -> Thrift | None:
    """The sums; None for an order without anything from a cache and without a repair."""
    repair = Q(is_repair=True)
    sums: dict[str, Any] = Call.objects.filter(order=order).aggregate(
        input_tokens=Sum("input_tokens", default=0),
        cached_tokens=Sum("cached_tokens", default=0),
        repairs=Count("pk", filter=repair),
        repairs_usd=Sum("cost_usd", filter=repair, default=Decimal(0)),
        mended=Count("pk", filter=repair & Q(state=CallState.ANSWERED)),
    )
    if not sums["cached_tokens"] and not sums["repairs"]:
        return None
    return Thrift(saved_usd=_saved_usd(order), **sums)


def _saved_usd(order: Order) -> Decimal | None:
    summary = ((order.job.result or {}) if order.job else {}).get("summary") or {}
    saved = summary.get("cache_saved_usd")
    return None if saved is None else Decimal(str(saved))
