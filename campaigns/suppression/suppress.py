"""The suppression list: who is not written to.

It only grows; a trigger refuses anything else, and `lift` adds rows beside it.

Beside it, `stop_mails_to`: who asked for no more in a reply is not written to as long as the reply is read so.

The order of events that everything here and in sending keeps: who suppresses and who puts a mail on the wire both first
lock the contacts of the address. So either the mail was committed as `sending` before the suppression, or the sender
reads the suppression and does not send. SQLite has one writer at a time and needs no lock.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from django.db import connection, transaction
from django.db.transaction import TransactionManagementError
from django.utils import timezone

from audit import trail
from campaigns.models import Contact, InboxAnswer, Message, Suppression
from campaigns.states import BEFORE_THE_WIRE, AnswerState, MessageState, StopReason, SuppressionReason
from campaigns.suppression import email_addresses
from campaigns.suppression import queries as selectors
from members.models import Member
from web.db.chunks import chunked
from web.db.compiled_query import CompiledQuery
from web.errors import Refusal

CHUNK = 500
MAX_LINES = 100_000
ERRORS_SHOWN = 100
WIRE_S = 2.0
# One number of this application for PostgreSQL's advisory locks: new contacts and new suppressions wait for each other.
_LIST_LOCK = 7_274_031

_STOPS = {
    SuppressionReason.UNSUBSCRIBED: StopReason.UNSUBSCRIBED,
    SuppressionReason.COMPLAINED: StopReason.COMPLAINED,
    SuppressionReason.BOUNCED: StopReason.BOUNCED,
    SuppressionReason.ERASED: StopReason.ERASED,
    SuppressionReason.MANUAL: StopReason.SUPPRESSED,
}
# Asked of each mail, so it is compiled once.
_LOCKED_CONTACTS = CompiledQuery(
    lambda *, address_hmac: (
        Contact.objects.select_for_update(no_key=True).filter(address_hmac=address_hmac).order_by("pk")
    )
)
_LIFTABLE = (SuppressionReason.MANUAL, SuppressionReason.BOUNCED)


@dataclass(frozen=True)
class SuppressionsAdded:
    """Result of adding many: new ones, those on the list already, and what is no address, by line."""

    added: int
    known: int
    bad: list[tuple[int, str]]
    bad_count: int


def lock_contacts(hmacs: Collection[str]) -> list[Contact]:
    """Lock the contacts of these addresses until the transaction ends, in one order for all who ask.

    The sender calls it with the address of a mail, reads `queries.is_suppressed`, and commits `sending`.

    Raises:
        TransactionManagementError: Outside a transaction.
    """
    if not connection.in_atomic_block:
        raise TransactionManagementError("Contacts are locked inside a transaction alone.")
    if len(hmacs) == 1:
        return _LOCKED_CONTACTS(address_hmac=next(iter(hmacs)))
    rows = Contact.objects.select_for_update(no_key=True).filter(address_hmac__in=list(hmacs))
    return list(rows.order_by("pk"))


def lock_contact(contact: Contact) -> Contact:
    """Lock the contacts of one's address, and return this one as it is now."""
    return next((row for row in lock_contacts([contact.address_hmac]) if row.pk == contact.pk), contact)


