"""Costs of runs: hours a host was held for them, times the host's price, and energy where it was measured.

The time counted is the time workers held the run's job and its parts on other hosts, loading and validation included,
since that is what hosts are paid for. A price that was never entered stays unknown, and energy that was never measured
stays unmeasured: neither is guessed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django.conf import settings

from generation.money.figures import time_usd
from jobs.lifecycle import parts
from jobs.models import RECORDED_S, Job, JobEvent
from jobs.scheduling import held_spans
from jobs.scheduling.held_spans import HeldSpan
from jobs.states import FINISHED
from training.models import HostPrice, TrainingRun

DEFAULT_HOST: Final = "default"
# A hundredth of a cent: demo runs cost less than a cent, and shall not look free.
SMALLEST_USD: Final = Decimal("0.0001")


@dataclass(frozen=True)
class RunCost:
    """Cost of a run so far, or at its end.

    Attributes:
        host_seconds: Time hosts were held for it, all hosts and attempts together.
        devices: Devices of each host that it computed on at once.
        usd_per_hour: Price of an hour of a host; None where none is known, or where several hosts differ.
        usd: Price of the time; None where the price of a host is not known.
        kwh: Energy its GPUs report; None where none does, or where several hosts compute: only the first reports.
        is_final: Whether the run has ended, so that it costs no more.
    """

    host_seconds: float
    devices: int
    usd_per_hour: Decimal | None
    usd: Decimal | None
    kwh: float | None
    is_final: bool

    @property
    def device_seconds(self) -> float:
        return self.host_seconds * self.devices

    def as_json(self) -> dict[str, Any]:
        money = {"usd": _text(self.usd), "usd_per_hour": _text(self.usd_per_hour)}
        return {**asdict(self), **money, "device_seconds": self.device_seconds}


def run_cost(run: TrainingRun) -> RunCost:
    return run_costs([run])[run.pk]


def run_costs(runs: Sequence[TrainingRun]) -> dict[UUID, RunCost]:
    """Costs of each of these runs, by its id; as many questions however many they are. Runs come with their jobs."""
    ended = {run.pk: _kept_cost(run) for run in runs if run.cost and run.job.state in FINISHED}
    others = [run for run in runs if run.pk not in ended]
    if not others:
        return ended
    spans, energy, prices = spans_of([run.job for run in others]), _energy([run.job for run in others]), known_prices()
    return ended | {run.pk: _cost(run, spans[run.job_id], energy.get(run.job_id), prices) for run in others}


def known_prices() -> dict[str, Decimal]:
    """US dollars an hour by host; `default` stands for every host that is not named."""
    prices = dict(HostPrice.objects.values_list("host", "usd_per_hour"))
    if DEFAULT_HOST not in prices and settings.HOST_USD_PER_HOUR > 0:
        prices[DEFAULT_HOST] = Decimal(str(settings.HOST_USD_PER_HOUR))
    return prices


def price_of(host: str = DEFAULT_HOST, prices: Mapping[str, Decimal] | None = None) -> Decimal | None:
    """US dollars for an hour of a host, by its own line or the default one; of these prices, or of those known now."""
    price_list = known_prices() if prices is None else prices
    return price_list.get(host, price_list.get(DEFAULT_HOST))


def from_json(values: Mapping[str, Any]) -> RunCost:
    return RunCost(
        host_seconds=float(values["host_seconds"]),
        devices=int(values["devices"]),
        usd_per_hour=_decimal(values["usd_per_hour"]),
        usd=_decimal(values["usd"]),
        kwh=values["kwh"],
        is_final=bool(values["is_final"]),
    )


def _kept_cost(run: TrainingRun) -> RunCost:
    """The cost of the day it ended; costs kept by 0.2.0 have the energy of the first of several hosts."""
    cost = from_json(run.cost)
    return cost if _hosts(run) == 1 else replace(cost, kwh=None)


def _hosts(run: TrainingRun) -> int:
    return int(run.recipe.get("hosts", 1))


def _cost(run: TrainingRun, spans: Sequence[HeldSpan], kwh: float | None, prices: Mapping[str, Decimal]) -> RunCost:
    if run.job.is_played_back and (recorded_s := run.job.spec.get(RECORDED_S)):
        # What playing it back took here tells nobody what the run takes; what the host of the recording costs is not
        # known.
        return RunCost(float(recorded_s), 1, usd_per_hour=None, usd=None, kwh=None, is_final=run.job.state in FINISHED)
    devices = int(run.summary.get("processes") or run.job.devices)
    hourly = {price_of(span.host, prices) for span in spans} if spans else {price_of(prices=prices)}
    usd, hosts = held_usd(spans, prices), _hosts(run)
    return RunCost(
        host_seconds=sum(span.seconds for span in spans),
        devices=max(1, devices // hosts),
        usd_per_hour=hourly.pop() if len(hourly) == 1 else None,
        usd=None if usd is None or not (spans or prices) else usd.quantize(SMALLEST_USD),
        kwh=kwh if hosts == 1 else None,
        is_final=run.job.state in FINISHED,
    )


def held_usd(spans: Sequence[HeldSpan], prices: Mapping[str, Decimal]) -> Decimal | None:
    """Sum the cost of stretches on hosts; None where the price of one was never entered."""
    total = Decimal(0)
    for span in spans:
        hourly = price_of(span.host, prices)
        if hourly is None:
            return None
        total += time_usd(span.seconds, hourly)
    return total


def spans_of(
    jobs: Sequence[Job], *, since: datetime | None = None, now: datetime | None = None
) -> dict[UUID, list[HeldSpan]]:
    """Return the stretches in which hosts were held for each of these jobs, its parts on other hosts included.

    Args:
        since: No moment before it counts.
    """
    others = parts.of_jobs(jobs)
    held = held_spans.spans_of([*jobs, *others], since=since, now=now)
    spans = {job.pk: held[job.pk] for job in jobs}
    for part in others:
        if part.subject_id:
            spans[part.subject_id] += held[part.pk]
    return spans


def _energy(jobs: Sequence[Job]) -> dict[UUID, float]:
    """Energy by job: each attempt counts from zero, so its largest figure is its own."""
    most: dict[tuple[UUID, int], float] = {}
    events = JobEvent.objects.filter(job__in=[job.pk for job in jobs], kind="metric", payload__has_key="energy_kwh")
    for job_id, fence, payload in events.order_by().values_list("job_id", "fence", "payload"):
        value = payload.get("energy_kwh")
        if isinstance(value, int | float):
            most[job_id, fence] = max(most.get((job_id, fence), 0.0), float(value))
    by_job: dict[UUID, float] = defaultdict(float)
    for (job_id, _), value in most.items():
        by_job[job_id] += value
    return dict(by_job)


def _text(value: Decimal | None) -> str | None:
    return None if value is None else str(value)


def _decimal(value: object) -> Decimal | None:
    return None if value is None else Decimal(str(value))


def keep_final_cost(job: Job) -> None:
    """Consume the end of a training job, well or badly. A run that is resumed and ends again is counted again."""
    run = TrainingRun.objects.select_related("job").filter(job=job).first()
    if run is None:
        return
    run.cost = {}
    TrainingRun.objects.filter(pk=run.pk).update(cost=run_cost(run).as_json())
