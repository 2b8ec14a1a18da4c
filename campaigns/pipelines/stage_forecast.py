"""Costs of an arm's stages before a launch: priced from records of their tasks, or from what their tasks ask.

What a stage will be asked about is not known before the stages ahead of it have answered, so records that its task has
stand for it; where it has none, facts of usual lengths do. A stage that asks a paid model never counts as nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial
from math import ceil
from uuid import UUID

from campaigns.models import Arm, Stage
from campaigns.pipelines.queries import stages
from campaigns.states import StageKind
from generation.models import Teacher
from generation.money.estimate import OrderEstimate, scaled, sum_of
from generation.money.figures import MICRO, rounded_up
from generation.orders import launch
from generation.orders.launch import OrderRequest
from generation.orders.mix_estimate import estimate_from_spec
from review.models import Record, TaskVersion
from serving.models import RouterVersion
from serving.routing import promise
from web.errors import Refusal

# A price is guessed from a rendered sample.
PRICED_RECORDS = 50
# How many claims of a mail are looked at, as a research answer brings and a mail holds them.
CLAIMS_PER_MAIL = 4

ROUTED_BASIS = "by the shares that the router's evidence expects, at most as if all went to its teacher"


@dataclass(frozen=True)
class StageForecast:
    """One stage of an arm as it would be.

    Attributes:
        answers: How many answers it would be asked for, if every mail came to it.
        cost_usd: Their estimated price; 0 with rules.
        least_usd: Their dearest call.
        basis: What the estimate rests on, in words; empty with rules.
    """

    stage: Stage
    answers: int
    cost_usd: Decimal = Decimal(0)
    cost_high_usd: Decimal = Decimal(0)
    least_usd: Decimal = Decimal(0)
    basis: str = ""
    refusal: Refusal | None = None


def forecast_stages(arm: Arm, mails: int) -> tuple[StageForecast, ...]:
    """Forecast the costs of the stages around an arm's writing; empty for an arm without a pipeline."""
    if arm.pipeline_id is None or not mails:
        return ()
    around = stages().filter(version=arm.pipeline_id).exclude(kind=StageKind.WRITE)
    return tuple(_forecast(stage, mails) for stage in around)


def _forecast(stage: Stage, mails: int) -> StageForecast:
    answers = mails * (CLAIMS_PER_MAIL if stage.kind in (StageKind.VERIFY, StageKind.CHECK) else 1)
    if stage.task_version is None or stage.teacher is None:
        return StageForecast(stage, 0)
    task = stage.task_version.task
    sample = list(
        Record.objects.filter(task=task, erased_at__isnull=True)
        .order_by("-created_at", "pk")
        .values_list("pk", flat=True)[:PRICED_RECORDS]
    )
    try:
        price = routed_price(stage, stage.teacher, answers, partial(_price, stage.task_version, sample))
    except Refusal as refusal:
        return StageForecast(stage, answers, refusal=refusal)
    low, high = (Decimal(str(round(value, 6))) for value in (price.cost_usd, price.cost_high_usd))
    return StageForecast(stage, answers, low, high, rounded_up(price.worst_call_usd, MICRO), price.basis)


def routed_price(
    stage: Stage | None, teacher: Teacher, answers: int, price: Callable[[Teacher, int], OrderEstimate]
) -> OrderEstimate:
    """The price of so many answers: of one model, or of each that a router asks, by the shares its evidence expects.

    The upper end is what it would cost if all went to the teacher.

    Args:
        stage: The stage; None or without a router, `teacher` answers all.
        teacher: Who answers, or whom a router sends the rest to.

    Raises:
        Refusal: Why a model cannot be asked; `router_model_off`.
    """
    if stage is None or stage.router is None:
        return price(teacher, answers)
    prices = []
    for model, calls in shares_asked(stage.router, answers):
        if model is None:
            raise Refusal("router_model_off", f"A miniature of {stage.router} is promoted no longer.")
        prices.append(price(model, calls) if calls else None)
    estimates = [each for each in prices if each is not None]
    dearest = price(teacher, answers)
    whole = sum_of(estimates)
    return replace(
        whole,
        cost_high_usd=max(whole.cost_high_usd, dearest.cost_high_usd),
        worst_call_usd=dearest.worst_call_usd,
        time_s=sum(each.time_s for each in estimates),
        basis=f"{ROUTED_BASIS}; {dearest.basis}",
    )


def shares_asked(version: RouterVersion, answers: int) -> list[tuple[Teacher | None, int]]:
    """The models of a router in order, each with how many of so many answers it would be asked for.

    One that reads its choice off a text has its miniature answer everything first; the teacher writes the audited share
    too.
    """
    shares = [float(line["share"]) for line in version.expected]
    audited = version.audit_share * sum(shares[:-1])
    calls = [1.0 if place == 0 and version.writes_first else share for place, share in enumerate(shares)]
    calls[-1] += audited
    return [(model, ceil(answers * part)) for model, part in zip(promise.models_of(version), calls, strict=True)]


def _price(version: TaskVersion, sample: list[UUID], teacher: Teacher, answers: int) -> OrderEstimate:
    if not sample:
        return estimate_from_spec(version, teacher=teacher, count=answers)
    request = OrderRequest(
        version.task, teacher=teacher, count=len(sample), by=None, record_ids=sample, version=version
    )
    return scaled(launch.quote(request).estimate, calls=answers)
