"""Costs of a mail and a reply in each arm, model only and with people's time, from sums by company. Pure.

All that was spent on an arm counts, also on drafts that were never sent: they were paid for all the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from stats.intervals import cost_ratios
from stats.intervals.cost_ratios import BreakEven, UnitCost
from stats.intervals.distributions import Floats, Ints

MINUTES_PER_HOUR = 60


@dataclass(frozen=True, slots=True, eq=False)
class ContactCosts:
    """Spending on each contact, and its outcome; arrays are (N,), in the order of the units.

    Attributes:
        arm: Index of its arm.
        replies: 1 if it replied.
        tokens: Mean tokens in and out of a draft, by arm name.
    """

    arms: tuple[str, ...]
    arm: Ints
    cluster: Ints
    model_usd: Floats
    minutes: Floats
    mails: Floats
    replies: Floats
    tokens: Mapping[str, tuple[float, float]]


@dataclass(frozen=True, slots=True)
class ArmCost:
    """The money of one arm; a unit cost is None where there is nothing to divide by."""

    name: str
    model_usd: float
    minutes: float
    mails: int
    replies: int
    mail: UnitCost | None
    reply: UnitCost | None
    mail_with_people: UnitCost | None
    reply_with_people: UnitCost | None


def costs_by_arm(spent: ContactCosts, *, usd_per_hour: float, level: float) -> list[ArmCost]:
    """Each arm's costs; intervals come from companies."""
    return [_arm(spent, index, usd_per_hour, level) for index in range(len(spent.arms))]


def _arm(spent: ContactCosts, index: int, usd_per_hour: float, level: float) -> ArmCost:
    mine = spent.arm == index
    _, number = np.unique(spent.cluster[mine], return_inverse=True)

    def summed(column: Floats) -> Floats:
        return np.bincount(number, weights=column[mine]).astype(np.float64)

    model, minutes, mails, replies = map(summed, (spent.model_usd, spent.minutes, spent.mails, spent.replies))
    both = model + minutes * usd_per_hour / MINUTES_PER_HOUR
    return ArmCost(
        name=spent.arms[index],
        model_usd=float(model.sum()),
        minutes=float(minutes.sum()),
        mails=round(mails.sum()),
        replies=round(replies.sum()),
        mail=_ratio(model, mails, level),
        reply=_ratio(model, replies, level),
        mail_with_people=_ratio(both, mails, level),
        reply_with_people=_ratio(both, replies, level),
    )


def _ratio(usd: Floats, units: Floats, level: float) -> UnitCost | None:
    if len(units) < 2 or not units.sum():
        return None
    return cost_ratios.ratio(usd, units, level=level)


@dataclass(frozen=True, slots=True)
class OwnGpu:
    """Volume from which a GPU of one's own is the cheaper way, or why never.

    Attributes:
        break_even: None where a GPU never pays, whatever it writes.
        why_never: The reason; also where no GPU writes as much as the break-even needs.
        fewest_per_hour: The break-even at the upper end of the paid model's cost; None where that cost has no interval.
        most_per_hour: At its lower end; None there too, or where no bound can be told.
    """

    usd_per_mail: float
    break_even: BreakEven | None
    why_never: str
    fewest_per_hour: float | None = None
    most_per_hour: float | None = None


def own_gpu(
    *,
    usd_per_mail: float,
    usd_per_gpu_hour: float,
    usd_low: float | None = None,
    usd_high: float | None = None,
    mails_per_hour_capacity: float | None = None,
) -> OwnGpu:
    """Compare an always-on GPU with a model that is paid by the mail.

    Args:
        usd_low: Lower end of that cost's interval, where it has one.
        usd_high: Upper end.
        mails_per_hour_capacity: What a GPU was measured to write; None where it was not.
    """
    try:
        even = cost_ratios.break_even(
            usd_per_gpu_hour=usd_per_gpu_hour,
            usd_per_mail_paid=usd_per_mail,
            mails_per_hour_capacity=mails_per_hour_capacity,
        )
    except ValueError as error:
        return OwnGpu(usd_per_mail, None, str(error))
    fewest = usd_per_gpu_hour / usd_high if usd_high else None
    most = usd_per_gpu_hour / usd_low if usd_low else None
    return OwnGpu(usd_per_mail, even, _beyond_capacity(even), fewest, most)


def _beyond_capacity(even: BreakEven) -> str:
    if even.gpus is None or even.share_of_capacity is None or even.share_of_capacity <= 1:
        return ""
    return f"never: that many take {even.gpus} GPUs, which cost {even.gpus} times as much"
