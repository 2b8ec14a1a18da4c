"""The kind of job that sends a campaign's mails. Thin: a service does the work."""

from __future__ import annotations

from typing import Any

from campaigns.sending import send
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
