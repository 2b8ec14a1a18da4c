"""Figures for Prometheus, in its text format (version 0.0.4), read from rows at each scrape.

Rows are read through their indexes and bounded by what is under way or of today, so a scrape costs the same after a
million ended jobs. A figure that cannot be read is left out, and `miniatures_scrape_error` names it. Labels hold names
of queues, kinds, routes, models and hosts, never of tasks or people.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version

from django.db import DatabaseError, connection
from django.db.models import Count, Sum
from django.utils import timezone

from generation.models import SpendDay
from jobs.lifecycle import reaper_lock
from jobs.models import Host, Job
from jobs.scheduling import halt, hosts, workers
from jobs.states import FINISHED
from miniatures_site.health.request_counts import BUCKETS, COUNTS
from miniatures_site.operations import counts
from serving.models import Usage

logger = logging.getLogger(__name__)
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


@dataclass
class Metric:
    """One figure: its name after `miniatures_`, its type, what it says, and its samples as (labels, value, suffix)."""

    name: str
    kind: str
    help: str
    samples: list[tuple[dict[str, str], float, str]] = field(default_factory=list)

    def add(self, value: float, suffix: str = "", **labels: str) -> None:
        self.samples.append((labels, value, suffix))

    def lines(self) -> Iterator[str]:
        """The lines of a scrape; none without a sample."""
        if not self.samples:
            return
        yield f"# HELP miniatures_{self.name} {self.help}"
        yield f"# TYPE miniatures_{self.name} {self.kind}"
        for labels, value, suffix in self.samples:
            pairs = ",".join(f'{name}="{_escaped(text)}"' for name, text in labels.items())
            yield f"miniatures_{self.name}{suffix}{f'{{{pairs}}}' if pairs else ''} {value:.10g}"


def answering(**parts: bool) -> str:
    """Return which parts of the installation answer, as figures."""
    up = Metric("up", "gauge", "1 while a part of the installation answers.")
    for what, answers in parts.items():
        up.add(1 if answers else 0, what=what)
    return "\n".join([*up.lines(), ""])


def scrape() -> tuple[str, bool]:
    """Return all figures, and whether the database answers; it raises nothing, and closes this thread's connection."""
    lines, failed = [], Metric("scrape_error", "gauge", "1 for each figure that could not be read.")
    is_database_there = True
    try:
        for read in _READERS:
            try:
                lines += [line for metric in read() for line in metric.lines()]
            except Exception as error:
                is_database_there = is_database_there and not isinstance(error, DatabaseError)
                logger.warning("%s could not be read for a scrape: %s", read.__name__[1:], type(error).__name__)
                failed.add(1, what=read.__name__[1:])
    finally:
        connection.close()
    return "\n".join([*lines, *failed.lines(), ""]), is_database_there


def _product() -> Iterator[Metric]:
    info = Metric("info", "gauge", "The version that answers.")
    try:
        info.add(1, version=version("miniatures"))
    except PackageNotFoundError:
        info.add(1, version="checkout")
    yield info


def _queues() -> Iterator[Metric]:
    depth = Metric("queue_jobs", "gauge", "Jobs that wait for a worker, by queue.")
    oldest = Metric("queue_oldest_seconds", "gauge", "Seconds since the first of them was queued.")
    served = Metric("queue_workers", "gauge", "Workers that take jobs of a queue.")
    now = timezone.now()
    for queue in counts.queues(workers.present()):
        if queue.waiting:
            depth.add(queue.waiting, queue=queue.name)
            oldest.add(_age_s(queue.oldest, now), queue=queue.name)
        if queue.workers:
            served.add(queue.workers, queue=queue.name)
    yield from (depth, oldest, served)


def _jobs() -> Iterator[Metric]:
    states = Metric("jobs", "gauge", "Jobs that have not ended, by kind and state.")
    rows = Job.objects.exclude(state__in=FINISHED).order_by().values_list("kind", "state")
    for kind, state, count in rows.annotate(count=Count("pk")):
        states.add(count, kind=kind, state=state)
    ended = Metric("jobs_ended", "gauge", "Jobs that ended within a day, by kind and state.")
    for kind, of_kind in sorted(counts.ended_kinds().items()):
        for state, count in sorted(of_kind.items()):
            ended.add(count, kind=kind, state=state)
    overdue = Metric("job_leases_overdue", "gauge", "Jobs whose lease expired a while ago and that were not released.")
    overdue.add(counts.stuck().count())
    lost = Metric("job_leases_lost_total", "counter", "Jobs taken back, ever, from workers that had stopped answering.")
    lost.add(reaper_lock.lost_leases())
    yield from (states, ended, overdue, lost)


def _beat() -> Iterator[Metric]:
    tick = Metric("beat_last_tick_timestamp_seconds", "gauge", "When the beat last had jobs looked after.")
    if last := reaper_lock.last_tick():
        tick.add(last.timestamp())
    halted = Metric("halted", "gauge", "1 while all outgoing traffic is stopped.")
    halted.add(1 if halt.current_halt() else 0)
    yield from (tick, halted)


