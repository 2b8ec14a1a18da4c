"""Data held about one person, found by the HMAC of the address. Shown only to leads of the task."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone

from campaigns.answers import queries as answers
from campaigns.models import Contact, Event, Message, Reply, ReplyRecord, StageRun, Suppression, UnmatchedReply
from campaigns.outcomes.queries import told, without_mail
from campaigns.suppression import queries as suppressed
from members.models import Member
from review.datasets import removed_samples as erased_selectors
from review.datasets.removed_samples import versions_holding
from review.models import DatasetVersion, Decision, Draft, Record
from review.states import Role
from review.tasks import permissions


@dataclass(frozen=True)
class PersonData:
    """Data held about a person, as far as the member may see it.

    Attributes:
        contacts: One a task; those of tasks the member does not lead are left out.
        elsewhere: How many contacts of tasks the member does not lead there are.
        records: Facts of this person only.
        shared: Records that others of the same company share; they are no person's.
        versions: Frozen dataset versions that hold such drafts.
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
        return any(contact.erased_at is None for contact in self.contacts)

    @property
    def may_erase(self) -> bool:
        return self.elsewhere == 0


def contacts_of(hmac: str) -> QuerySet[Contact]:
    """Contacts of an address in all tasks, in one order for all who lock them."""
    return Contact.objects.filter(address_hmac=hmac).select_related("task", "record__source").order_by("pk")


def tasks_holding(hmac: str, attached: Collection[UUID] = ()) -> set[UUID]:
    """Tasks with facts about a person: of the contacts, of stages that looked at their mails, and of their replies."""
    contacts = dict(contacts_of(hmac).values_list("pk", "task"))
    made = Record.objects.filter(pk__in=_made_for(list(contacts), attached))
    return {*contacts.values(), *made.values_list("task", flat=True)}


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
    everywhere = list(contacts_of(hmac))
    contacts = [contact for contact in everywhere if permissions.may(member, contact.task, Role.LEAD)]
    own, shared = own_records(contacts)
    drafts = Draft.objects.filter(record__in=own)
    return PersonData(
        contacts=contacts,
        elsewhere=len(everywhere) - len(contacts),
        mails=list(mails_to(contacts)),
        replies=list(
            Reply.objects.filter(message__contact__in=contacts).select_related("event").order_by("-created_at")
        ),
        events=Event.objects.filter(message__contact__in=contacts).count(),
        records=own,
        shared=shared,
        drafts=drafts.count(),
        decisions=Decision.objects.filter(draft__in=drafts).count(),
        versions=erased_selectors.versions_holding([record.pk for record in own]),
        entry=suppressed.standing().filter(address_hmac=hmac).first(),
    )


EXPLANATION = {
    "suppression": "Whether this address is on the list of those never written to again, since when and why. The list "
    "holds a keyed hash of the address and no address.",
    "lifted_suppressions": "Entries of that list that were found to be mistakes, and why.",
    "contacts": "What is known of the person in each task: where the address comes from and on what basis it is used.",
    "records": "Facts about the person's company that mails were written from. Those marked as shared also "
    "describe colleagues and are not erased with the person.",
    "drafts": "Texts that models wrote from those facts. They name no person: names are filled in when a mail is sent.",
    "decisions": "Reviewers' decisions on the drafts, and the final texts.",
    "mails": "Mails sent or planned, as the recipient sees them.",
    "stages": "What models and rules made of the mails before and after they were written, stage by stage.",
    "events": "What happened to the mails.",
    "outcomes_without_mail": (
        "Outcomes in campaigns that sent the person no mail, for comparison with those who got mail."
    ),
    "replies": "The person's replies, and how they were classified.",
    "unmatched_replies": "Mails from this address that a person has not attached to a contact yet.",
    "answers": "What people here answered to those replies, sent or not.",
    "dataset_versions": "Frozen collections of judged texts that models learnt from and that hold drafts listed here.",
}


