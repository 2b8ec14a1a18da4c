"""Hosts for tests of serving on several of them: two that serve, one away, one that only tunes."""

from __future__ import annotations

from django.utils import timezone

from jobs.lifecycle import claim
from jobs.lifecycle.claim import Worker
from jobs.models import WorkerBeat
from members.models import Member
from serving.models import Replica
from serving.runtime import switch
from tests.jobs.services.test_hosts import put

HOME, GPU = Worker("home@w", "home", "boot-1"), Worker("gpu@w", "gpu-1", "boot-2")


def put_hosts() -> None:
    for worker in (HOME, GPU):
        put(worker.host_id, boot_id=worker.boot_id)
        WorkerBeat.objects.create(worker=worker.name, host=worker.host_id, queues="serving", at=timezone.now())
    put("away", boot_id="boot-4", is_draining=True)
    WorkerBeat.objects.create(worker="a@w", host="away", queues="serving", at=timezone.now())
    put("trainer", boot_id="boot-3")
    WorkerBeat.objects.create(worker="t@w", host="trainer", queues="training", at=timezone.now())


def running(row: Replica, worker: Worker) -> Replica:
    """The replica with its job claimed."""
    assert claim.claim(row.job_id, worker=worker)
    return Replica.objects.select_related("job").get(pk=row.pk)


def first_replica(admin: Member) -> Replica:
    """The replica of the first host, which serves."""
    switch.start_serving(by=admin)
    return running(Replica.objects.get(), HOME)
