"""What is wrong, in sentences, the gravest first. Pure: reads a reading, asks nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from django.conf import settings

from jobs.rundir.machine import GIB
from miniatures_site.operations.readings import QueueRow, Reading

MISSED_TICKS, PATIENCE_S = 3, 30
QUEUE_LATE = timedelta(minutes=10)
OUTBOX_LATE = timedelta(minutes=15)
BACKUP_EVERY = timedelta(days=2)
LEAST_FREE_SHARE, LEAST_FREE_BYTES = 0.05, 2 * GIB
NAMED = 3


@dataclass(frozen=True)
class Trouble:
    """One thing that is wrong: `failed` where work or data is at stake, else `look`; and what to do."""

    level: Literal["failed", "look"]
    message: str
    hint: str = ""


def troubles(reading: Reading) -> list[Trouble]:
    """Everything that is wrong, `failed` before `look`."""
    found = [
        *_beat(reading), *_queues(reading), *_schema(reading), *_leases(reading), *_hosts(reading), *_disks(reading),
        *_backup(reading), *_failed(reading), *_outboxes(reading), *_broker(reading), *_halt(reading),
    ]  # fmt: skip
    return sorted(found, key=lambda trouble: trouble.level != "failed")


def _beat(reading: Reading) -> Iterator[Trouble]:
    patience = timedelta(seconds=max(PATIENCE_S, MISSED_TICKS * settings.JOB_REAPER_EVERY_S))
    hint = "Start the beat process, and a worker of the queue default, which does its rounds."
    if reading.beat is None:
        yield Trouble("failed", "The beat has never ticked.", hint)
    elif reading.at - reading.beat > patience:
        yield Trouble("failed", f"The beat last ticked {_ago(reading, reading.beat)}.", hint)


def _queues(reading: Reading) -> Iterator[Trouble]:
    for queue in reading.queues:
        if queue.oldest is None:
            continue
        if not queue.workers:
            message = f"{queue.waiting} {_jobs(queue.waiting)} in the queue {queue.name}, which no worker takes."
            yield Trouble("failed", message, f"Start a worker of the queue {queue.name}, or cancel what waits.")
        elif reading.at - queue.oldest > QUEUE_LATE:
            yield Trouble(
                "look", f"The queue {queue.name} has waited since {_ago(reading, queue.oldest)}.", _why(queue)
            )


def _why(queue: QueueRow) -> str:
    return f"The oldest job says: {queue.reason}" if queue.reason else "Its workers are busy, or too few."


def _schema(reading: Reading) -> Iterator[Trouble]:
    if number := len(reading.missing_migrations):
        names = ", ".join(reading.missing_migrations[:NAMED])
        yield Trouble("failed", f"{number} migrations wait: {names}.", "Run manage.py migrate.")


def _leases(reading: Reading) -> Iterator[Trouble]:
    if number := len(reading.stuck):
        yield Trouble(
            "failed",
            f"{number} {'job is' if number == 1 else 'jobs are'} held by a worker that stopped answering.",
            "The beat gives them to another worker; look at the beat if they stay.",
        )


def _hosts(reading: Reading) -> Iterator[Trouble]:
    for state in reading.hosts:
        if state.is_present and state.host.problem:
            yield Trouble("failed", f"The host {state.host.name} accepts no jobs: {state.host.problem}.")


def _disks(reading: Reading) -> Iterator[Trouble]:
    disks = [
        (f"The disk of {volume.name.lower()}", volume.free_bytes, volume.total_bytes) for volume in reading.volumes
    ]
    disks += [
        (f"The disk of the host {state.host.name}", state.host.disk_free_bytes, state.host.disk_bytes)
        for state in reading.hosts
        if state.is_present and state.host.disk_bytes
    ]
    for name, free, total in disks:
        if free < min(LEAST_FREE_BYTES, LEAST_FREE_SHARE * total):
            yield Trouble(
                "failed", f"{name} has {free / GIB:.1f} GiB of {total / GIB:.1f} GiB free.", "Free some room."
            )


def _backup(reading: Reading) -> Iterator[Trouble]:
    last = reading.last_trial
    if last is not None and last.problem:
        yield Trouble("failed", f"The backup {last.file_name} did not come back in its trial.", last.problem)
    hint = "Run manage.py backup each night; it ends with a trial restore."
    if reading.verified is None:
        yield Trouble("look", "No backup was ever verified.", hint)
    elif reading.at - reading.verified.tried_at > BACKUP_EVERY:
        yield Trouble("look", f"The last verified backup was tried {_ago(reading, reading.verified.tried_at)}.", hint)


def _failed(reading: Reading) -> Iterator[Trouble]:
    number = sum(len(kind.jobs) for kind in reading.failed)
    if number:
        more = " or more" if reading.failed_are_cut else ""
        yield Trouble(
            "look",
            f"{number}{more} {'job' if number == 1 else 'jobs'} failed within 7 days.",
            "They can be retried below.",
        )


def _outboxes(reading: Reading) -> Iterator[Trouble]:
    for outbox in reading.outboxes:
        if outbox.oldest is not None and reading.at - outbox.oldest > OUTBOX_LATE and reading.halt is None:
            yield Trouble("look", f"{outbox.name}: the oldest was due {_ago(reading, outbox.oldest)}.")


def _broker(reading: Reading) -> Iterator[Trouble]:
    if not reading.versions["Broker"]:
        yield Trouble("failed", "The broker does not answer.", "Jobs wait in the database and go on once it is back.")


def _halt(reading: Reading) -> Iterator[Trouble]:
    if reading.halt is not None and reading.halt.since:
        yield Trouble(
            "look", f"All outgoing traffic was stopped {_ago(reading, reading.halt.since)}.", reading.halt.reason
        )


def _ago(reading: Reading, moment: datetime) -> str:
    seconds = max(0.0, (reading.at - moment).total_seconds())
    for size, unit in ((86_400, "days"), (3600, "hours"), (60, "minutes")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit} ago"
    return f"{seconds:.0f} seconds ago"


def _jobs(number: int) -> str:
    return "job waits" if number == 1 else "jobs wait"
