"""Workers of the test's own process, which take jobs as an installation's do."""

from __future__ import annotations

import threading
from uuid import UUID

from django.db import connections

from jobs.models import Job
from jobs.states import CLAIMABLE, FINISHED
from jobs.supervisor import run_job
from serving.runtime import switch


class Workers:
    """Worker threads that take every job of this room as soon as it waits."""

    def __init__(self) -> None:
        self._stop = threading.Event()
        self._taken: dict[UUID, threading.Thread] = {}
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def close(self) -> None:
        for job in Job.objects.filter(kind=switch.KIND).exclude(state__in=FINISHED):
            if job.pid:
                Job.objects.filter(pk=job.pk).update(state="cancelling")
        self._stop.set()
        self._thread.join(20)
        for thread in self._taken.values():
            thread.join(20)

    def _run(self) -> None:
        while not self._stop.wait(0.1):
            waiting = Job.objects.filter(state__in=CLAIMABLE, queue=switch.QUEUE).values_list("pk", flat=True)
            for job_id in list(waiting):
                if job_id not in self._taken or not self._taken[job_id].is_alive():
                    self._taken[job_id] = threading.Thread(target=self._carry, args=(job_id,), daemon=True)
                    self._taken[job_id].start()
        connections.close_all()

    def _carry(self, job_id: UUID) -> None:
        run_job(job_id, worker="w")
        connections.close_all()