def _hosts() -> Iterator[Metric]:
    last_signs = Metric("host_seen_timestamp_seconds", "gauge", "When a host last said that it is there.")
    free = Metric("host_disk_free_bytes", "gauge", "Bytes free where a host that is there keeps its runs.")
    low = Metric("disk_low", "gauge", "1 where a disk has less than 2 GiB free, or 5 % of a smaller one.")
    present = {host.pk: host for host in hosts.present()}
    volumes = counts.volumes()
    for host in Host.objects.order_by("name"):
        last_signs.add(host.seen_at.timestamp(), host=host.name)
        if host.pk in present:
            free.add(host.disk_free_bytes, host=host.name)
    own = Metric("disk_free_bytes", "gauge", "Bytes free on the fullest disk that this process writes to.")
    own.add(min(volume.free_bytes for volume in volumes))
    for disk in counts.disks(volumes, present.values()):
        low.add(1 if disk.is_low else 0, disk=disk.name)
    yield from (last_signs, free, own, low)


def _backups() -> Iterator[Metric]:
    verified = Metric("backup_verified_timestamp_seconds", "gauge", "When the newest backup that came back was made.")
    newest = counts.verified_backup()
    if newest and newest.made_at:
        verified.add(newest.made_at.timestamp())
    yield verified


def _outbox() -> Iterator[Metric]:
    mails = Metric("outbox_mails", "gauge", "Approved mails of running campaigns whose time has come.")
    oldest = Metric("outbox_oldest_seconds", "gauge", "Seconds since the first of them was due.")
    hooks = Metric("webhook_deliveries_due", "gauge", "Deliveries of webhooks whose time has come.")
    hook_age = Metric("webhook_oldest_seconds", "gauge", "Seconds since the first of them was due.")
    now = timezone.now()
    due_mails, due_hooks, _ = counts.outboxes(now)
    for outbox, counted, age in ((due_mails, mails, oldest), (due_hooks, hooks, hook_age)):
        counted.add(outbox.due)
        age.add(_age_s(outbox.oldest, now))
    yield from (mails, oldest, hooks, hook_age)


def _spend() -> Iterator[Metric]:
    usd = Metric("spend_today_usd", "gauge", "What this day's calls cost, by teacher, in US dollars.")
    calls = Metric("calls_today", "gauge", "Calls of this day, by teacher.")
    tokens = Metric("call_tokens_today", "gauge", "Tokens of this day's calls, by teacher and direction.")
    rows = SpendDay.objects.filter(day=timezone.localdate()).order_by().values_list("teacher_name")
    sums = {"usd": Sum("cost_usd"), "n": Sum("calls"), "asked": Sum("input_tokens"), "said": Sum("output_tokens")}
    for teacher, cost, count, input_count, output_count in rows.annotate(**sums).values_list("teacher_name", *sums):
        usd.add(float(cost), teacher=teacher)
        calls.add(count, teacher=teacher)
        tokens.add(input_count, teacher=teacher, direction="input")
        tokens.add(output_count, teacher=teacher, direction="output")
    yield from (usd, calls, tokens)


def _serving() -> Iterator[Metric]:
    requests = Metric("serving_requests_today", "gauge", "Requests that miniatures answered on this day (UTC).")
    errors = Metric("serving_errors_today", "gauge", "Those that failed.")
    tokens = Metric("serving_tokens_today", "gauge", "Their tokens, by direction.")
    seconds = Metric("serving_seconds_today", "gauge", "Seconds from request to last token, added up.")
    columns = ("requests", "errors", "prompt_tokens", "completion_tokens", "seconds")
    sums = Usage.objects.filter(day=timezone.now().astimezone(UTC).date()).aggregate(
        **{name: Sum(name, default=0) for name in columns}
    )
    requests.add(sums["requests"])
    errors.add(sums["errors"])
    tokens.add(sums["prompt_tokens"], direction="input")
    tokens.add(sums["completion_tokens"], direction="output")
    seconds.add(sums["seconds"])
    yield from (requests, errors, tokens, seconds)


def _requests() -> Iterator[Metric]:
    durations = Metric("http_request_seconds", "histogram", "Seconds to an answer, by route, method and status.")
    by_route: dict[str, dict[str, int]] = {}
    for name, number in COUNTS.read().items():
        of, _, what = name.rpartition("|")
        by_route.setdefault(of, {})[what] = number
    for of, by in sorted(by_route.items()):
        labels = dict(zip(("route", "method", "status"), of.rsplit("|", 2), strict=True))
        for bound in BUCKETS:
            durations.add(by.get(f"{bound:g}", 0), "_bucket", **labels, le=f"{bound:g}")
        durations.add(by.get("count", 0), "_bucket", **labels, le="+Inf")
        durations.add(by.get("ms", 0) / 1000, "_sum", **labels)
        durations.add(by.get("count", 0), "_count", **labels)
    yield durations


_READERS: tuple[Callable[[], Iterator[Metric]], ...] = (
    _product,
    _queues,
    _jobs,
    _beat,
    _hosts,
    _backups,
    _outbox,
    _spend,
    _serving,
    _requests,
)


def _age_s(oldest: datetime | None, now: datetime) -> float:
    return max(0.0, (now - oldest).total_seconds()) if oldest else 0.0


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ")
