"""Work without an engine: done in the worker's own thread, under the same fence and the same stops."""

from __future__ import annotations

from jobs.contracts import EngineError, Result
from jobs.kinds.base import JobKind, MustWait
from jobs.lifecycle import claim, end, events, notify
from jobs.lifecycle.claim import AttemptLost
from jobs.models import Job
from jobs.rundir.lease import boot_clock_s
from jobs.states import JobState
from jobs.supervisor.heartbeat import HeldLease
from jobs.supervisor.shutdown import SHUTDOWN
from web.errors import Refusal

REPORT_EVERY_S = 0.2


class StopRequested(AttemptLost):
    """The job is to pause or end, or the worker is leaving."""


class InlineAttempt:
    """Attempt of inline work: reports progress and renews the lease; see `jobs.kinds.base.Attempt`."""

    def __init__(self, job: Job, hold: HeldLease) -> None:
        self.fence = hold.fence
        self._job, self._hold = job, hold
        self._told_s = 0.0

    def progress(self, done: int, total: int, unit: str = "") -> None:
        """Report how far it is, at most five times a second and at the end; cheap to call often.

        Raises:
            AttemptLost: The fence has passed on.
            StopRequested: The work is to stop here; run again it must begin from what is stored.
        """
        if self._hold.is_lost:
            raise AttemptLost(f"The lease of job {self._job.pk} has passed on.")
        now_s = boot_clock_s()
        if now_s - self._told_s < REPORT_EVERY_S and done < total:
            return
        self._told_s = now_s
        self._hold.renew()
        job = events.tell_progress(self._job.pk, self.fence, {"done": done, "total": total, "unit": unit})
        if SHUTDOWN.has_begun or job.state != JobState.RUNNING:
            raise StopRequested("Stop requested.")


def run_inline(job: Job, kind: JobKind, hold: HeldLease) -> None:
    """Do the work and write how it ended.

    Raises:
        AttemptLost: The fence has passed on.
    """
    try:
        summary = kind.run_inline(job, InlineAttempt(job, hold))
    except StopRequested:
        state = claim.held_job(job.pk, hold.fence).state
        if state == JobState.RUNNING:
            end.release(job.pk, hold.fence, engine_lives=False)
        else:
            end.stopped(job.pk, hold.fence)
        return
    except MustWait as waits:
        end.wait(job.pk, hold.fence, reason=waits.reason, again_s=waits.again_s)
        # A message that came while this attempt still held the job was ignored.
        if waits.is_over():
            notify.notify_workers(job.pk, job.queue)
        return
    except Refusal as refusal:
        engine_error = EngineError(code=refusal.code, message=refusal.message, hint=refusal.hint)
        end.fail(job.pk, hold.fence, error=engine_error)
        return
    end.succeed(job.pk, hold.fence, result=Result(outcome="succeeded", summary=summary), collected={})
