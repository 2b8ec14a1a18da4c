"""Read how the installation stands.

Hosts, queues, the beat, backups, disks, versions, jobs that failed, what waits to leave.

Every question is bounded by an index or a limit: a million ended jobs make none of them slower.
"""

from __future__ import annotations

import platform
from collections import Counter
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

import django
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from jobs.kinds import registry
from jobs.lifecycle import reaper_lock
from jobs.models import BackupTrial, Halt, Host, Job
from jobs.scheduling import halt, workers
from jobs.scheduling.hosts import present_ids
from jobs.states import JobState
from miniatures_site.backup.create import app_version
from miniatures_site.celery import app
from miniatures_site.operations import counts
from miniatures_site.operations.counts import Outbox, QueueRow, Volume

FAILED_DAYS = 7
FAILED_ROWS, LEASE_ROWS = 50, 50
BROKER_WITHIN_S = 0.8
_broker_threads = ThreadPoolExecutor(max_workers=2, thread_name_prefix="operations-broker")


@dataclass(frozen=True)
class HostState:
    host: Host
    is_present: bool
    workers: int


@dataclass(frozen=True)
class FailedKind:
    """Failed jobs of one kind; `may_repeat_costs` where another try may pay or send again."""

    kind: str
    label: str
    jobs: list[Job]
    may_repeat_costs: bool


@dataclass(frozen=True)
class Reading:
    at: datetime
    hosts: list[HostState]
    queues: list[QueueRow]
    beat: datetime | None
    halt: Halt | None
    verified: BackupTrial | None
    last_trial: BackupTrial | None
    volumes: list[Volume]
    versions: dict[str, str]
    missing_migrations: list[str]
    failed: list[FailedKind]
    failed_are_cut: bool
    ended: dict[str, Counter[str]]
    stuck: list[Job]
    stuck_number: int
    outboxes: tuple[Outbox, ...]


def read() -> Reading:
    """Read all of it; about twenty statements and one round trip to the broker."""
    broker = _broker_threads.submit(_broker_version)
    present = present_ids()
    beats = workers.present()
    by_host = Counter(beat.host for beat in beats)
    hosts = [HostState(host, host.pk in present, by_host[host.pk]) for host in Host.objects.all()]
    failed = failed_jobs()
    at, stuck = timezone.now(), list(counts.stuck().defer("spec", "result", "progress")[:LEASE_ROWS])
    return Reading(
        at=at,
        hosts=hosts,
        queues=counts.queues(beats, with_reasons=True),
        beat=reaper_lock.last_tick(),
        halt=halt.current_halt(),
        verified=counts.verified_backup(),
        last_trial=BackupTrial.objects.first(),
        volumes=counts.volumes(),
        versions={**_versions(), "Broker": _answer(broker)},
        missing_migrations=_missing_migrations(),
        failed=_by_kind(failed),
        failed_are_cut=len(failed) == FAILED_ROWS,
        ended=counts.ended_kinds(),
        stuck=stuck,
        stuck_number=len(stuck) if len(stuck) < LEASE_ROWS else counts.stuck().count(),
        outboxes=counts.outboxes(at),
    )


def failed_jobs() -> list[Job]:
    """Jobs that failed in the last days, the newest first and no parts, and at most `FAILED_ROWS` of them."""
    since = timezone.now() - timedelta(days=FAILED_DAYS)
    failed = Job.objects.filter(state=JobState.FAILED, finished_at__gte=since).exclude(kind__in=registry.part_kinds())
    return list(failed.order_by("-finished_at").defer("spec", "result", "progress")[:FAILED_ROWS])


def _by_kind(jobs: list[Job]) -> list[FailedKind]:
    names = sorted({job.kind for job in jobs})
    return [_failed_kind(name, [job for job in jobs if job.kind == name]) for name in names]


def _failed_kind(name: str, jobs: list[Job]) -> FailedKind:
    kind = registry.KINDS.get(name)
    return FailedKind(name, (kind.label if kind else "") or name, jobs, may_repeat_costs(name))


def may_repeat_costs(kind_name: str) -> bool:
    """Return whether jobs of a kind pay or send; true for an unknown kind."""
    kind = registry.KINDS.get(kind_name)
    return kind is None or kind.leaves


def _versions() -> dict[str, str]:
    database = ".".join(str(part) for part in connection.get_database_version())
    return {
        "Miniatures": app_version(),
        "Python": platform.python_version(),
        "Django": django.get_version(),
        "Database": f"{connection.display_name} {database}",
    }


@lru_cache
def _migrations_on_disk() -> frozenset[tuple[str, str]]:
    return frozenset(MigrationLoader(None, ignore_no_migrations=True).disk_migrations)


def _missing_migrations() -> list[str]:
    applied = MigrationRecorder(connection).applied_migrations()
    return sorted(f"{label}.{name}" for label, name in _migrations_on_disk() - set(applied))


def _broker_version() -> str:
    with app.connection_for_read(connect_timeout=1) as link:
        link.ensure_connection(max_retries=1, timeout=1)
        client: Any = getattr(link.default_channel, "client", None)
        info = client.info("server") if hasattr(client, "info") else {}
        return f"Redis {info['redis_version']}" if "redis_version" in info else str(link.transport_cls)


def _answer(broker: Future[str]) -> str:
    """Return the broker's answer; empty where it fails or is late."""
    try:
        return broker.result(timeout=BROKER_WITHIN_S)
    except Exception:  # Each broker raises errors of its own.
        return ""
