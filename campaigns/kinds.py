"""The kind of job that sends a campaign's mails. Thin: a service does the work."""

from __future__ import annotations

from typing import Any

from campaigns.services import sending
from jobs.kinds import BaseKind
from jobs.models import Job
from jobs.ports import Attempt


class SendingKind(BaseKind):
    """Mails of one campaign, sent in the worker's own thread."""

    name = sending.KIND
    label = "Sending"
    queue = "campaigns"
    max_running_per_host = 4
    leaves = True

    def run_inline(self, job: Job, attempt: Attempt) -> dict[str, Any]:
        return sending.send(job, attempt)
