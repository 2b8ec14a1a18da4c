"""Costs of a mail and a reply in each arm, model only and with people's time, from sums by company. Pure.

All that was spent on an arm counts, also on drafts that were never sent: they were paid for all the same.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from generation.money.figures import HOURS_PER_MONTH
from stats.intervals import cost_ratios
from stats.intervals.cost_ratios import UnitCost
from stats.intervals.distributions import Floats, Ints

MINUTES_PER_HOUR, HOURS_PER_DAY = 60, 24
FREE_MODEL = "A mail of the paid model costs no more than one of your own: the GPU never pays for itself."


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
    written: Floats
    replies: Floats
    tokens: Mapping[str, tuple[float, float]]


@dataclass(frozen=True, slots=True)
class ArmCost:
    """The money of one arm; a unit cost is None where there is nothing to divide by.

    Attributes:
        mails: Mails that went.
        written: Those of them that a model wrote; others are fixed texts.
    """

    name: str
    model_usd: float
    minutes: float
    mails: int
    written: int
    replies: int
    mail: UnitCost | None
    reply: UnitCost | None
    mail_with_people: UnitCost | None
    reply_with_people: UnitCost | None


def costs_by_arm(costs: ContactCosts, *, usd_per_hour: float, level: float) -> list[ArmCost]:
    """Each arm's costs; intervals come from companies."""
    return [_arm(costs, index, usd_per_hour, level) for index in range(len(costs.arms))]


def _arm(costs: ContactCosts, index: int, usd_per_hour: float, level: float) -> ArmCost:
    mine = costs.arm == index
    _, number = np.unique(costs.cluster[mine], return_inverse=True)

    def summed(column: Floats) -> Floats:
        return np.bincount(number, weights=column[mine]).astype(np.float64)

    model, minutes, mails, replies = map(summed, (costs.model_usd, costs.minutes, costs.mails, costs.replies))
    both = model + minutes * usd_per_hour / MINUTES_PER_HOUR
    return ArmCost(
        name=costs.arms[index],
        model_usd=float(model.sum()),
        minutes=float(minutes.sum()),
        mails=round(mails.sum()),
        written=round(costs.written[mine].sum()),
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
    """Volume from which an always-on GPU costs less than a model that is paid by the mail, or why never.

    Attributes:
        mails_per_hour: Around the clock; None where a GPU never pays, whatever it writes.
        fewest_per_hour: The same at the upper end of the paid model's cost; None where that cost has no interval.
        most_per_hour: At its lower end; None there too, or where no bound can be told.
        share_of_capacity: That volume over what a GPU writes; None where that was not measured.
        why_never: The reason; also where no GPU writes that many.
    """

    usd_per_mail: float
    mails_per_hour: float | None = None
    fewest_per_hour: float | None = None
    most_per_hour: float | None = None
    share_of_capacity: float | None = None
    why_never: str = ""

    @property
    def mails_per_day(self) -> float:
        return (self.mails_per_hour or 0) * HOURS_PER_DAY

    @property
    def mails_per_month(self) -> float:
        return (self.mails_per_hour or 0) * HOURS_PER_MONTH


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
    if usd_per_mail <= 0:
        return OwnGpu(usd_per_mail, why_never=FREE_MODEL)
    per_hour = usd_per_gpu_hour / usd_per_mail
    share = per_hour / mails_per_hour_capacity if mails_per_hour_capacity else None
    gpus = math.ceil(share or 0)
    why_never = f"never: that many take {gpus} GPUs, which cost {gpus} times as much" if gpus > 1 else ""
    fewest, most = (usd_per_gpu_hour / end if end else None for end in (usd_high, usd_low))
    return OwnGpu(usd_per_mail, per_hour, fewest, most, share, why_never)
