"""Audit routers: of the records drawn by lot the teacher writes too, and experts judge both answers on the desk.

What experts make of the two holds the router's promise against live traffic. Nobody waits for it: the answer that the
router chose is used at once, whatever becomes of the teacher's.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from uuid import UUID

from django.core.cache import cache
from django.db.models import Exists, OuterRef

from campaigns.models import Campaign, Stage, StageOrder, StageRoute
from campaigns.pipelines import ask, queries
from campaigns.states import StageKind
from campaigns.writing import drafts_written, orders
from generation.models import Order
from review.drafts.intake import put_on_desk
from review.models import Draft
from review.states import DraftState
from serving.routing import pairs, route
from web.db.chunks import chunked
from web.errors import Refusal

# Audits that are followed together, and records that one order asks for at most.
CHUNK = 500
# A refused order is tried again after so long: pricing reads every record of it, and nobody waits for an audit.
TRY_AGAIN_S = 900
_UNTOLD = StageRoute.objects.filter(routed__is_audit=True, routed__outcome__isnull=True)
_OPEN = _UNTOLD.filter(draft__isnull=False, record__erased_at__isnull=True)


def open_audits() -> Exists:
    """Match campaigns with an audited record whose verdicts are not told yet."""
    return Exists(_OPEN.filter(campaign=OuterRef("pk")))


def judged_audits() -> Exists:
    """Match campaigns with an open audit whose router's answer experts judged: both verdicts may be there."""
    return Exists(_UNTOLD.filter(campaign=OuterRef("pk"), draft__gold__isnull=False))


def follow(campaign: Campaign) -> int:
    """Tell the verdicts on both answers where they are there, and put both on the desk where only answers are.

    Runs inside the tick's transaction.
    """
    return sum(_follow(campaign, stage, part) for stage, rows in _open(campaign) for part in chunked(rows, CHUNK))


def order(campaign: Campaign) -> int:
    """Order the teacher's answers that audits lack, as far as the campaign's budget goes; count the records."""
    return sum(_order(campaign, stage, rows) for stage, rows in _open(campaign))


def _open(campaign: Campaign) -> list[tuple[Stage, list[StageRoute]]]:
    """Open audits, the oldest first: one that waits for verdicts keeps no newer one back. Erased records have none."""
    rows = _OPEN.filter(campaign=campaign)
    by_stage: dict[UUID, list[StageRoute]] = defaultdict(list)
    for each in rows.select_related("routed").order_by("created_at", "pk"):
        by_stage[each.stage_id].append(each)
    if not by_stage:
        return []
    stages = queries.stages().in_bulk(list(by_stage))
    return [(stages[pk], mine) for pk, mine in by_stage.items()]


def _teachers_orders(campaign: Campaign, stage: Stage) -> list[Order]:
    return list(orders.of_stage(campaign, stage).filter(teacher=stage.teacher_id))


def _order(campaign: Campaign, stage: Stage, rows: Sequence[StageRoute]) -> int:
    there = _teachers_orders(campaign, stage)
    named = drafts_written.records_of(there)
    lacking = [each.record_id for each in rows if each.record_id not in named][:CHUNK]
    if not lacking or drafts_written.under_way(there):
        return 0
    refused = f"audit-refused-{campaign.pk}-{stage.pk}"
    if cache.get(refused):
        return 0
    version = campaign.task_version if stage.kind == StageKind.WRITE else stage.task_version
    try:
        placed = ask.place(campaign, version, stage.teacher, lacking)
    except Refusal:
        # An audit is asked for again later; the mails go on without it.
        cache.set(refused, True, TRY_AGAIN_S)
        return 0
    StageOrder.objects.create(campaign=campaign, stage=stage, order=placed)
    return len(lacking)


def _follow(campaign: Campaign, stage: Stage, rows: Sequence[StageRoute]) -> int:
    there = _teachers_orders(campaign, stage)
    answers, _ = drafts_written.drafts_by_record(there, [each.record_id for each in rows])
    both = [each for each in rows if each.record_id in answers]
    _put_on_desk(both, answers)
    ended = _give_up(rows, there, answers)
    drafts = [pk for each in both for pk in (each.draft_id, answers[each.record_id]) if pk is not None]
    passes = pairs.passes_of(drafts)
    for each in both:
        teachers = answers[each.record_id]
        if each.draft_id in passes and teachers in passes:
            route.record_outcome(
                each.routed, cost_usd=each.cost_usd, route_passes=passes[each.draft_id], teacher_passes=passes[teachers]
            )
            ended += 1
    return ended


def _put_on_desk(rows: Sequence[StageRoute], answers: Mapping[UUID, UUID]) -> None:
    draft_ids = [pk for each in rows for pk in (each.draft_id, answers[each.record_id]) if pk is not None]
    kept = Draft.objects.filter(pk__in=draft_ids, state=DraftState.KEPT, erased_at__isnull=True)
    put_on_desk(kept.defer("messages").order_by("created_at", "pk"))


def _give_up(rows: Sequence[StageRoute], audit_orders: Sequence[Order], answers: Mapping[UUID, UUID]) -> int:
    """End audits whose teacher gave no answer: only their cost is recorded."""
    ended = drafts_written.records_of(audit_orders) - drafts_written.records_under_way(audit_orders)
    failed = [each for each in rows if each.record_id in ended and each.record_id not in answers]
    for each in failed:
        route.record_outcome(each.routed, cost_usd=each.cost_usd)
    return len(failed)
