"""Data held about one person, found by the HMAC of the address. Shown only to leads of the task."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q, QuerySet

from campaigns.models import Contact, Event, Message, Reply, ReplyRecord, StageRun, Suppression, UnmatchedReply
from campaigns.states import UnmatchedState
from campaigns.suppression import queries as suppressed
from members.models import Member
from review.datasets.removed_samples import versions_holding
from review.erasure.erase import with_derived
from review.models import DatasetVersion, Decision, Draft, Record
from review.states import Role
from review.tasks import permissions


@dataclass(frozen=True)
class PersonData:
    """Data held about a person, as far as the member may see it.

    Attributes:
        contacts: One a task; those of tasks the member does not lead are left out.
        records: Facts of this person only.
        shared: Records that others of the same company share; they are no person's.
        versions: Frozen dataset versions that hold such drafts.
        replies: Those to their mails, those attached to other contacts, and those not attached yet; newest first.
        incoming: Mails from this address that wait for a person or were attached to a contact.
        elsewhere: How many contacts, and mails of that kind, tasks that the member does not lead hold.
    """

    contacts: list[Contact]
    elsewhere: int
    mails: list[Message]
    replies: list[Reply | UnmatchedReply]
    incoming: list[UnmatchedReply]
    events: int
    records: list[Record]
    shared: list[Record]
    drafts: int
    decisions: int
    versions: list[DatasetVersion]
    entry: Suppression | None

    @property
    def is_anybody(self) -> bool:
        return bool(self.incoming) or any(contact.erased_at is None for contact in self.contacts)

    @property
    def may_erase(self) -> bool:
        return self.elsewhere == 0


def contacts_of(hmac: str) -> QuerySet[Contact]:
    """Contacts of an address in all tasks, in one order for all who lock them."""
    return Contact.objects.filter(address_hmac=hmac).select_related("task", "record__source").order_by("pk")


def incoming_of(hmac: str) -> QuerySet[UnmatchedReply]:
    """Mails from an address that answered none of ours for certain; nothing is held of those set aside."""
    rows = UnmatchedReply.objects.filter(sender_hmac=hmac).exclude(state=UnmatchedState.SET_ASIDE)
    return rows.select_related("campaign__task").order_by("created_at")


def attached_replies(incoming: Iterable[UnmatchedReply]) -> list[UUID]:
    """Replies that such mails became when a member attached them to a contact of another address."""
    return [row.attached_to_id for row in incoming if row.attached_to_id is not None]


def is_led(member: Member | None, row: Contact | UnmatchedReply) -> bool:
    """Return whether a member leads the task that holds a contact or a mail; the operator, None, does."""
    task = row.task if isinstance(row, Contact) else row.campaign.task
    return member is None or permissions.may(member, task, Role.LEAD)


def tasks_holding(hmac: str) -> set[UUID]:
    """Tasks with facts about a person: of contacts, of stages that looked at their mails, and of what they wrote."""
    contacts, incoming = list(contacts_of(hmac)), list(incoming_of(hmac))
    made = _made_for([contact.pk for contact in contacts], attached_replies(incoming))
    own = {contact.record_id for contact in contacts if contact.record_id}
    records = Record.everything.filter(pk__in=with_derived(made | own))
    written_to = {row.campaign.task_id for row in incoming}
    return {*(contact.task_id for contact in contacts), *written_to, *records.values_list("task", flat=True)}


def own_records(contacts: Sequence[Contact], attached: Collection[UUID] = ()) -> tuple[list[Record], list[Record]]:
    """Return records of these contacts only, and records that others share.

    Records made by stages and records of replies are included.

    Args:
        attached: Replies of the person that were attached to other contacts.
    """
    records = {contact.record_id: contact.record for contact in contacts if contact.record and not contact.erased_at}
    living = [contact.pk for contact in contacts if not contact.erased_at]
    made = _made_for(living, attached)
    records |= {record.pk: record for record in Record.objects.filter(pk__in=made).select_related("task", "source")}
    others = Contact.objects.filter(erased_at__isnull=True).exclude(pk__in=[contact.pk for contact in contacts])
    shared = {pk for pk in records if others.filter(record=pk).exists()}
    shared |= _shared_at_stages(made, living)
    return (
        [record for pk, record in records.items() if pk not in shared],
        [record for pk, record in records.items() if pk in shared],
    )


def _made_for(contacts: Sequence[UUID], attached: Collection[UUID]) -> set[UUID]:
    runs = StageRun.objects.filter(message__contact__in=contacts)
    mails = Message.objects.filter(contact__in=contacts, record__isnull=False)
    # Pages may have become a record that its stage has not taken yet.
    made = [pk for pair in runs.values_list("record_id", "site__made_record_id") for pk in pair]
    theirs = Q(reply__message__contact__in=contacts) | Q(reply__in=attached)
    replies = ReplyRecord.objects.filter(theirs).values_list("record_id", flat=True)
    return {pk for pk in [*made, *mails.values_list("record_id", flat=True), *replies] if pk is not None}


def _shared_at_stages(records: Collection[UUID], contacts: Sequence[UUID]) -> set[UUID]:
    """Return those of these records that mails to other living contacts rest on too."""
    if not records:
        return set()
    others = {"contact__erased_at__isnull": True, "record__in": records}
    mails = Message.objects.filter(**others).exclude(contact__in=contacts)
    runs = StageRun.objects.filter(record__in=records, message__contact__erased_at__isnull=True)
    runs = runs.exclude(message__contact__in=contacts)
    shared = [*mails.values_list("record_id", flat=True), *runs.values_list("record_id", flat=True)]
    return {pk for pk in shared if pk is not None}


def mails_to(contacts: Sequence[Contact]) -> QuerySet[Message]:
    """Mails to these contacts, newest first."""
    mails = Message.objects.filter(contact__in=list(contacts))
    return mails.select_related("campaign", "step", "arm").order_by("-created_at", "-id")


def person_data(member: Member, hmac: str) -> PersonData:
    """Return the data held about a person in the tasks the member leads."""
    everywhere, received = list(contacts_of(hmac)), list(incoming_of(hmac))
    contacts = [contact for contact in everywhere if is_led(member, contact)]
    incoming = [row for row in received if is_led(member, row)]
    own, shared = own_records(contacts, attached_replies(incoming))
    replies = Reply.objects.filter(Q(message__contact__in=contacts) | Q(pk__in=attached_replies(incoming)))
    waiting = [row for row in incoming if row.attached_to_id is None]
    drafts = Draft.objects.filter(record__in=own)
    return PersonData(
        contacts=contacts,
        elsewhere=len(everywhere) - len(contacts) + len(received) - len(incoming),
        mails=list(mails_to(contacts)),
        replies=sorted([*replies, *waiting], key=lambda reply: reply.created_at, reverse=True),
        incoming=incoming,
        events=Event.objects.filter(message__contact__in=contacts).count(),
        records=[record for record in own if record.erased_at is None],
        shared=shared,
        drafts=drafts.count(),
        decisions=Decision.objects.filter(draft__in=drafts).count(),
        versions=versions_holding([record.pk for record in own]),
        entry=suppressed.standing().filter(address_hmac=hmac).first(),
    )
