"""The job that sends one answer, and the claim of it; the outbox that campaigns send through does the rest.

The caps, the pace, quiet hours and a campaign at rest do not hold an answer: a person wrote to us and a person answers.
The halt, the suppression list, a wish to hear no more, and an erasure do. No state is kept here: an attempt that dies
leaves an answer of unknown fate at most.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Exists
from django.utils import timezone

from campaigns.answers import compose, queries
from campaigns.compose.render import UnfilledSlotError
from campaigns.models import InboxAnswer
from campaigns.sending import obstacles, outbox
from campaigns.sending.outbox import Claimed
from campaigns.sending.send import put_off, server_unreachable, wait_for_halt
from campaigns.sending.transport import MailConnection
from campaigns.states import AnswerState, StopReason
from campaigns.suppression import suppress
from jobs.kinds.base import Attempt
from jobs.models import Job
from jobs.scheduling import halt
from jobs.states import FINISHED
from web.errors import Refusal

LEFT_BEHIND = "The sender stopped while sending it."


def send(job: Job, attempt: Attempt) -> dict[str, Any]:
    """Send the answer that the job names, if it still is to go.

    Returns:
        `{"state"}`, what the mail server said of it; `passed over` where it did not go.

    Raises:
        MustWait: The server cannot be reached or put it off, or everything that leaves is stopped.
    """
    answer_id = UUID(str(job.spec["answer"]))
    settle_left_behind(answer_id)
    wait_for_halt()
    with MailConnection() as wire:
        if away := wire.opened():
            raise server_unreachable(away)
        claimed = claim(answer_id, job_id=job.pk, fence=attempt.fence, now=timezone.now())
        if claimed is None or outbox.withhold(claimed):
            # One that came between leaves the answer where it was.
            wait_for_halt()
            return {"state": "passed over"}
        reply = wire.send(claimed.mail.mail)
        again_s = outbox.settle(claimed, reply, now=timezone.now())
    if again_s is not None:
        raise put_off(f"the mail server put it off: {reply.text}", again_s)
    return {"state": str(reply.fate)}


def claim(answer_id: UUID, *, job_id: UUID, fence: int, now: datetime) -> Claimed | None:
    """Commit an approved answer as `sending`, if it may still go; else move it where it belongs, or leave it.

    Raced by any number of callers, one gets it.

    Returns:
        The mail to send, or None: another was first, it was taken back, its reader must not be written to, or all is
        halted.
    """
    with transaction.atomic():
        if halt.check_and_lock():
            return None
        answer = queries.with_all().get(pk=answer_id)
        # From here on no suppression of this address can be committed before we are done.
        contact = answer.reply.message.contact = suppress.lock_contact(answer.reply.message.contact)
        if reason := StopReason.ERASED if obstacles.is_erased(contact) else obstacles.suppression(contact):
            outbox.move(answer, AnswerState.STOPPED, stop_reason=reason)
            return None
        try:
            mail = compose.compose(answer)
        except (Refusal, UnfilledSlotError, ValueError) as error:
            outbox.move(answer, AnswerState.OPEN, problem=f"The mail could not be made: {error}"[:300])
            return None
        mine, columns = outbox.onto_wire(
            InboxAnswer.objects.filter(pk=answer.pk, revision=answer.revision),
            seen_at=answer.updated_at,
            job=job_id,
            fence=fence,
            now=now,
            written_at=timezone.now(),
        )
        taken = mine.update(**columns, message_id=mail.message_id, subject=mail.subject, text=mail.text)
    return Claimed(answer, mail, job_id, fence) if taken else None


def settle_left_behind(answer_id: UUID) -> None:
    """Call unknown what a dead attempt left on the wire: it may have arrived, and is never sent again by itself."""
    outbox.call_unknown(outbox.left_behind(InboxAnswer).filter(pk=answer_id), LEFT_BEHIND)


def release(answer_id: UUID, *, job_id: UUID) -> None:
    """Open an answer again whose job ended without sending it; what that job left on the wire is in doubt.

    An answer that was taken back and sent anew has another job by then, and stays with it.
    """
    on_wire = InboxAnswer.objects.filter(pk=answer_id, state=AnswerState.SENDING, sender_job=job_id)
    outbox.call_unknown(on_wire, LEFT_BEHIND)
    others = Job.objects.filter(subject_id=answer_id).exclude(pk=job_id).exclude(state__in=FINISHED)
    waiting = InboxAnswer.objects.filter(~Exists(others), pk=answer_id, state=AnswerState.APPROVED)
    problem = "Its job ended before it was sent. Send it again."
    waiting.update(state=AnswerState.OPEN, problem=problem, updated_at=timezone.now())
