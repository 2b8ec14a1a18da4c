"""Costs of 1,000 outputs of a task: by teacher, by miniature at a volume, by the cheapest teacher that is not worse.

What was not measured is None, with the reason in words; nothing is guessed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final

from django.db.models import F, Sum
from django.utils import timezone

from evaluation.evaluations import answer, evidence, speeds
from evaluation.evaluations.evidence import Evidence
from evaluation.evaluations.run_inputs import tuned_name
from evaluation.evaluations.speeds import MeasuredCapacity
from evaluation.models import Evaluation
from generation.money.budgets import midnight
from generation.money.figures import HOURS_PER_MONTH, hosts_for, per_thousand
from members.models import Member
from review.models import Task
from serving.costs import rates, savings, writers
from serving.costs.savings import INTERNAL, Savings
from serving.costs.writers import Reviewing, WriterCost
from serving.models import Usage
from serving.promotions import queries
from training.costs.run_cost import price_of
from training.miniatures.cost import miniature_costs
from training.models import Miniature
from web.errors import Refusal

MONTH: Final = timedelta(days=30)
# Of nothing a month no cost could be told.
IDLE_VOLUME: Final = 1_000
MOST_VOLUME: Final = 100_000_000
# Over how many months a training is spread beside the monthly cost of serving.
MONTHS_OF_USE: Final = 12
MOST_MINIATURES: Final = 10


@dataclass(frozen=True)
class BreakEvenLine:
    """Volume of outputs a month from which a host that is always on costs less than a paid writer.

    Attributes:
        per_month: None where it is never reached: `why_never` says why.
        fewest: At the upper end of the writer's cost per output; None where that has no interval.
        most: At the lower end; None too where no bound can be told.
    """

    writer: WriterCost
    per_month: int | None
    fewest: int | None
    most: int | None
    why_never: str = ""


@dataclass(frozen=True)
class MiniatureLine:
    """Costs of 1,000 outputs of a miniature at a volume, US dollars.

    Attributes:
        capacity: What it was measured to write in an hour on a GPU; None where no evaluation of it ran on one.
        hosts: Hosts that write the volume; None where the capacity or the host's price is not known.
        always_on: Hosts held around the clock.
        batch: Hosts held only while they write.
        training_usd: What its data, people and runs cost once; those parts that have a price.
        is_training_whole: Whether every part of that has a price.
        training: The same spread over twelve months of the volume.
        cheapest: The cheapest paid writer that its newest evaluation shows to be not worse; None where none is.
    """

    miniature: Miniature
    capacity: MeasuredCapacity | None
    hosts: int | None
    always_on: Decimal | None
    batch: Decimal | None
    training_usd: Decimal
    is_training_whole: bool
    training: Decimal | None
    cheapest: WriterCost | None
    break_evens: list[BreakEvenLine]


@dataclass(frozen=True)
class TaskCosts:
    """Costs of a task's outputs.

    Attributes:
        miniatures: The newest ones of all `miniature_count`.
        evidence: The same measurement that Home shows; None while no miniature was evaluated.
    """

    task: Task
    volume: int
    volume_today: int
    usd_per_hour: Decimal
    host_usd_per_hour: Decimal | None
    reviewing: Reviewing
    people: Decimal | None
    teachers: list[WriterCost]
    miniatures: list[MiniatureLine]
    miniature_count: int
    savings: Savings
    evidence: Evidence | None


def task_costs(member: Member, task: Task, *, volume: int | None = None) -> TaskCosts:
    """Return what a task's outputs cost.

    Args:
        volume: Outputs a month; by default as many as in the last 30 days, and 1,000 where those had none.

    Raises:
        Refusal: `volume_invalid`.
    """
    if volume is not None and not 0 <= volume <= MOST_VOLUME:
        message = f"Outputs a month, from 0 to {MOST_VOLUME:,}."
        raise Refusal("volume_invalid", message, errors={"volume": [message]})
    own = writers.miniatures_by_teacher_name(task)
    paid = [each for each in writers.writer_costs(task) if each.name not in own]
    today = volume_today(task)
    at = volume if volume is not None else today or IDLE_VOLUME
    usd_per_hour, host = rates.rate_of(task), price_of()
    miniatures = queries.of_task(member, task)
    lines = [_line(each, at, host, paid) for each in miniatures[:MOST_MINIATURES]]
    reviewed = writers.reviewing(task)
    return TaskCosts(
        task,
        at,
        today,
        usd_per_hour,
        host,
        reviewed,
        reviewed.usd_per_thousand(usd_per_hour),
        paid,
        lines,
        len(miniatures),
        savings.of_task(task),
        evidence.of(task),
    )


def volume_today(task: Task) -> int:
    """Outputs of the last 30 days.

    Calls that were answered, and what the task's miniatures answered to requests from outside.
    """
    since = timezone.localdate() - MONTH
    usage = Usage.objects.filter(miniature__task=task, day__gt=since).exclude(token=INTERNAL)
    totals: dict[str, Any] = usage.aggregate(n=Sum(F("requests") - F("errors") - F("cancelled")))
    written = writers.outputs_of(task, since=midnight(since + timedelta(days=1)))
    return sum(sum(by_order.values()) for by_order in written.values()) + (totals["n"] or 0)


def evaluation_of(miniature: Miniature) -> Evaluation | None:
    """The newest finished evaluation of a miniature on a whole split.

    Cases of a suite were chosen for being unlike the rest.
    """
    finished = Evaluation.objects.filter(run=miniature.run_id, suite=None).exclude(summary={})
    return finished.order_by("-created_at").first()


def _line(miniature: Miniature, volume: int, host: Decimal | None, paid: list[WriterCost]) -> MiniatureLine:
    evaluation = evaluation_of(miniature)
    capacity = speeds.of_run(miniature.run)
    cost = miniature_costs(miniature).with_starts
    hosts = always_on = batch = None
    if capacity and host is not None:
        hosts = hosts_for(volume, capacity.outputs_per_hour)
        batch = per_thousand(host, capacity.outputs_per_hour)
        always_on = per_thousand(host * HOURS_PER_MONTH * hosts, volume)
    training = per_thousand(cost.total_usd, volume * MONTHS_OF_USE)
    return MiniatureLine(
        miniature,
        capacity,
        hosts,
        always_on,
        batch,
        cost.total_usd,
        cost.is_whole,
        training,
        _cheapest(evaluation, tuned_name(miniature.run), paid),
        [break_even(each, host, capacity) for each in paid if each.usd and each.outputs] if host else [],
    )


def _cheapest(evaluation: Evaluation | None, own: str, paid: list[WriterCost]) -> WriterCost | None:
    if evaluation is None:
        return None
    names = set(answer.not_worse(evaluation.summary, own))
    priced = [each for each in paid if each.name in names and each.usd and each.outputs]
    return min(priced, key=lambda each: (each.per_output or 0, each.name), default=None)


def break_even(writer: WriterCost, host: Decimal, capacity: MeasuredCapacity | None) -> BreakEvenLine:
    """The volume at which a host that is always on costs what a writer would.

    Its volume is None beyond what one GPU was measured to write in a month.
    """
    monthly = host * HOURS_PER_MONTH
    per_output = writer.per_output
    if not per_output:
        return BreakEvenLine(writer, None, None, None, "nothing was paid for it")
    per_month = math.ceil(monthly / per_output)
    fewest = math.ceil(float(monthly) / writer.high_usd) if writer.high_usd else None
    most = math.ceil(float(monthly) / writer.low_usd) if writer.low_usd else None
    if capacity and hosts_for(per_month, capacity.outputs_per_hour) > 1:
        return BreakEvenLine(writer, None, fewest, most, f"one GPU does not write {per_month:,} a month")
    return BreakEvenLine(writer, per_month, fewest, most)
