"""Troubles of the installation in sentences, the gravest first. Pure: reads a reading and queries nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from operator import attrgetter
from typing import Literal

from jobs.rundir.machine import GIB
from jobs.states import JobState
from miniatures_site.operations import counts
from miniatures_site.operations.counts import QueueRow, is_beat_silent
from miniatures_site.operations.readings import Reading

QUEUE_LATE = timedelta(minutes=10)
OUTBOX_LATE = timedelta(minutes=15)
BACKUP_EVERY = timedelta(days=2)
NAMED = 3
# More than half of a kind's jobs of a day, and so many at least.
LEAST_FAILED = 3


class AlertName(StrEnum):
    """Names of alerts; each has its paragraph in `docs/runbook.md`. Rules for Prometheus use the same."""

    DATABASE_AWAY = "MiniaturesDatabaseAway"
    BROKER_AWAY = "MiniaturesBrokerAway"
    BEAT_SILENT = "MiniaturesBeatSilent"
    QUEUE_STUCK = "MiniaturesQueueStuck"
    QUEUE_UNSERVED = "MiniaturesQueueUnserved"
    KIND_FAILING = "MiniaturesKindFailing"
    LEASES_OVERDUE = "MiniaturesLeasesOverdue"
    OUTBOX_STUCK = "MiniaturesOutboxStuck"
    DISK_FULL = "MiniaturesDiskFull"
    BACKUP_MISSED = "MiniaturesBackupMissed"
    BACKUP_FAILED = "MiniaturesBackupFailed"
    HOST_REFUSES = "MiniaturesHostRefuses"
    NOT_MIGRATED = "MiniaturesNotMigrated"


@dataclass(frozen=True)
class Trouble:
    """One thing that is wrong: `failed` where work or data is at stake, else `look`; and what to do.

    Its alert and the subject stay the same while it lasts, whatever the message says; None: nobody is called for it.
    A local one is seen from this machine alone: another has disks, a way to the broker and code of its own.
    """

    level: Literal["failed", "look"]
    message: str
    hint: str = ""
    alert: AlertName | None = None
    subject: str = ""
    is_local: bool = False


def troubles(reading: Reading) -> list[Trouble]:
    """Everything that is wrong, `failed` before `look`."""
    current = [
        *_beat(reading),
        *_queues(reading),
        *_schema(reading),
        *_leases(reading),
        *_hosts(reading),
        *_disks(reading),
        *_backup(reading),
        *_failing(reading),
        *_failed(reading),
        *_outboxes(reading),
        *_broker(reading),
        *_halt(reading),
    ]
    return sorted(current, key=lambda trouble: trouble.level != "failed")


def _beat(reading: Reading) -> Iterator[Trouble]:
    hint = "Start the beat process, and a worker of the queue default, which does its rounds."
    if reading.beat is None:
        yield Trouble("failed", "The beat has never ticked.", hint, AlertName.BEAT_SILENT)
    elif is_beat_silent(reading.beat, reading.at):
        moment = "in the future" if reading.beat > reading.at else _ago(reading, reading.beat)
        yield Trouble("failed", f"The beat last ticked {moment}.", hint, AlertName.BEAT_SILENT)


def _queues(reading: Reading) -> Iterator[Trouble]:
    for queue in reading.queues:
        if queue.oldest is None:
            continue
        if queue.is_unserved:
            jobs = "job waits" if queue.waiting == 1 else "jobs wait"
            message = f"{queue.waiting} {jobs} in the queue {queue.name}, which no worker takes."
            hint = f"Start a worker of the queue {queue.name}, or cancel what waits."
            yield Trouble("failed", message, hint, AlertName.QUEUE_UNSERVED, queue.name)
        elif reading.at - queue.oldest > QUEUE_LATE and reading.halt is None:
            message = f"The queue {queue.name} has waited since {_ago(reading, queue.oldest)}."
            yield Trouble("look", message, _why(queue), AlertName.QUEUE_STUCK, queue.name)


def _why(queue: QueueRow) -> str:
    return f"The oldest job says: {queue.reason}" if queue.reason else "Its workers are busy, or too few."


def _schema(reading: Reading) -> Iterator[Trouble]:
    if number := len(reading.missing_migrations):
        names = ", ".join(reading.missing_migrations[:NAMED])
        message, hint = f"{number} migrations wait: {names}.", "Run manage.py migrate."
        yield Trouble("failed", message, hint, AlertName.NOT_MIGRATED, is_local=True)


def _leases(reading: Reading) -> Iterator[Trouble]:
    if number := reading.stuck_number:
        yield Trouble(
            "failed",
            f"{number} {'job is' if number == 1 else 'jobs are'} held by a worker that stopped answering.",
            "The beat gives them to another worker; look at the beat if they stay.",
            AlertName.LEASES_OVERDUE,
        )


def _hosts(reading: Reading) -> Iterator[Trouble]:
    for state in reading.hosts:
        if state.is_present and state.host.problem:
            message = f"The host {state.host.name} accepts no jobs: {state.host.problem}."
            yield Trouble("failed", message, "", AlertName.HOST_REFUSES, state.host.name)


def _disks(reading: Reading) -> Iterator[Trouble]:
    present = (state.host for state in reading.hosts if state.is_present)
    own, theirs = counts.disks(reading.volumes, ()), counts.disks((), present)
    for disk in filter(attrgetter("is_low"), [*own, *theirs]):
        message = f"{disk.name} has {disk.free_bytes / GIB:.1f} GiB of {disk.total_bytes / GIB:.1f} GiB free."
        yield Trouble("failed", message, "Free some room.", AlertName.DISK_FULL, disk.name, is_local=disk in own)


def _backup(reading: Reading) -> Iterator[Trouble]:
    last = reading.last_trial
    if last is not None and last.problem:
        message = f"The backup {last.file_name} did not come back in its trial."
        yield Trouble("failed", message, last.problem, AlertName.BACKUP_FAILED)
    hint = "Run manage.py backup each night; it ends with a trial restore."
    if reading.verified is None:
        yield Trouble("look", "No backup was ever verified.", hint, AlertName.BACKUP_MISSED)
        return
    # An old one that came back again today is as old as before.
    made_at = reading.verified.made_at or reading.verified.tried_at
    if reading.at - made_at > BACKUP_EVERY:
        message = f"The last verified backup was made {_ago(reading, made_at)}."
        yield Trouble("look", message, hint, AlertName.BACKUP_MISSED)


def _failed(reading: Reading) -> Iterator[Trouble]:
    number = sum(len(kind.jobs) for kind in reading.failed)
    if number:
        more = " or more" if reading.failed_are_cut else ""
        yield Trouble(
            "look",
            f"{number}{more} {'job' if number == 1 else 'jobs'} failed within 7 days.",
            "They can be retried below.",
        )


def _failing(reading: Reading) -> Iterator[Trouble]:
    for name, kind in reading.ended.items():
        failed, ended = kind[JobState.FAILED], kind.total()
        if failed >= LEAST_FAILED and failed > ended / 2:
            message = f"{failed} of {ended} jobs of the kind {name} that ended within a day failed."
            hint = "The page of the newest says what went wrong."
            yield Trouble("failed", message, hint, AlertName.KIND_FAILING, name)


def _outboxes(reading: Reading) -> Iterator[Trouble]:
    for outbox in reading.outboxes:
        if outbox.oldest is not None and reading.at - outbox.oldest > OUTBOX_LATE and reading.halt is None:
            message = f"{outbox.name}: the oldest was due {_ago(reading, outbox.oldest)}."
            yield Trouble("look", message, "", AlertName.OUTBOX_STUCK, outbox.name)


def _broker(reading: Reading) -> Iterator[Trouble]:
    if not reading.versions["Broker"]:
        hint = "Jobs wait in the database and go on once it is back."
        yield Trouble("failed", "The broker does not answer.", hint, AlertName.BROKER_AWAY, is_local=True)


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
