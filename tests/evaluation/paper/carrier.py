"""Workers that carry out an order of a reproduction, one of which dies, as does one engine."""

from __future__ import annotations

import signal
import threading
import time

from django.db import connections

from evaluation.models import Measurement, Study
from evaluation.paper import order as orders
from jobs.lifecycle import claim, reaper
from jobs.lifecycle.claim import Worker
from jobs.models import Job
from jobs.rundir.attempt import engine_of
from jobs.rundir.identity import send_signal
from jobs.scheduling.clock import database_time_in
from jobs.states import CLAIMABLE, JobState
from jobs.supervisor import run_dirs, run_job
from members.models import Member
from review.models import Task
from tests.review.datasets import golds


class Carrier:
    """Workers of a whole installation in one process; one look's worker dies, and one cell's engine."""

    def __init__(self, job: Job, task: Task, by: Member) -> None:
        self.job, self.task, self.by = job, task, by
        self.is_killed = self.is_left = self.is_judged = False

    def carry(self) -> None:
        for _ in range(400):
            self.job.refresh_from_db()
            if self.job.state == JobState.SUCCEEDED:
                assert self.is_killed and self.is_left and self.is_judged
                return
            assert self.job.state in CLAIMABLE, (self.job.state, self.job.error)
            for each in Job.objects.filter(state__in=CLAIMABLE).exclude(pk=self.job.pk).order_by("created_at"):
                self._work(each)
            self._judge()
            self._leave_one_look()
            run_job(self.job.pk, worker="w")
        raise AssertionError(f"the order still waits: {self.job.waiting_reason}")

    def _work(self, job: Job) -> None:
        killer = None
        if job.kind == "training" and not self.is_killed and Measurement.objects.exclude(scores={}).count() > 3:
            killer = threading.Thread(target=self._kill, args=(job,))
            killer.start()
        run_job(job.pk, worker="w")
        if killer is not None:
            killer.join(60)
        job.refresh_from_db()
        assert job.state != JobState.FAILED, (job.kind, job.title, job.error)

    def _kill(self, job: Job) -> None:
        until = time.monotonic() + 30
        while not self.is_killed and time.monotonic() < until:
            job.refresh_from_db()
            engine = engine_of(run_dirs.run_dir_of(job.pk, job.run_fence)) if job.run_fence else None
            self.is_killed = engine is not None and send_signal(engine, signal.SIGKILL)
            time.sleep(0.01)
        connections.close_all()

    def _judge(self) -> None:
        """Experts judge what the teacher wrote: a third of each verdict, a minute each."""
        order = orders.PaperOrder(self.job)
        if not self.is_judged and (count := order.texts_at_the_desk):
            verdicts = ("accept", "edit", "reject")
            each = [verdicts[place % 3] for place in range(count)]
            golds.decide_each(self.by, self.task, each, seconds=60.0)
            self.is_judged = True

    def _leave_one_look(self) -> None:
        """A worker claims the order and dies: its lease runs out, and another goes on."""
        if self.is_left or not Study.objects.exists():
            return
        held = claim.claim(self.job.pk, worker=Worker("dies", "host-b", "boot-b"))
        assert held is not None
        Job.objects.filter(pk=self.job.pk).update(lease_until=database_time_in(-1))
        assert reaper.reap()["expired"] == 1
        self.is_left = True
