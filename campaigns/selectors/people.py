"""What is held about one person, by the HMAC of the address. Nothing of it is shown to who does not lead the task."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import QuerySet

from campaigns.models import Contact, Event, Message, Reply, Suppression
from members.models import Member
from review import permissions
from review.models import DatasetVersion, Decision, Draft, Record
from review.selectors import erased as erased_selectors
from review.states import Role


@dataclass(frozen=True)
class Held:
    """What is held about a person, as far as the member may see it.

    Attributes:
        contacts: One a task; those of tasks the member does not lead are left out.
        elsewhere: How many contacts of tasks the member does not lead there are.
        mails: Mails to the person, newest first.
        replies: What the person wrote back.
        events: How many events of the mails there are.
        records: Facts that stand for this person alone.
        shared: Records that others of the same company share; they are no person's.
        drafts: Drafts written from the person's own facts.
        decisions: Verdicts on them.
        versions: Frozen dataset versions that hold such drafts.
        entry: Of the suppression list.
    """

    contacts: list[Contact]
    elsewhere: int
    mails: list[Message]
    replies: list[Reply]
    events: int
    records: list[Record]
    shared: list[Record]
    drafts: int
    decisions: int
    versions: list[DatasetVersion]
    entry: Suppression | None

    @property
    def is_anybody(self) -> bool:
        """Whether anything is held that could be handed out or erased."""
        return any(contact.erased_at is None for contact in self.contacts)

    @property
    def may_erase(self) -> bool:
        """Whether the member leads every task that holds the person."""
        return self.elsewhere == 0


def contacts_of(hmac: str) -> QuerySet[Contact]:
    """Contacts of an address in all tasks, in one order for all who lock them."""
    return Contact.objects.filter(address_hmac=hmac).select_related("task", "record__source").order_by("pk")


def own_records(contacts: Sequence[Contact]) -> tuple[list[Record], list[Record]]:
    """Records that stand for these contacts alone, and those that other living contacts share."""
    records = {contact.record_id: contact.record for contact in contacts if contact.record and not contact.erased_at}
    others = Contact.objects.filter(record__in=list(records), erased_at__isnull=True)
    shared = set(others.exclude(pk__in=[contact.pk for contact in contacts]).values_list("record_id", flat=True))
    return (
        [record for pk, record in records.items() if pk not in shared],
        [record for pk, record in records.items() if pk in shared],
    )


def mails_to(contacts: Sequence[Contact]) -> QuerySet[Message]:
    """Mails to these contacts, newest first."""
    mails = Message.objects.filter(contact__in=list(contacts))
    return mails.select_related("campaign", "step", "arm").order_by("-created_at", "-id")


def held(member: Member, hmac: str) -> Held:
    """What is held about a person in the tasks the member leads."""
    everywhere = list(contacts_of(hmac))
    seen = [contact for contact in everywhere if permissions.may(member, contact.task, Role.LEAD)]
    own, shared = own_records(seen)
    drafts = Draft.objects.filter(record__in=own)
    return Held(
        contacts=seen,
        elsewhere=len(everywhere) - len(seen),
        mails=list(mails_to(seen)),
        replies=list(Reply.objects.filter(message__contact__in=seen).select_related("event").order_by("-created_at")),
        events=Event.objects.filter(message__contact__in=seen).count(),
        records=own,
        shared=shared,
        drafts=drafts.count(),
        decisions=Decision.objects.filter(draft__in=drafts).count(),
        versions=erased_selectors.versions_holding([record.pk for record in own]),
        entry=Suppression.objects.filter(address_hmac=hmac).first(),
    )
