"""The kinds of jobs that send: a campaign's mails, and an answer to a reply. Thin: services do the work."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from campaigns.answers import send as answers_send
from campaigns.answers.write import KIND as ANSWER
from campaigns.sending import send
from jobs.contracts import Result
from jobs.kinds.base import Attempt, JobKind
from jobs.models import Job


class SendingKind(JobKind):
    """Mails of one campaign, sent in the worker's own thread."""

    name = send.KIND
    label = "Sending"
    queue = "campaigns"
    max_running_per_host = 4
    leaves = True

    def run_inline(self, job: Job, attempt: Attempt) -> dict[str, Any]:
        return send.send(job, attempt)


class AnswerKind(JobKind):
    """One answer to a reply, sent in the worker's own thread."""

    name = ANSWER
    label = "Answering"
    queue = "campaigns"
    max_running_per_host = 4
    leaves = True

    def run_inline(self, job: Job, attempt: Attempt) -> dict[str, Any]:
        return answers_send.send(job, attempt)

    def on_finished(self, job: Job, result: Result, collected: dict[str, Any]) -> None:
        """Reset or mark unknown whatever an ended job left in progress."""
        answers_send.release(UUID(str(job.spec["answer"])), job_id=job.pk)