def export_document(
    address_hmac: str, contacts: Sequence[Contact], unmatched: Sequence[UnmatchedReply], attached: Collection[UUID] = ()
) -> dict[str, Any]:
    """The document of one person, JSON-ready; parts without anything are empty lists."""
    own, shared = own_records(contacts, attached)
    drafts = list(Draft.objects.filter(record__in=own).order_by("created_at", "pk"))
    mails = list(mails_to(contacts))
    replies = Reply.objects.filter(Q(message__in=mails) | Q(pk__in=attached))
    entry = suppressed.standing().filter(address_hmac=address_hmac).first()
    return {
        "made_at": timezone.now().isoformat(),
        "explanation": EXPLANATION,
        "suppression": _suppression(entry),
        "lifted_suppressions": [_lifted(each) for each in suppressed.lifted(address_hmac)],
        "contacts": [_contact(contact) for contact in contacts],
        "records": [*(_record(r, is_shared=False) for r in own), *(_record(r, is_shared=True) for r in shared)],
        "drafts": [_draft(draft) for draft in drafts],
        "decisions": [_decision(d) for d in Decision.objects.filter(draft__in=drafts).order_by("created_at")],
        "mails": [_mail(mail) for mail in mails],
        "stages": [_stage(run) for run in stage_runs_of(mails)],
        "events": [_event(event) for event in Event.objects.filter(message__in=mails).order_by("occurred_at")],
        "outcomes_without_mail": [told(row) for contact in contacts for row in without_mail(contact.pk)],
        "replies": [_reply(reply) for reply in replies.order_by("created_at")],
        "unmatched_replies": [
            {"at": row.created_at, "from": row.sender, "subject": row.subject, "text": row.text} for row in unmatched
        ],
        "answers": answers.export_of(mails),
        "dataset_versions": [
            {"name": str(version), "frozen_at": version.frozen_at, "content_hash": version.content_hash}
            for version in versions_holding([record.pk for record in own])
        ],
    }


def _suppression(entry: Suppression | None) -> dict[str, Any] | None:
    if entry is None:
        return None
    return {"since": entry.created_at, "reason": entry.get_reason_display(), "note": entry.note}


def _lifted(entry: Suppression) -> dict[str, Any]:
    return {
        "since": entry.created_at,
        "reason": entry.get_reason_display(),
        "note": entry.note,
        "lifted_at": entry.lift.created_at,
        "lifted_because": entry.lift.reason,
    }


def _contact(contact: Contact) -> dict[str, Any]:
    return {
        "task": contact.task.name,
        "address": contact.address,
        "first_name": contact.first_name,
        "last_name": contact.last_name,
        "company": contact.company,
        "segment": contact.segment,
        "time_zone": contact.time_zone,
        "language": contact.language,
        "lawful_basis": contact.get_lawful_basis_display(),
        "basis_source": contact.basis_source,
        "basis_date": contact.basis_date,
        "may_track_opens": contact.may_track_opens,
        "since": contact.created_at,
        "erased_at": contact.erased_at,
    }


def _record(record: Record, *, is_shared: bool) -> dict[str, Any]:
    return {"title": record.title, "facts": record.facts, "is_shared": is_shared, "since": record.created_at}


def _draft(draft: Draft) -> dict[str, Any]:
    return {"id": draft.pk, "fields": draft.fields, "model": draft.model, "written_at": draft.created_at}


def _decision(decision: Decision) -> dict[str, Any]:
    return {
        "draft": decision.draft_id,
        "verdict": decision.verdict,
        "fields": decision.fields,
        "note": decision.note,
        "at": decision.created_at,
    }


def stage_runs_of(mails: Sequence[Message]) -> QuerySet[StageRun]:
    """Return the stage runs of these mails, in their order."""
    runs = StageRun.objects.filter(message__in=mails).select_related("stage")
    return runs.order_by("message", "stage__position", "part")


def _stage(run: StageRun) -> dict[str, Any]:
    return {
        "mail": run.message_id,
        "stage": run.stage.name,
        "state": run.get_state_display(),
        "output": run.output,
        "reason": run.reason,
        "at": run.ended_at,
    }


def _mail(mail: Message) -> dict[str, Any]:
    return {
        "id": mail.pk,
        "campaign": mail.campaign.name,
        "step": mail.step.number,
        "state": mail.get_state_display(),
        "subject": mail.subject,
        "body": mail.body,
        "sent_at": mail.sent_at,
    }


def _event(event: Event) -> dict[str, Any]:
    return {
        "mail": event.message_id,
        "kind": event.get_kind_display(),
        "source": event.get_source_display(),
        "is_machine": event.is_machine,
        "at": event.occurred_at,
        "payload": event.payload,
    }


def _reply(reply: Reply) -> dict[str, Any]:
    return {
        "mail": reply.message_id,
        "subject": reply.subject,
        "text": reply.text,
        "taken_as": reply.get_meaning_display(),
        "taken_back_because": reply.meant_why,
        "at": reply.created_at,
    }
