"""What a worker does when the bell rings: claim a job, carry it, tell how it ended."""

from jobs.lifecycle.claim import AttemptLost
from jobs.supervisor.run_job import run_job

__all__ = ["AttemptLost", "run_job"]
