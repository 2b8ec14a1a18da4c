"""Supervisor of jobs in a worker: claim a job, carry it out, record how it ended."""

from jobs.lifecycle.claim import AttemptLost
from jobs.supervisor.run_job import run_job

__all__ = ["AttemptLost", "run_job"]
