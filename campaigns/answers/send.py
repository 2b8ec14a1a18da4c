"""The job that sends one answer. No state is kept here: an attempt that dies leaves an answer of unknown fate at most."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils import timezone

from campaigns.answers import outbox
from campaigns.sending.transport import MailConnection
from jobs.kinds.base import Attempt, MustWait
from jobs.models import Job
from jobs.scheduling import halt as scheduling_halt

RETRY_S = 30.0


def send(job: Job, attempt: Attempt) -> dict[str, Any]:
    """Send the answer that the job names, if it still is to go.

    Returns:
        `{"state"}`, what the mail server said of it; `passed over` where it did not go.

    Raises:
        MustWait: The server cannot be reached or put it off, or everything that leaves is stopped.
    """
    answer_id = UUID(str(job.spec["answer"]))
    outbox.settle_left_behind(answer_id)
    _wait_for_halt()
    with MailConnection() as wire:
        if away := wire.opened():
            raise _put_off(f"the mail server does not take mails: {away.text}", RETRY_S)
        claimed = outbox.claim(answer_id, job_id=job.pk, fence=attempt.fence, now=timezone.now())
        if claimed is None or outbox.withhold(claimed):
            # One that came between leaves the answer where it was.
            _wait_for_halt()
            return {"state": "passed over"}
        reply = wire.send(claimed.mail.mail)
        again_s = outbox.settle(claimed, reply, now=timezone.now())
    if again_s is not None:
        raise _put_off(f"the mail server put it off: {reply.text}", again_s)
    return {"state": str(reply.fate)}


def _wait_for_halt() -> None:
    if halt := scheduling_halt.current_halt():
        raise MustWait(
            scheduling_halt.wait_reason(halt),
            again_s=RETRY_S,
            is_over=lambda: scheduling_halt.current_halt() is None,
        )


def _put_off(reason: str, again_s: float) -> MustWait:
    return MustWait(reason[:200], again_s=again_s, is_over=lambda: False)
