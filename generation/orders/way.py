"""Way of an order's calls, whether its teachers take that, and what it does to their price. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from generation.diversity.mix import MixSettings
from generation.engine.contracts import TeacherSpec
from generation.engine.prices import TOKEN_PRICES
from generation.money.estimate import OrderEstimate
from generation.states import TAKES_BATCHES, Stragglers, Way
from web.errors import Refusal

# Providers promise a batch within this.
LONGEST_S = 86_400.0


@dataclass(frozen=True)
class WayRequest:
    """The way calls go out, and what becomes of those that a batch leaves unanswered."""

    way: Way = Way.LIVE
    stragglers: Stragglers = Stragglers.ASK


LIVE = WayRequest()


def check_way(request: WayRequest, teachers: Iterable[TeacherSpec]) -> None:
    """Refuse batches of a teacher whose provider takes none.

    Raises:
        Refusal: `no_batches`, with errors by field.
    """
    others = [teacher.name for teacher in teachers if teacher.provider not in TAKES_BATCHES]
    if request.way == Way.BATCH and others:
        message = f"{', '.join(others)} cannot use batches: only OpenAI and Anthropic offer them."
        raise Refusal(
            "no_batches", message, hint="Send the calls live, or choose another teacher.", errors={"way": [message]}
        )


def teacher_at_way_price(spec: TeacherSpec, request: WayRequest) -> TeacherSpec:
    """The teacher as an estimate is to see it: at the price of this way."""
    if request.way != Way.BATCH:
        return spec
    prices = {name: usd for name in TOKEN_PRICES if (usd := getattr(spec, name)) is not None}
    return spec.model_copy(update={name: usd * spec.batch_factor for name, usd in prices.items()})


def mix_at_way_price(variety: MixSettings, request: WayRequest) -> MixSettings:
    """The mix as an estimate is to see it; its judge is asked at once, at the full price."""
    teachers = [
        mixed_teacher.model_copy(update={"teacher": teacher_at_way_price(mixed_teacher.teacher, request)})
        for mixed_teacher in variety.teachers
    ]
    return variety.model_copy(update={"teachers": teachers})


def with_way_time(estimate: OrderEstimate, request: WayRequest) -> OrderEstimate:
    """The estimate with the time that this way may take at most."""
    if request.way != Way.BATCH:
        return estimate
    basis = f"{estimate.basis}; in batches, which providers promise within a day"
    return replace(estimate, time_s=LONGEST_S, basis=basis)
