"""One answer from approved to its fate, as `campaigns.sending.outbox` does it for mails of a sequence.

At most once rests on the same three things: `sending` is committed before a byte leaves, by an UPDATE that one caller can
win; nothing but an answer that says it was not taken moves it back; and who is put on the suppression list before that
commit is seen by it, because both hold the contact's row.

The caps, the pace, quiet hours and a campaign at rest do not hold an answer: a person wrote to us and a person answers.
The halt, the suppression list, a wish to hear no more, and an erasure do.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from campaigns.answers import compose, queries
from campaigns.compose.message import OutgoingMail
from campaigns.compose.render import UnfilledSlotError
from campaigns.events import record
from campaigns.models import Contact, InboxAnswer
from campaigns.sending.transport import SendResult, ServerReply
from campaigns.states import AnswerState, EventKind, EventSource, StopReason
from campaigns.suppression import queries as suppressed
from campaigns.suppression import suppress
from jobs.models import Job
from jobs.scheduling import halt
from jobs.states import FINISHED, HELD, JobState
from web.errors import Refusal

MAX_TRIES = 8
FIRST_DELAY_S = 60.0
LONGEST_DELAY_S = 4 * 3600.0
A = AnswerState


@dataclass(frozen=True)
class ClaimedAnswer:
    answer: InboxAnswer
    mail: OutgoingMail
    job_id: UUID
    fence: int


def claim(answer_id: UUID, *, job_id: UUID, fence: int, now: datetime) -> ClaimedAnswer | None:
    """Commit an approved answer as `sending`, if it may still go; else move it where it belongs, or leave it.

    Raced by any number of callers, one gets it.

    Returns:
        The mail to send, or None: another was first, it was taken back, its reader must not be written to, or all is halted.
    """
    with transaction.atomic():
        if halt.check_and_lock():
            return None
        answer = queries.with_all().get(pk=answer_id)
        # From here on no suppression of this address can be committed before we are done.
        contact = _locked(answer)
        if reason := _stop_reason(contact):
            _from_approved(answer, state=A.STOPPED, stop_reason=reason)
            return None
        try:
            mail = compose.compose(answer)
        except (Refusal, UnfilledSlotError, ValueError) as error:
            _from_approved(answer, state=A.OPEN, problem=f"The mail could not be made: {error}"[:300])
            return None
        holds = Job.objects.filter(pk=job_id, fence=fence, state=JobState.RUNNING)
        mine = InboxAnswer.objects.filter(
            Exists(holds), pk=answer.pk, state=A.APPROVED, revision=answer.revision, updated_at=answer.updated_at
        )
        taken = mine.update(
            state=A.SENDING,
            sending_at=now,
            sender_job=job_id,
            sender_fence=fence,
            message_id=mail.message_id,
            subject=mail.subject,
            text=mail.text,
            updated_at=timezone.now(),
        )
    return ClaimedAnswer(answer, mail, job_id, fence) if taken else None


def withhold(claimed: ClaimedAnswer) -> bool:
    """Take a claimed answer back if it must not go any more: the last look before the wire."""
    if halt.current_halt():
        _write_result(claimed, state=A.APPROVED, sending_at=None)
        return True
    if not suppressed.is_suppressed(claimed.answer.reply.message.contact.address_hmac):
        return False
    _write_result(claimed, state=A.STOPPED, stop_reason=StopReason.SUPPRESSED, sending_at=None)
    return True


def settle(claimed: ClaimedAnswer, answer: ServerReply, *, now: datetime) -> float | None:
    """Write down what the server said of a claimed answer.

    Returns:
        Seconds after which it may be tried again; None where it has come to an end.
    """
    with transaction.atomic():
        if answer.fate == SendResult.ACCEPTED:
            _write_result(claimed, state=A.SENT, sent_at=now, problem="")
        elif answer.fate == SendResult.REFUSED:
            _refused(claimed, answer, now)
        elif answer.fate == SendResult.DEFERRED:
            return _deferred(claimed, answer)
        elif answer.fate == SendResult.AWAY:
            _write_result(claimed, state=A.APPROVED, sending_at=None)
            return FIRST_DELAY_S / 2
        else:
            _write_result(claimed, state=A.UNKNOWN, problem=answer.text[:300])
    return None


def settle_left_behind(answer_id: UUID) -> None:
    """Call unknown what a dead attempt left on the wire: it may have arrived, and is never sent again by itself."""
    held = Job.objects.filter(pk=OuterRef("sender_job"), fence=OuterRef("sender_fence"), state__in=HELD)
    left = InboxAnswer.objects.filter(~Exists(held), pk=answer_id, state=A.SENDING)
    left.update(state=A.UNKNOWN, problem="The sender stopped while sending it.", updated_at=timezone.now())


def release(answer_id: UUID, *, job_id: UUID) -> None:
    """Open an answer again whose job ended without sending it; what that job left on the wire is in doubt.

    An answer that was taken back and sent anew has another job by then, and stays with it.
    """
    now = timezone.now()
    on_wire = InboxAnswer.objects.filter(pk=answer_id, state=A.SENDING, sender_job=job_id)
    on_wire.update(state=A.UNKNOWN, problem="The sender stopped while sending it.", updated_at=now)
    others = Job.objects.filter(subject_id=answer_id).exclude(pk=job_id).exclude(state__in=FINISHED)
    waiting = InboxAnswer.objects.filter(~Exists(others), pk=answer_id, state=A.APPROVED)
    waiting.update(state=A.OPEN, problem="Its job ended before it was sent. Send it again.", updated_at=now)


def _locked(answer: InboxAnswer) -> Contact:
    wanted = answer.reply.message.contact
    held = suppress.lock_contacts([wanted.address_hmac])
    contact = next((row for row in held if row.pk == wanted.pk), wanted)
    answer.reply.message.contact = contact
    return contact


def _stop_reason(contact: Contact) -> StopReason | None:
    if contact.erased_at or not contact.address:
        return StopReason.ERASED
    if not suppressed.is_suppressed(contact.address_hmac):
        return None
    return StopReason.SUPPRESSED if suppressed.is_listed(contact.address_hmac) else StopReason.OBJECTED


def _from_approved(answer: InboxAnswer, **values: object) -> None:
    InboxAnswer.objects.filter(pk=answer.pk, state=A.APPROVED).update(updated_at=timezone.now(), **values)


def _write_result(claimed: ClaimedAnswer, **values: object) -> None:
    """Write the fate only for the attempt that put it on the wire, even if others have called it unknown since."""
    states = [A.SENDING, A.UNKNOWN] if values["state"] in (A.SENT, A.FAILED) else [A.SENDING]
    if values["state"] not in (A.SENT, A.UNKNOWN):
        # Written with the claim, before the wire: what was not taken did not go.
        values |= {"subject": "", "text": ""}
    mine = InboxAnswer.objects.filter(
        pk=claimed.answer.pk, sender_job=claimed.job_id, sender_fence=claimed.fence, state__in=states
    )
    mine.update(updated_at=timezone.now(), **values)


def _refused(claimed: ClaimedAnswer, answer: ServerReply, now: datetime) -> None:
    payload = {"code": answer.code, "text": answer.text, "hard": answer.is_hard, "at": "sending"}
    # The mail it answers arrived: where its reader is still there, the campaign did not bounce.
    kind = EventKind.BOUNCED if answer.is_hard else EventKind.DEFERRED
    # First, because it may lock the list and the contact before the answer.
    record.record(
        claimed.answer.reply.message,
        kind,
        source=EventSource.WIRE,
        key=f"refused-answer:{claimed.answer.pk.hex}",
        occurred_at=now,
        payload=payload,
    )
    _write_result(claimed, state=A.FAILED, problem=f"Refused: {answer.code} {answer.text}"[:300])


def _deferred(claimed: ClaimedAnswer, answer: ServerReply) -> float | None:
    tries = claimed.answer.tries + 1
    problem = f"Not taken yet: {answer.code} {answer.text}"[:300]
    if tries >= MAX_TRIES:
        _write_result(claimed, state=A.FAILED, tries=tries, problem=f"Given up after {tries} tries. {problem}"[:300])
        return None
    _write_result(claimed, state=A.APPROVED, tries=tries, sending_at=None, problem=problem)
    return min(FIRST_DELAY_S * float(2 ** (tries - 1)), LONGEST_DELAY_S)
