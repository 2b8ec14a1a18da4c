"""The document of one person: everything held, as JSON-ready data with an explanation of each part."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone

from campaigns.answers import queries as answers
from campaigns.models import Contact, Event, Message, Reply, StageRun, Suppression, UnmatchedReply
from campaigns.outcomes.queries import told, without_mail
from campaigns.privacy.held_data import mails_to, own_records
from campaigns.suppression import queries as suppressed
from review.datasets.removed_samples import versions_holding
from review.models import Decision, Draft, Record

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
    # One that a teacher has read is erased by then.
    own = [record for record in own if record.erased_at is None]
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