def lock_list() -> None:
    """Have imports and suppressions follow one another until the transaction ends.

    Without it an import that has looked at the list and a suppression that has looked for contacts could each miss the
    other. On SQLite the transaction itself does that.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LIST_LOCK])


@transaction.atomic
def suppress(
    address_or_hmac: str,
    *,
    reason: SuppressionReason,
    message: Message | None = None,
    by: Member | None = None,
    note: str = "",
) -> Suppression:
    """Never write to an address again, in any task: puts it on the list and stops its mails that have not gone.

    Doing it twice changes nothing: the first entry, with its reason, stays; one for good is added where the first may
    be lifted. A mail that is on the wire at this moment has
    been sent before.

    Args:
        address_or_hmac: The address, or its HMAC where that is all there is.

    Raises:
        Refusal: `address_invalid`.
    """
    hmac = hmac_of_or_refuse(address_or_hmac)
    # An erased person has an act of their own in the trail.
    if by is not None and reason is not SuppressionReason.ERASED:
        trail.record("suppressed", by=by, addresses=1, reason=reason.value)
    return _put({hmac}, reason=reason, message_id=message.pk if message else None, by=by, note=note)[hmac]


def hmac_of_or_refuse(address_or_hmac: str) -> str:
    """The HMAC of what is an address, or is one already.

    Raises:
        Refusal: `address_invalid`.
    """
    try:
        return email_addresses.hmac_from(address_or_hmac.strip())
    except ValueError as error:
        raise Refusal("address_invalid", _sentence(str(error)), errors={"address": [_sentence(str(error))]}) from None


@transaction.atomic
def stop_mails_to(address_hmac: str) -> None:
    """Stop every mail to an address that has not gone: a reply from it is read as a wish to hear no more.

    Puts nothing on the list: `queries` finds the wish on the reply itself, so reading it otherwise lets the
    person be written to again. Doing it twice changes nothing.
    """
    lock_list()
    _stop(lock_contacts([address_hmac]), StopReason.OBJECTED)


@transaction.atomic
def suppress_many(lines: Sequence[str], *, by: Member, reason: SuppressionReason, note: str = "") -> SuppressionsAdded:
    """Put many addresses on the list, as they come from a paste or the first column of a file.

    Blank lines are passed over. What is no address is told by its line and does not hold up the others:
    to leave an address unsuppressed because another was misspelt would be the worse mistake.

    Raises:
        PermissionDenied: The member keeps no list.
        Refusal: `too_many` lines.
    """
    selectors.require_list_access(by)
    if len(lines) > MAX_LINES:
        raise Refusal("too_many", f"{len(lines):,} lines; {MAX_LINES:,} at a time is the limit.", status=413)
    hmacs: dict[str, None] = {}
    bad: list[tuple[int, str]] = []
    for number, line in enumerate(lines, 1):
        cell = line.split("\t")[0].split(";")[0].split(",")[0].strip().strip('"')
        if not cell:
            continue
        try:
            hmacs[email_addresses.hmac_from(cell)] = None
        except ValueError as error:
            bad.append((number, str(error)))
    lock_list()
    added = sum(len(_without_entry(chunk, is_for_good=False)) for chunk in chunked(list(hmacs), CHUNK))
    suppress_hashes(set(hmacs), by=by, reason=reason, note=note)
    return SuppressionsAdded(added, len(hmacs) - added, bad[:ERRORS_SHOWN], len(bad))


@transaction.atomic
def suppress_hashes(hmacs: set[str], *, by: Member, reason: SuppressionReason, note: str) -> None:
    """Put addresses on the list that are there as their HMACs, in one act."""
    _put(hmacs, reason=reason, by=by, note=note)
    trail.record("suppressed", by=by, addresses=len(hmacs), reason=reason.value)


def _put(
    hmacs: set[str], *, reason: SuppressionReason, by: Member | None, note: str, message_id: UUID | None = None
) -> dict[str, Suppression]:
    lock_list()
    ordered, entries = sorted(hmacs), dict[str, Suppression]()
    for chunk in chunked(ordered, CHUNK):
        contacts = lock_contacts(chunk)
        wanting = _without_entry(chunk, is_for_good=reason not in _LIFTABLE)
        fresh = [
            Suppression(
                address_hmac=hmac,
                reason=reason,
                note=note.strip()[:200],
                message_id=message_id,
                member_name=by.name[:150] if by else "",
            )
            for hmac in wanting
        ]
        Suppression.objects.bulk_create(fresh)
        rows = selectors.standing().filter(address_hmac__in=chunk).order_by("created_at", "pk")
        entries.update({row.address_hmac: row for row in rows})
        _stop(contacts, _STOPS[reason])
    return entries


def _without_entry(hmacs: Sequence[str], *, is_for_good: bool) -> list[str]:
    """Hashes without an entry, or only with such as may be lifted where this one is for good."""
    rows = selectors.standing().filter(address_hmac__in=hmacs)
    covered = {row.address_hmac for row in rows if not (is_for_good and may_be_lifted(row))}
    return [hmac for hmac in hmacs if hmac not in covered]


def may_be_lifted(entry: Suppression) -> bool:
    """Tell whether colleagues or a bounce made the entry, and neither the reader nor an erasure.

    An unsubscription or a complaint that a colleague wrote down, as lists of former mail systems hold them, is the
    reader's.
    """
    return entry.reason in _LIFTABLE


def _wait_for_sending(mails: list[UUID], answers: list[UUID]) -> None:
    """Let mails that were committed as sending before finish, so that when the caller hears back nothing is under way.

    A server that hangs, or a sender that died, is not waited for longer than two seconds: such a mail had left before.
    """
    give_up_s = time.monotonic() + WIRE_S
    while time.monotonic() < give_up_s:
        on_wire = Message.objects.filter(pk__in=mails, state=MessageState.SENDING)
        answers_on_wire = InboxAnswer.objects.filter(pk__in=answers, state=AnswerState.SENDING)
        if not (on_wire.exists() or (answers and answers_on_wire.exists())):
            return
        time.sleep(0.005)


def _stop(contacts: list[Contact], reason: StopReason) -> None:
    """Lock mails in one order first, so that two concurrent stops do not wait in a ring."""
    if not contacts:
        return
    unsent = Message.objects.filter(contact__in=contacts, state__in=BEFORE_THE_WIRE)
    held = list(unsent.select_for_update(of=("self",)).order_by("pk").values_list("pk", flat=True))
    Message.objects.filter(pk__in=held, state__in=BEFORE_THE_WIRE).update(
        state=MessageState.STOPPED, stop_reason=reason, updated_at=timezone.now()
    )
    answers = InboxAnswer.objects.filter(reply__message__contact__in=contacts)
    waiting = list(answers.filter(state=AnswerState.APPROVED).order_by("pk").values_list("pk", flat=True))
    InboxAnswer.objects.filter(pk__in=waiting, state=AnswerState.APPROVED).update(
        state=AnswerState.STOPPED, stop_reason=reason, updated_at=timezone.now()
    )
    on_wire = Message.objects.filter(contact__in=contacts, state=MessageState.SENDING)
    in_flight = list(on_wire.values_list("pk", flat=True))
    answers_in_flight = list(answers.filter(state=AnswerState.SENDING).values_list("pk", flat=True))
    if in_flight or answers_in_flight:
        transaction.on_commit(partial(_wait_for_sending, in_flight, answers_in_flight))


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."
