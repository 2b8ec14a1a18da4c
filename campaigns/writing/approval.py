"""Check written mails, send each to the desk or past it, and apply the desk's decisions.

Decisions are ordinary ones of the review room; this module only reads the golds. Every transition is a
conditional UPDATE, so a crash or a second tick changes nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from campaigns.compose import content, render, repeats, text_checks
from campaigns.models import Campaign, Message
from campaigns.pipelines.queries import awaits_checks
from campaigns.planning.assignment import is_sampled
from campaigns.states import Approval, MessageState, StopReason
from campaigns.suppression.queries import suppressed_among
from review.drafts.intake import add_marks, put_on_desk
from review.models import Draft, TaskVersion
from review.states import POSITIVE, DraftState, Verdict

CHUNK = 500
NOT_SENDABLE = "Approved, but {words}. Take the decision back, edit the text, and accept it again."


@dataclass(frozen=True, slots=True)
class _CheckedMails:
    for_desk: list[Message]
    past_it: list[Message]
    stopped: list[Message]


def check(campaign: Campaign) -> int:
    """Mark up to 500 written mails, and send them to the desk or approve them; return how many moved.

    Runs inside the tick's transaction.
    """
    # Stages look at a draft before a person or nobody does; a fixed text has none.
    written = Message.objects.filter(
        Q(draft__isnull=True) | ~awaits_checks(),
        campaign=campaign,
        state=MessageState.WRITTEN,
        # A mail of a recalled draft waits for the recall's undo.
        draft__revocation__isnull=True,
    )
    related = written.select_related("draft", "step", "contact").defer("draft__messages")
    mails = list(related.order_by("created_at", "id")[:CHUNK])
    if not mails:
        return 0
    _mark(campaign, mails)
    sorted_out = _sort_out(campaign, mails)
    put_on_desk(mail.draft for mail in sorted_out.for_desk if mail.draft is not None)
    moved = _move(sorted_out.for_desk, state=MessageState.AWAITING, needs_approval=True)
    moved += _move(sorted_out.past_it, state=MessageState.APPROVED, due_at=timezone.now())
    return moved + _move(sorted_out.stopped, state=MessageState.STOPPED, stop_reason=StopReason.SUPPRESSED)


def follow(campaign: Campaign) -> int:
    """Bring mails that need a person to where the decision on their draft says; return how many moved.

    A decision taken back, or a draft in dispute, brings a mail that has not gone back to awaiting. Runs inside the
    tick's transaction.
    """
    moved = _take_revisions(campaign)
    judged = Message.objects.filter(campaign=campaign, needs_approval=True, draft__isnull=False)
    now = timezone.now()
    approved = judged.filter(state=MessageState.APPROVED)
    reopened = approved.filter(~_is_decided()) | judged.filter(~_is_decided(), state=MessageState.REJECTED)
    moved += reopened.update(state=MessageState.AWAITING, problem="", due_at=None, updated_at=now)
    turned_down = judged.filter(
        _is_decided(verdict=Verdict.REJECT), state__in=(MessageState.AWAITING, MessageState.APPROVED)
    )
    moved += turned_down.update(state=MessageState.REJECTED, problem="", due_at=None, updated_at=now)
    return moved + _approve(campaign, judged)


def _take_revisions(campaign: Campaign) -> int:
    """Point mails of a draft that a reviewer had revised at the revision, which is judged instead."""
    revisions = Draft.objects.filter(parent=OuterRef("draft_id"), erased_at__isnull=True)
    revised = Message.objects.filter(
        Exists(revisions), campaign=campaign, state=MessageState.AWAITING, draft__state=DraftState.KEPT
    )
    ids = list(revised.values_list("pk", flat=True)[:CHUNK])
    if not ids:
        return 0
    newest = revisions.order_by("-created_at", "-id").values("pk")[:1]
    waiting = Message.objects.filter(pk__in=ids, state=MessageState.AWAITING)
    count = waiting.update(draft=Subquery(newest), updated_at=timezone.now())
    _mark(campaign, list(waiting.select_related("draft", "step", "contact")))
    return count


def _approve(campaign: Campaign, judged_mails: QuerySet[Message]) -> int:
    # One that was approved and cannot go as it is, is rejected with that problem, and stays so until it is taken back.
    waiting = Q(state=MessageState.AWAITING) | Q(state=MessageState.REJECTED, problem="")
    settled = judged_mails.filter(waiting, _is_decided(verdict__in=POSITIVE)).select_related("draft", "step", "contact")
    mails = list(settled.order_by("created_at", "id")[:CHUNK])
    if not mails:
        return 0
    _share_versions(mails)
    slot_names = content.known_slots(campaign)
    gone = suppressed_among({mail.contact.address_hmac for mail in mails})
    stopped = [mail for mail in mails if mail.contact.address_hmac in gone]
    living = [mail for mail in mails if mail.contact.address_hmac not in gone]
    unfit = {mail.pk: reason for mail in living if (reason := _why_not_sendable(mail, slot_names))}
    moved = _move(stopped, state=MessageState.STOPPED, stop_reason=StopReason.SUPPRESSED)
    moved += _move(
        [mail for mail in living if mail.pk not in unfit],
        state=MessageState.APPROVED,
        problem="",
        due_at=timezone.now(),
    )
    for mail in living:
        if mail.pk in unfit:
            moved += _move([mail], state=MessageState.REJECTED, problem=unfit[mail.pk])
    return moved


def _why_not_sendable(mail: Message, slot_names: Collection[str]) -> str:
    """Reason why an approved mail cannot go as it is; empty when it can."""
    fields = content.fields_of(mail)
    if slots := render.unfilled_slots(fields, slot_names):
        return NOT_SENDABLE.format(words=str(render.UnfilledSlotError(slots)))[:300]
    thread = mail.draft.thread if mail.draft is not None else None
    if repeat := repeats.find(fields["body"], thread or ()):
        return NOT_SENDABLE.format(words=str(repeat)[:1].lower() + str(repeat)[1:].rstrip("."))[:300]
    return ""


def _is_decided(**verdict: Any) -> Exists:
    filters = {f"gold__{name}": value for name, value in verdict.items()} or {"gold__isnull": False}
    return Exists(Draft.objects.filter(pk=OuterRef("draft_id"), state=DraftState.DECIDED, **filters))


def _mark(campaign: Campaign, mails: Sequence[Message]) -> None:
    _share_versions(mails)
    slot_names = frozenset(content.known_slots(campaign))
    marks_by_draft: dict[UUID, list[Mapping[str, Any]]] = {}
    for mail in mails:
        draft = mail.draft
        if draft is None or draft.pk in marks_by_draft:
            continue
        texts = {name: text for name, text in draft.fields.items() if isinstance(text, str)}
        marks = text_checks.mark_text(
            texts, slots=slot_names, spec=draft.task_version.spec, plain_names=content.plain_names(mail.contact)
        )
        marks_by_draft[draft.pk] = [mark.as_json() for mark in marks]
    counts = add_marks({pk: marks for pk, marks in marks_by_draft.items() if marks})
    for mail in mails:
        if mail.draft is not None:
            mail.draft.marks_count = counts.get(mail.draft.pk, mail.draft.marks_count)


def _sort_out(campaign: Campaign, mails: Sequence[Message]) -> _CheckedMails:
    gone = suppressed_among({mail.contact.address_hmac for mail in mails})
    result = _CheckedMails([], [], [])
    for mail in mails:
        if mail.contact.address_hmac in gone or mail.contact.erased_at is not None:
            result.stopped.append(mail)
        elif _needs_person(campaign, mail):
            result.for_desk.append(mail)
        else:
            result.past_it.append(mail)
    return result


def _needs_person(campaign: Campaign, mail: Message) -> bool:
    """Apply the campaign's rule; a draft that a check marks always needs a person.

    Where a share is enough, a fixed text was approved by the member who launched it.
    """
    draft = mail.draft
    if draft is None:
        return campaign.approval == Approval.ALL
    if campaign.approval == Approval.ALL or draft.marks_count > 0 or draft.state != DraftState.KEPT:
        return True
    # By record and step: people who share a draft share its fate.
    return is_sampled(campaign.salt, f"{draft.record_id}|{mail.step.number}", campaign.sample_share)


def _share_versions(mails: Sequence[Message]) -> None:
    """Read each task version once, however many drafts were written under it."""
    drafts = [mail.draft for mail in mails if mail.draft is not None]
    versions = TaskVersion.objects.in_bulk({draft.task_version_id for draft in drafts})
    for draft in drafts:
        draft.task_version = versions[draft.task_version_id]


def _move(mails: Sequence[Message], *, state: MessageState, **values: Any) -> int:
    """Move only mails whose state has not changed since they were read."""
    now, moved = timezone.now(), 0
    for source in {mail.state for mail in mails}:
        ids = [mail.pk for mail in mails if mail.state == source]
        moved += Message.objects.filter(pk__in=ids, state=source).update(state=state, updated_at=now, **values)
    return moved
