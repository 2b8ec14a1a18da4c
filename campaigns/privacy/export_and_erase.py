"""The rights of a person: everything that is held is handed out, and on request erased.

An erasure is final. Suppression comes first and stands even when the rest must wait, so that from that moment on no
mail goes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Case, JSONField, Q, Value, When
from django.utils import timezone

from audit import trail
from campaigns.models import (
    Contact,
    Enrolment,
    Event,
    InboxAnswer,
    Message,
    Reply,
    StageRoute,
    StageRun,
    SuppressionLift,
    UnmatchedReply,
)
from campaigns.privacy import held_data as selectors
from campaigns.privacy import person_traces, ports
from campaigns.privacy.export_document import export_document
from campaigns.states import OUTCOMES, AnswerState, MessageState, StopReason, SuppressionReason, UnmatchedState
from campaigns.suppression import suppress
from jobs.states import FINISHED
from members.invitations import invite
from members.models import Member
from members.tokens import idempotency
from review.db import immutability
from review.erasure import erase as review_erase
from review.erasure import files
from review.models import Record
from serving.models import Routed
from serving.states import RouteFeature
from web.errors import Refusal


@dataclass(frozen=True)
class ErasedPerson:
    """Reach of an erasure."""

    contacts: int
    mails: int
    replies: int
    records: int
    drafts: int
    decisions: int
    versions: int

    def sentence(self) -> str:
        if not self.contacts and not self.replies:
            return "Nothing was held about this address. It is on the suppression list now, so that nothing will be."
        counted = (
            (self.contacts, "contact"),
            (self.mails, "mail"),
            (self.replies, "reply"),
            (self.records, "record"),
            (self.drafts, "draft"),
            (self.decisions, "decision"),
        )
        parts = [f"{count} {_plural(word, count)}" for count, word in counted if count]
        where = f"; {self.versions} dataset {_plural('version', self.versions)} rewritten" if self.versions else ""
        return f"Erased: {', '.join(parts)}{where}."


def export(address_or_hmac: str, *, by: Member | None = None) -> dict[str, Any]:
    """Everything held about a person, as JSON-ready data with an explanation of each part.

    Args:
        by: Who asks; only what the tasks they lead hold. None: the operator of the installation, who sees all.

    Raises:
        Refusal: `address_invalid`.
    """
    hmac = suppress.hmac_of_or_refuse(address_or_hmac)
    contacts = [contact for contact in selectors.contacts_of(hmac) if selectors.is_led(by, contact)]
    trail.record("person_exported", by=by, contacts=len(contacts))
    incoming = [row for row in selectors.incoming_of(hmac) if selectors.is_led(by, row)]
    waiting = [row for row in incoming if row.attached_to_id is None]
    return export_document(hmac, contacts, waiting, selectors.attached_replies(incoming))


def erase(address: str, *, by: Member | None = None, expected_hmac: str = "") -> ErasedPerson:
    """Erase a person from all tasks; doing it twice changes nothing.

    The address goes on the suppression list and unsent mails stop. Contacts, mails and replies lose name, address and
    text; events stay without personal data; an invitation to the person that was not taken up is revoked. Facts that
    belong to no other contact are erased with all drafts, decisions and dataset rows made from them, see
    `review.erasure.erase`.

    Args:
        by: Who erases; leads every task that holds the person. None: the operator of the installation.
        expected_hmac: Of the page that asked: the typed address must be its.

    Raises:
        PermissionDenied: The member does not lead every task that holds the person.
        Refusal: `address_invalid`, `address_differs`, or `work_in_hand` (409) while a job that reads the texts runs or
            a mail is on the wire; the suppression stands by then.
    """
    hmac = suppress.hmac_of_or_refuse(address)
    if expected_hmac and hmac != expected_hmac:
        raise Refusal(
            "address_differs",
            "This is not the address shown on this page.",
            errors={"address": ["This address differs."]},
        )
    contacts = list(selectors.contacts_of(hmac))
    incoming = selectors.incoming_of(hmac)
    if not all(selectors.is_led(by, row) for rows in (contacts, incoming) for row in rows):
        raise PermissionDenied("Tasks that you do not lead also hold this person: ask an admin.")
    suppress.suppress(hmac, reason=SuppressionReason.ERASED, by=by)
    erased = _erase(hmac)
    invite.forget(address)
    trail.record("person_erased", by=by, contacts=len(contacts))
    files.sweep(person_traces.versions_to_sweep())
    return erased


@transaction.atomic
def _erase(hmac: str) -> ErasedPerson:
    # Tasks first, as all do who write for their records: no freeze or import begins while texts are erased.
    review_erase.hold_tasks(selectors.tasks_holding(hmac))
    from_here = UnmatchedReply.objects.filter(sender_hmac=hmac)
    # These rows before the contacts, as who attaches one locks them.
    rows = list(from_here.select_for_update(of=("self",)).order_by("pk"))
    unmatched, attached = sum(row.state == UnmatchedState.OPEN for row in rows), selectors.attached_replies(rows)
    from_here.filter(pk__in=[row.pk for row in rows]).delete()
    suppress.lock_contacts([hmac])
    contacts = [contact for contact in selectors.contacts_of(hmac) if contact.erased_at is None]
    own, _ = selectors.own_records(contacts, attached)
    records = list(review_erase.with_derived([record.pk for record in own]))
    _refuse_while_busy(contacts, records)
    as_they_were = list(Record.everything.filter(pk__in=records).select_related("task"))
    erased = review_erase.erase_records(records)
    person_traces.erase_texts(as_they_were)
    mails = Message.objects.filter(contact__in=contacts)
    replies = Reply.objects.filter(Q(message__in=mails) | Q(pk__in=attached))
    transaction.on_commit(
        partial(ports.mails_erased, list(mails.exclude(message_id="").values_list("message_id", flat=True)))
    )
    erased_person = ErasedPerson(
        len(contacts),
        mails.count(),
        replies.count() + unmatched,
        len(erased.records),
        len(erased.drafts),
        erased.decisions,
        len(erased.versions),
    )
    now = timezone.now()
    ids = [*replies.values_list("pk", flat=True), *mails.values_list("pk", flat=True), *erased.records, *erased.drafts]
    addresses = [*(contact.address for contact in contacts), *(row.sender for row in rows)]
    idempotency.forget({hmac, *map(str, ids), *addresses, *(str(contact.pk) for contact in contacts)})
    replies.update(subject="", text="", meant_why="")
    # An answer went to the contact: of a reply attached there it is the contact's.
    answers = InboxAnswer.objects.filter(reply__message__in=mails)
    transaction.on_commit(
        partial(ports.mails_erased, list(answers.exclude(message_id="").values_list("message_id", flat=True)))
    )
    answers.filter(state=AnswerState.OPEN).update(state=AnswerState.STOPPED, stop_reason=StopReason.ERASED)
    answers.update(subject="", body="", text="", problem="", updated_at=now)
    with immutability.erasing():
        # Outcomes say an amount and nothing of the person: totals stay.
        theirs = Q(message__in=mails) | Q(pk__in=attached)
        # Of a scanner's round of clicks that word tells that its first click was no person's.
        left = Case(When(payload__why="burst", then=_as_json({"why": "burst"})), default=_as_json({}))
        Event.objects.filter(theirs).exclude(kind__in=OUTCOMES).update(payload=left)
        SuppressionLift.objects.filter(suppression__address_hmac=hmac).update(reason="")
        # A router may have gone by a number of the record, which is one of its facts; where it sent it to stays.
        routes = StageRoute.objects.filter(record__in=erased.records).values("routed")
        Routed.objects.filter(pk__in=routes, version__feature=RouteFeature.FACT).update(value=None)
    mails.update(subject="", body="", problem="", updated_at=now)
    StageRun.objects.filter(message__in=mails).update(output={}, reason="")
    _erase_contacts(contacts)
    return erased_person


def _as_json(value: dict[str, str]) -> Value:
    return Value(value, output_field=JSONField())


def _erase_contacts(contacts: Sequence[Contact]) -> None:
    for contact in contacts:
        cluster = _anonymous_cluster(contact)
        Enrolment.objects.filter(contact=contact).update(cluster=cluster)
        contact.address = contact.first_name = contact.last_name = contact.company = ""
        contact.time_zone = contact.language = contact.basis_source = ""
        contact.cluster, contact.erased_at = cluster, timezone.now()
        contact.save()


def _anonymous_cluster(contact: Contact) -> str:
    """The cluster where colleagues share it, else a word of its own: contacts counted together stay together."""
    others = Enrolment.objects.filter(cluster=contact.cluster).exclude(contact__address_hmac=contact.address_hmac)
    alike = Contact.objects.filter(cluster=contact.cluster).exclude(address_hmac=contact.address_hmac)
    if others.exists() or alike.exists():
        return contact.cluster
    return f"erased-{hashlib.sha256(contact.address_hmac.encode()).hexdigest()[:16]}"


def _refuse_while_busy(contacts: Sequence[Contact], record_ids: Sequence[Any]) -> None:
    busy = person_traces.unfinished_jobs(record_ids)
    if Message.objects.filter(contact__in=contacts, state=MessageState.SENDING).exists():
        busy.append("a mail to the person is being sent")
    if InboxAnswer.objects.filter(reply__message__contact__in=contacts, state=AnswerState.SENDING).exists():
        busy.append("an answer to the person is being sent")
    reading = StageRun.objects.filter(message__contact__in=contacts, site__isnull=False)
    if reading.exclude(site__research__job__state__in=FINISHED).exists():
        busy.append("pages of the person's company are being read")
    if busy:
        raise Refusal(
            "work_in_hand",
            "The person is on the suppression list now, and no further mail goes. "
            f"The texts cannot be erased yet: {busy[0]}.",
            hint="Wait for it to end, or cancel it, and erase again.",
            status=409,
            errors={"": busy[1:]} if busy[1:] else None,
        )


def _plural(word: str, count: int) -> str:
    if count == 1:
        return word
    return f"{word[:-1]}ies" if word.endswith("y") else f"{word}s"
