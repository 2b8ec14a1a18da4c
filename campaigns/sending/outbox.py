"""One mail, or one answer to a reply, from approved to its fate: a committed claim, then the wire, then its result.

At most once rests on three things. `sending` is committed before a byte leaves, by an UPDATE that only one caller can
win. Nothing ever moves a mail out of `sending` back to `approved` but an answer that says it was not taken. And whoever
is put on the suppression list before that commit is seen by it, because both hold the contact's row.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeVar
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from campaigns.compose import message as compose_message
from campaigns.compose.message import OutgoingMail
from campaigns.compose.render import UnfilledSlotError, UnfilledValueError
from campaigns.events import record
from campaigns.models import Campaign, Enrolment, Event, InboxAnswer, Message
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
AWAY_DELAY_S = 30.0
# A contact's correction lets its mails go at once; a sender's is met at the next look.
VALUE_HELD = timedelta(hours=1)
# Rows on the wire, also where others have called them unknown since.
_MAY_BE_ANSWERED = (MessageState.SENDING, MessageState.UNKNOWN)
# Both say their states with the same words.
Row = TypeVar("Row", Message, InboxAnswer)


@dataclass(frozen=True)
class Claimed:
    """A row that an attempt (a job and its fence) has committed as `sending`: it must be sent, and its fate settled."""

    row: Message | InboxAnswer
    mail: OutgoingMail
    job_id: UUID
    fence: int


def due(campaign: Campaign, *, now: datetime, limit: int) -> list[Message]:
    """Return approved mails that are due, the longest due first, with what claiming one needs preloaded."""
    rows = waiting(campaign, now=now).select_related("contact", "step", "draft", "enrolment")
    return list(rows.order_by("due_at", "id")[:limit])


def waiting(campaign: Campaign, *, now: datetime) -> QuerySet[Message]:
    """Approved mails whose time has come."""
    return Message.objects.filter(campaign=campaign, state=MessageState.APPROVED, due_at__lte=now)


def claim(message: Message, turn: SendingAttempt, *, now: datetime) -> Claimed | None:
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
                move(message, obstacle.state, **obstacle.values)
            return None
        if opens_at := turn.hours.opens_at(now, message.contact.time_zone, turn.campaign.time_zone):
            move(message, MessageState.APPROVED, **obstacles.put_off(message, opens_at).values)
            return None
        if message.needs_approval and not _is_approved(message):
            move(message, MessageState.AWAITING)
            return None
        sender = sender_caps.choose(message, turn.senders, now=now)
        if isinstance(sender, Hold):
            move(message, MessageState.APPROVED, due_at=sender.until, held_because=sender.reason)
            return None
        message.sender = sender
        try:
            mail = _composed(message, turn)
        except UnfilledValueError as error:
            # Its words are right: it goes once a person has corrected the value.
            until, problem = now + VALUE_HELD, f"{str(error)[:1].upper()}{str(error)[1:]}."
            move(message, MessageState.APPROVED, due_at=until, held_because=HoldReason.VALUE, problem=problem[:300])
            return None
        except (Refusal, UnfilledSlotError, ValueError) as error:
            if _take(message, turn, now):
                _fail(message, f"The mail could not be made: {error}")
            return None
        if not _take(message, turn, now, subject=mail.subject, body=mail.text, message_id=mail.message_id):
            return None
        if len(turn.senders) > 1 and message.enrolment.sender_id is None:
            Enrolment.objects.filter(pk=message.enrolment_id, sender=None).update(sender=sender)
    return Claimed(message, mail, turn.job_id, turn.fence)


def withhold(claimed: Claimed) -> bool:
    """Take a claimed row back, and return True, if it must not go any more. The last look before the wire.

    It closes the gap that a sender leaves who is held up between the claim and the wire; who suppresses waits for mails
    that are past it.
    """
    row = claimed.row
    if isinstance(row, Message):
        obstacle = obstacles.before_wire(row)
    else:
        obstacle = obstacles.for_any_mail(row.reply.message.contact)
    if obstacle is None:
        return False
    _write_result(claimed, state=obstacle.state, sending_at=None, **obstacle.values)
    return True


def settle(claimed: Claimed, reply: ServerReply, *, now: datetime) -> float | None:
    """Write down what the server said of a claimed row.

    An attempt that lost its fence meanwhile may still do so: what it knows is the truth about its own mail.

    Returns:
        Seconds after which it may be tried again; None where it has come to an end.
    """
    row = claimed.row
    with transaction.atomic():
        if reply.fate == SendResult.ACCEPTED:
            attempt: dict[str, Any] = {"job": claimed.job_id, "fence": claimed.fence}
            _WRITE_SENT[type(row)](pk=row.pk, **attempt, now=now, written_at=timezone.now())
            if isinstance(row, Message):
                record.record_sent(row, at=now, payload={"server": reply.text} if reply.text else {})
        elif reply.fate == SendResult.REFUSED:
            _refused(claimed, reply, now)
        elif reply.fate == SendResult.DEFERRED:
            return _deferred(claimed, reply, now)
        elif reply.fate == SendResult.AWAY:
            _write_result(claimed, state=MessageState.APPROVED, sending_at=None)
            return AWAY_DELAY_S
        else:
            _write_result(claimed, state=MessageState.UNKNOWN, problem=reply.text[:300])
            if isinstance(row, Message):
                record.settle_proven(Message.objects.filter(pk=row.pk))
    return None


def settle_left_behind(campaign: Campaign) -> int:
    """Call unknown, and count, what a dead attempt left on the wire. It is shown, and never sent again by itself."""
    problem = "The sender stopped while sending this mail: it may have arrived."
    if count := call_unknown(left_behind(Message).filter(campaign=campaign), problem):
        record.settle_proven(Message.objects.filter(campaign=campaign))
    return count


def left_behind(model: type[Row]) -> QuerySet[Row]:
    """Rows on the wire whose attempt no longer holds its job."""
    held = Job.objects.filter(pk=OuterRef("sender_job"), fence=OuterRef("sender_fence"), state__in=HELD)
    return model.objects.filter(~Exists(held), state=MessageState.SENDING)


def call_unknown(on_wire: QuerySet[Row], problem: str) -> int:
    """Write that these rows may have arrived; return how many."""
    return on_wire.update(state=MessageState.UNKNOWN, problem=problem, updated_at=timezone.now())


def onto_wire(
    rows: QuerySet[Row],
    *,
    seen_at: datetime,
    job: UUID,
    fence: int,
    now: datetime,
    written_at: datetime,
    **columns: Any,
) -> tuple[QuerySet[Row], dict[str, Any]]:
    """Rows and values of an update that one caller can win: of a row unchanged since `seen_at`, by the job's fence."""
    holds = Job.objects.filter(pk=job, fence=fence, state=JobState.RUNNING)
    mine = rows.filter(Exists(holds), state=MessageState.APPROVED, updated_at=seen_at)
    attempt = {"sending_at": now, "sender_job": job, "sender_fence": fence}
    return mine, {"state": MessageState.SENDING, **attempt, "updated_at": written_at, **columns}


