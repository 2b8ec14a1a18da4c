"""Results of orders for drafts, by record: a draft, a draft that repeats an earlier mail, or a reason for none."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet

from campaigns.compose import content, repeats
from generation.models import Call, Order
from generation.states import CallState
from jobs.states import FINISHED
from review.models import Draft
from web.db.chunks import chunked

CHUNK = 500
REPEATED = "Have it written again, or give the mail a fixed text."


def drafts_by_record(
    orders_there: Sequence[Order], records: Iterable[UUID]
) -> tuple[dict[UUID, UUID], dict[UUID, str]]:
    """Drafts there are for these records.

    Returns:
        By record, its first draft that says something new to its reader; and by record why a draft was passed over that
        repeats an earlier mail.
    """
    jobs = [order.job_id for order in orders_there]
    draft_by_record: dict[UUID, UUID] = {}
    repeated: dict[UUID, str] = {}
    for chunk in chunked(records, CHUNK) if jobs else ():
        rows = Draft.objects.filter(job_id__in=jobs, record_id__in=chunk).order_by("-created_at", "-id")
        unfit = _repeats(rows)
        repeated.update(unfit.values())
        draft_by_record.update((record, pk) for record, pk in rows.values_list("record_id", "pk") if pk not in unfit)
    return draft_by_record, repeated


def _repeats(drafts: QuerySet[Draft]) -> dict[UUID, tuple[UUID, str]]:
    """Follow-ups that repeat an earlier mail to their reader: the record of each, and why."""
    follow_ups = drafts.filter(thread__isnull=False).select_related("task_version").defer("messages")
    bodies = {draft: content.as_subject_and_body(draft.task_version.spec, draft.fields)["body"] for draft in follow_ups}
    unfit = {draft: repeats.find(body, draft.thread or ()) for draft, body in bodies.items()}
    return {draft.pk: (draft.record_id, f"{repeat} {REPEATED}") for draft, repeat in unfit.items() if repeat}


def records_under_way(orders_there: Sequence[Order]) -> set[UUID]:
    """Records that an order which has not ended is to write for."""
    return records_of(under_way(orders_there))


def under_way(orders_there: Iterable[Order]) -> list[Order]:
    """Orders that have not ended."""
    return [order for order in orders_there if order.job is not None and order.job.state not in FINISHED]


def records_of(orders_there: Iterable[Order]) -> set[UUID]:
    """Records that these orders name."""
    return {UUID(record) for order in orders_there for record in order.record_ids}


def reasons_without_draft(orders_there: Sequence[Order], records: Sequence[UUID]) -> dict[UUID, str]:
    """Why a record has no draft, for those that have none: what its call came to, or that it was never asked for."""
    has_draft = Draft.objects.filter(record_id=OuterRef("record_id"), job_id=OuterRef("order__job_id"))
    calls = Call.objects.filter(~Exists(has_draft), order__in=[order.pk for order in orders_there])
    reason_by_record = {record: _not_asked(orders_there) for record in records}
    for call in calls.filter(record_id__in=records).order_by("updated_at").only("record_id", "state", "error_message"):
        if call.record_id is not None:
            reason_by_record[call.record_id] = _reason_text(call)
    return reason_by_record


def _reason_text(call: Call) -> str:
    if call.state == CallState.UNCERTAIN:
        return "The outcome of its call is unknown; it may have been paid."
    return call.error_message or "Its call failed."


def _not_asked(orders_there: Sequence[Order]) -> str:
    last = orders_there[-1] if orders_there else None
    error_message = (last.job.error or {}).get("message", "") if last is not None and last.job is not None else ""
    return f"The order ended before its turn. {error_message}".strip()
