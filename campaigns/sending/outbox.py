"""One mail from approved to its fate: the claim that is committed before the wire, and the answer written after.

At most once rests on three things. `sending` is committed before a byte leaves, by an UPDATE that only one caller can
win. Nothing ever moves a mail out of `sending` back to `approved` but an answer that says it was not taken. And whoever
is put on the suppression list before that commit is seen by it, because both hold the contact's row.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from campaigns.compose import message as compose_message
from campaigns.compose.message import OutgoingMail
from campaigns.compose.render import UnfilledSlotError, UnfilledValueError
from campaigns.events import record
from campaigns.models import Campaign, Enrolment, Event, Message
from campaigns.sending import contact_caps, obstacles, sender_caps
from campaigns.sending.attempt import SendingAttempt
from campaigns.sending.contact_caps import Hold
from campaigns.sending.transport import SendResult, ServerReply
from campaigns.states import CampaignState, EventKind, EventSource, HoldReason, MessageState
from jobs.models import Job
from jobs.scheduling import halt
from jobs.states import HELD, JobState
from review.models import Gold, TaskVersion
from review.states import Verdict
from web.db.compiled_query import CompiledUpdate
from web.errors import Refusal

MAX_TRIES = 8
FIRST_DELAY_S = 60
LONGEST_DELAY_S = 4 * 3600
# A contact's correction lets its mails go at once; a sender's is met at the next look.
VALUE_HELD = timedelta(hours=1)
# Mails on the wire, also where others have called them unknown since.
_MAY_BE_ANSWERED = (MessageState.SENDING, MessageState.UNKNOWN)


@dataclass(frozen=True)
class ClaimedMail:
    """A mail that is committed as being on the wire: it must be sent, and its answer settled."""

    message: Message
    mail: OutgoingMail


def due(campaign: Campaign, *, now: datetime, limit: int) -> list[Message]:
    """Return approved mails that are due, the longest due first, with what claiming one needs preloaded."""
    rows = waiting(campaign, now=now).select_related("contact", "step", "draft", "enrolment")
    return list(rows.order_by("due_at", "id")[:limit])


def waiting(campaign: Campaign, *, now: datetime) -> QuerySet[Message]:
    """Approved mails whose time has come."""
    return Message.objects.filter(campaign=campaign, state=MessageState.APPROVED, due_at__lte=now)


def claim(message: Message, turn: SendingAttempt, *, now: datetime) -> ClaimedMail | None:
    """Commit a due mail as `sending`, if it may still go; else move it where it belongs, or leave it.

    Raced by any number of callers, one gets it. A campaign that was paused, a fence that passed on, or a mail that has
    changed since it was read gets nothing.

    Args:
        message: The mail as `due` gave it, however long ago.

    Returns:
        The mail to send, or None: another was first, the reader must not or cannot be written to, or it is quiet there.
    """
    with transaction.atomic():
        halt.hold_off()
        message.campaign = turn.campaign
        # From here on no suppression of this address can be committed before we are done.
        message.contact = contact_caps.lock(message, turn.campaign)
        if obstacle := obstacles.before_claim(message, turn.campaign, now=now):
            if obstacle.values:
                _move(message, obstacle.state, **obstacle.values)
            return None
        if opens_at := turn.hours.opens_at(now, message.contact.time_zone, turn.campaign.time_zone):
            _move(message, MessageState.APPROVED, due_at=opens_at)
            return None
        if message.needs_approval and not _is_approved(message):
            _move(message, MessageState.AWAITING)
            return None
        sender = sender_caps.choose(message, turn.senders, now=now)
        if isinstance(sender, Hold):
            _move(message, MessageState.APPROVED, due_at=sender.until, held_because=sender.reason)
            return None
        message.sender = sender
        try:
            mail = _composed(message, turn)
        except UnfilledValueError as error:
            # Its words are right: it goes once a person has corrected the value.
            until, problem = now + VALUE_HELD, f"{str(error)[:1].upper()}{str(error)[1:]}."
            _move(message, MessageState.APPROVED, due_at=until, held_because=HoldReason.VALUE, problem=problem[:300])
            return None
        except (Refusal, UnfilledSlotError, ValueError) as error:
            if _take(message, turn, now):
                _fail(message, f"The mail could not be made: {error}")
            return None
        if not _take(message, turn, now, subject=mail.subject, body=mail.text, message_id=mail.message_id):
            return None
        if len(turn.senders) > 1 and message.enrolment.sender_id is None:
            Enrolment.objects.filter(pk=message.enrolment_id, sender=None).update(sender=sender)
    return ClaimedMail(message, mail)


def withhold(claimed: ClaimedMail, turn: SendingAttempt) -> bool:
    """Take a claimed mail back, and return True, if it must not go any more. The last look before the wire.

    It closes the gap that a sender leaves who is held up between the claim and the wire; who suppresses waits for mails
    that are past it.
    """
    obstacle = obstacles.before_wire(claimed.message)
    if obstacle is None:
        return False
    _write_result(claimed.message, turn, state=obstacle.state, sending_at=None, **obstacle.values)
    return True


def settle(claimed: ClaimedMail, turn: SendingAttempt, answer: ServerReply, *, now: datetime) -> None:
    """Write down what the server said of a mail that was claimed.

    An attempt that lost its fence meanwhile may still do so: what it knows is the truth about its own mail.
    """
    message = claimed.message
    with transaction.atomic():
        if answer.fate == SendResult.ACCEPTED:
            written_at = timezone.now()
            _WRITE_SENT(pk=message.pk, job=turn.job_id, fence=turn.fence, now=now, written_at=written_at)
            record.record_sent(message, at=now, payload={"server": answer.text} if answer.text else {})
        elif answer.fate == SendResult.REFUSED:
            _refused(message, turn, answer, now)
        elif answer.fate == SendResult.DEFERRED:
            _deferred(message, turn, answer, now)
        elif answer.fate == SendResult.AWAY:
            _write_result(message, turn, state=MessageState.APPROVED, sending_at=None)
        else:
            _write_result(message, turn, state=MessageState.UNKNOWN, problem=answer.text[:300])
            record.settle_proven(Message.objects.filter(pk=message.pk))


def settle_left_behind(campaign: Campaign) -> int:
    """Call unknown, and count, what a dead attempt left on the wire. It is shown, and never sent again by itself."""
    held = Job.objects.filter(pk=OuterRef("sender_job"), fence=OuterRef("sender_fence"), state__in=HELD)
    left = Message.objects.filter(~Exists(held), campaign=campaign, state=MessageState.SENDING)
    count = left.update(
        state=MessageState.UNKNOWN,
        problem="The sender stopped while sending this mail: it may have arrived.",
        updated_at=timezone.now(),
    )
    if count:
        record.settle_proven(Message.objects.filter(campaign=campaign))
    return count


def _is_approved(message: Message) -> bool:
    """Read the decision that counts: one taken back moments ago may not have reached the mail yet."""
    if message.draft is None:
        return message.approved_at is not None
    verdict = Gold.objects.filter(draft=message.draft).values_list("verdict", flat=True).first()
    return verdict in (Verdict.ACCEPT, Verdict.EDIT)


def _composed(message: Message, turn: SendingAttempt) -> OutgoingMail:
    if message.draft is not None:
        pk = message.draft.task_version_id
        if pk not in turn.versions:
            turn.versions[pk] = TaskVersion.objects.get(pk=pk)
        message.draft.task_version = turn.versions[pk]
    return compose_message.compose(message, links=turn.links)


def _taken(
    *,
    pk: UUID,
    seen_at: datetime,
    job: UUID,
    fence: int,
    campaign: UUID,
    now: datetime,
    written_at: datetime,
    sender: UUID | None,
    **mail: str,
) -> tuple[QuerySet[Message], dict[str, Any]]:
    holds = Job.objects.filter(pk=job, fence=fence, state=JobState.RUNNING)
    runs = Campaign.objects.filter(pk=campaign, state=CampaignState.RUNNING, is_held=False)
    mine = Message.objects.filter(Exists(holds), Exists(runs), pk=pk, state=MessageState.APPROVED, updated_at=seen_at)
    columns = {
        "state": MessageState.SENDING,
        "sending_at": now,
        "sender_job": job,
        "sender_fence": fence,
        "held_because": "",
        "sender": sender,
        "updated_at": written_at,
        **mail,
    }
    return mine, columns


def _sent(
    *, pk: UUID, job: UUID, fence: int, now: datetime, written_at: datetime
) -> tuple[QuerySet[Message], dict[str, Any]]:
    mine = Message.objects.filter(pk=pk, sender_job=job, sender_fence=fence, state__in=_MAY_BE_ANSWERED)
    return mine, {"state": MessageState.SENT, "sent_at": now, "problem": "", "updated_at": written_at}


# Written for each mail, so they are compiled once.
_TAKE, _WRITE_SENT = CompiledUpdate(_taken), CompiledUpdate(_sent)


def _take(message: Message, turn: SendingAttempt, now: datetime, **mail: str) -> bool:
    """Move approved to sending, only for a running campaign and an attempt that holds its job."""
    message.sending_at = now
    sender = message.sender_id
    return bool(
        _TAKE(
            pk=message.pk,
            seen_at=message.updated_at,
            job=turn.job_id,
            fence=turn.fence,
            campaign=turn.campaign.pk,
            now=now,
            written_at=timezone.now(),
            sender=sender,
            **mail,
        )
    )


def _move(message: Message, state: MessageState, **values: object) -> None:
    values["updated_at"] = timezone.now()
    Message.objects.filter(pk=message.pk, state=MessageState.APPROVED).update(state=state, **values)


def _fail(message: Message, problem: str) -> None:
    sending = Message.objects.filter(pk=message.pk, state=MessageState.SENDING)
    sending.update(state=MessageState.FAILED, problem=problem[:300], sending_at=None, updated_at=timezone.now())


def _write_result(message: Message, turn: SendingAttempt, **values: object) -> None:
    """Write only for the attempt that put a mail on the wire, even if others have called it unknown since."""
    mine = Message.objects.filter(pk=message.pk, sender_job=turn.job_id, sender_fence=turn.fence)
    is_final = values["state"] == MessageState.FAILED
    states = _MAY_BE_ANSWERED if is_final else (MessageState.SENDING,)
    mine.filter(state__in=states).update(updated_at=timezone.now(), **values)


def _refused(message: Message, turn: SendingAttempt, answer: ServerReply, now: datetime) -> None:
    payload = {"code": answer.code, "text": answer.text, "hard": answer.is_hard, "at": "sending"}
    key = f"refused:{message.pk.hex}"
    # First, because it may lock the list and the contact before any mail.
    record.record(message, EventKind.BOUNCED, source=EventSource.WIRE, key=key, occurred_at=now, payload=payload)
    _write_result(message, turn, state=MessageState.FAILED, problem=f"Refused: {answer.code} {answer.text}"[:300])


def _deferred(message: Message, turn: SendingAttempt, answer: ServerReply, now: datetime) -> None:
    tries = Event.objects.filter(message=message, kind=EventKind.DEFERRED, source=EventSource.WIRE).count() + 1
    payload = {"code": answer.code, "text": answer.text, "try": tries}
    key = f"deferred:{message.pk.hex}:{tries}"
    record.record(message, EventKind.DEFERRED, source=EventSource.WIRE, key=key, occurred_at=now, payload=payload)
    problem = f"Not taken yet: {answer.code} {answer.text}"[:300]
    if tries >= MAX_TRIES:
        _write_result(
            message, turn, state=MessageState.FAILED, problem=f"Given up after {tries} tries. {problem}"[:300]
        )
        return
    delay_s = min(FIRST_DELAY_S * 2 ** (tries - 1), LONGEST_DELAY_S)
    due_at = now + timedelta(seconds=delay_s)
    _write_result(message, turn, state=MessageState.APPROVED, due_at=due_at, sending_at=None, problem=problem)