def move(row: Message | InboxAnswer, state: str, **values: object) -> None:
    """Move a row that is still approved to another state."""
    approved = type(row).objects.filter(pk=row.pk, state=MessageState.APPROVED)
    approved.update(state=state, updated_at=timezone.now(), **values)


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


def _taken(*, pk: UUID, campaign: UUID, **attempt: Any) -> tuple[QuerySet[Message], dict[str, Any]]:
    runs = Campaign.objects.filter(pk=campaign, state=CampaignState.RUNNING, is_held=False)
    return onto_wire(Message.objects.filter(Exists(runs), pk=pk), **attempt, held_because="")


def _sent(
    model: Any, *, pk: UUID, job: UUID, fence: int, now: datetime, written_at: datetime
) -> tuple[QuerySet[Any], dict[str, Any]]:
    mine = model.objects.filter(pk=pk, sender_job=job, sender_fence=fence, state__in=_MAY_BE_ANSWERED)
    return mine, {"state": MessageState.SENT, "sent_at": now, "problem": "", "updated_at": written_at}


# Written for each mail, so they are compiled once.
_TAKE = CompiledUpdate(_taken)
_WRITE_SENT = {model: CompiledUpdate(partial(_sent, model)) for model in (Message, InboxAnswer)}


def _take(message: Message, turn: SendingAttempt, now: datetime, **mail: str) -> bool:
    """Move approved to sending, only for a running campaign and an attempt that holds its job."""
    message.sending_at = now
    attempt: dict[str, Any] = {"job": turn.job_id, "fence": turn.fence, "campaign": turn.campaign.pk}
    times = {"seen_at": message.updated_at, "now": now, "written_at": timezone.now()}
    return bool(_TAKE(pk=message.pk, sender=message.sender_id, **attempt, **times, **mail))


def _fail(message: Message, problem: str) -> None:
    sending = Message.objects.filter(pk=message.pk, state=MessageState.SENDING)
    sending.update(state=MessageState.FAILED, problem=problem[:300], sending_at=None, updated_at=timezone.now())


def _write_result(claimed: Claimed, **values: object) -> None:
    """Write only for the attempt that put a row on the wire, even if others have called it unknown since."""
    row = claimed.row
    mine = type(row).objects.filter(pk=row.pk, sender_job=claimed.job_id, sender_fence=claimed.fence)
    states = _MAY_BE_ANSWERED if values["state"] == MessageState.FAILED else (MessageState.SENDING,)
    if isinstance(row, InboxAnswer) and values["state"] != MessageState.UNKNOWN:
        # Written with the claim, before the wire: what was not taken did not go.
        values |= {"subject": "", "text": ""}
    mine.filter(state__in=states).update(updated_at=timezone.now(), **values)


def _refused(claimed: Claimed, reply: ServerReply, now: datetime) -> None:
    row = claimed.row
    if isinstance(row, Message):
        message, kind, key = row, EventKind.BOUNCED, f"refused:{row.pk.hex}"
    else:
        message, key = row.reply.message, f"refused-answer:{row.pk.hex}"
        # The mail it answers arrived: where its reader is still there, the campaign did not bounce.
        kind = EventKind.BOUNCED if reply.is_hard else EventKind.DEFERRED
    payload = {"code": reply.code, "text": reply.text, "hard": reply.is_hard, "at": "sending"}
    # First, because it may lock the list and the contact before any mail.
    record.record(message, kind, source=EventSource.WIRE, key=key, occurred_at=now, payload=payload)
    _write_result(claimed, state=MessageState.FAILED, problem=f"Refused: {reply.code} {reply.text}"[:300])


def _deferred(claimed: Claimed, reply: ServerReply, now: datetime) -> float | None:
    row, problem = claimed.row, f"Not taken yet: {reply.code} {reply.text}"[:300]
    if isinstance(row, Message):
        tries = Event.objects.filter(message=row, kind=EventKind.DEFERRED, source=EventSource.WIRE).count() + 1
        payload = {"code": reply.code, "text": reply.text, "try": tries}
        key = f"deferred:{row.pk.hex}:{tries}"
        record.record(row, EventKind.DEFERRED, source=EventSource.WIRE, key=key, occurred_at=now, payload=payload)
    else:
        tries = row.tries + 1
    delay_s = min(FIRST_DELAY_S * 2.0 ** (tries - 1), LONGEST_DELAY_S)
    columns: dict[str, object] = {"tries": tries} if isinstance(row, InboxAnswer) else {}
    if tries >= MAX_TRIES:
        problem = f"Given up after {tries} tries. {problem}"[:300]
        _write_result(claimed, state=MessageState.FAILED, problem=problem, **columns)
        return None
    if isinstance(row, Message):
        columns["due_at"] = now + timedelta(seconds=delay_s)
    _write_result(claimed, state=MessageState.APPROVED, sending_at=None, problem=problem, **columns)
    return delay_s
