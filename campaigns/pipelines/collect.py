"""Take what stages were answered: the draft of each record, the pages of each site, or why there is none.

Runs inside the tick's transaction. What was stopped meanwhile is not looked at any more.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from campaigns.models import Campaign, Stage, StageRun
from campaigns.pipelines import answers, checks, records, routes, run
from campaigns.pipelines.queries import STAGE_ROUTER
from campaigns.pipelines.routes import StageAnswers
from campaigns.states import AT_A_STAGE, StageKind, StageState
from campaigns.writing import drafts_written, orders
from generation.research.records import page_facts
from jobs.states import FINISHED
from review.models import Draft, Record
from web.db.chunks import chunked

CHUNK = 500
NOT_READ = "No page of its site could be read."
_TOLD = ["state", "record", "draft", "output", "reason", "cost_usd", "seconds", "mean_log_prob", "ended_at"]


def collect(campaign: Campaign) -> int:
    """Take every answer that came, and fail mails whose stage ended without one; return how many stage runs moved."""
    asked = _runs(campaign, StageState.ASKED).select_related(
        "stage__task_version__task", "stage__teacher", *STAGE_ROUTER, "site__research__job", "site__record"
    )
    by_stage: dict[UUID, list[StageRun]] = defaultdict(list)
    for one in asked.order_by("created_at", "pk"):
        by_stage[one.stage_id].append(one)
    moved = 0
    for runs in by_stage.values():
        stage, sites = runs[0].stage, [one for one in runs if one.record_id is None]
        moved += _take_drafts(campaign, stage, [one for one in runs if one.record_id is not None])
        moved += _take_pages(campaign, stage, sites)
    return moved


def _runs(campaign: Campaign, state: StageState) -> QuerySet[StageRun]:
    return StageRun.objects.filter(message__campaign=campaign, message__state__in=AT_A_STAGE, state=state)


def waiting(campaign: Campaign) -> QuerySet[StageRun]:
    """Stage runs that nobody was asked for yet, of mails that still wait for them."""
    return _runs(campaign, StageState.WAITING)


def _take_drafts(campaign: Campaign, stage: Stage, runs: Sequence[StageRun]) -> int:
    by_record: dict[UUID, list[StageRun]] = defaultdict(list)
    for one in runs:
        if one.record_id is not None:
            by_record[one.record_id].append(one)
    if not by_record:
        return 0
    told = routes.answers(campaign, stage, stage.teacher, list(orders.of_stage(campaign, stage)), by_record)
    moved = settle(stage, {record: by_record[record] for record in told.drafts}, told)
    for turn in told.turns:
        # The next order asks these, while the campaign has money.
        passed_on = turn.cut_short | set(turn.never_asked if stage.router is not None else ())
        moved += _wait_again([one for record in turn.records if record in passed_on for one in by_record[record]])
        under_way = drafts_written.records_under_way(turn.orders) | passed_on
        for chunk in chunked([record for record in turn.records if record not in under_way], CHUNK):
            reasons = drafts_written.reasons_without_draft(turn.orders, chunk)
            moved += fail([one for record in chunk for one in by_record[record]], stage, reasons)
    return moved


def _wait_again(runs: Sequence[StageRun]) -> int:
    """Have runs wait for the next order: of the model that a router chose, or after one whose money ended early."""
    for chunk in chunked([one.pk for one in runs], CHUNK):
        StageRun.objects.filter(pk__in=chunk).update(state=StageState.WAITING)
    return len(runs)


def settle(stage: Stage, by_record: Mapping[UUID, Sequence[StageRun]], told: StageAnswers) -> int:
    """Give runs the answers that came, and stop the mails that these do not let pass."""
    moved, drafts = 0, told.drafts
    for chunk in chunked(list(by_record), CHUNK):
        rows = Draft.objects.filter(pk__in=[drafts[record] for record in chunk]).select_related(
            "record", "task_version"
        )
        by_id = {draft.record_id: draft for draft in rows.defer("messages")}
        paid = set(StageRun.objects.filter(stage=stage, draft__in=list(rows)).values_list("draft_id", flat=True))
        taken = [
            one
            for record in chunk
            for one in _taken(stage, by_record[record], by_id[record], paid, told.spent_usd.get(record, Decimal(0)))
        ]
        StageRun.objects.bulk_update(taken, _TOLD, batch_size=CHUNK)
        if stage.kind in (StageKind.RESEARCH, StageKind.QUALIFY):
            run.stop({one.message_id: one.reason for one in taken if one.state == StageState.STOPPED}, stage)
        elif stage.kind == StageKind.CHECK:
            checks.mark(taken)
        moved += len(taken)
    return moved


def _taken(
    stage: Stage, runs: Iterable[StageRun], draft: Draft, paid: set[UUID], spent_usd: Decimal
) -> Iterator[StageRun]:
    came = answers.outcome(
        StageKind(stage.kind), draft.task_version.spec, draft.record.facts, draft.fields, stage.condition
    )
    for one in runs:
        one.state, one.reason, one.draft, one.ended_at = came.state, came.reason[:500], draft, timezone.now()
        # A claim's run holds its claim already.
        one.output = {**one.output, **came.output}
        # An answer that several mails share was paid once.
        one.cost_usd = Decimal(0) if draft.pk in paid else draft.cost_usd + spent_usd
        one.seconds, one.mean_log_prob = draft.latency_s, draft.mean_log_prob
        paid.add(draft.pk)
        yield one


def fail(runs: Sequence[StageRun], stage: Stage, reasons: Mapping[UUID, str]) -> int:
    """Fail runs whose record got no answer, and their mails.

    A mail that waits to be checked does not fail: a person reads it instead.
    """
    now = timezone.now()
    for one in runs:
        reason = reasons.get(one.record_id, "") if one.record_id else reasons.get(one.pk, "")
        one.state, one.reason, one.ended_at = StageState.FAILED, reason[:500], now
    StageRun.objects.bulk_update(runs, ["state", "reason", "ended_at"], batch_size=CHUNK)
    if stage.kind == StageKind.CHECK:
        checks.mark(runs)
    else:
        run.fail({one.message_id: one.reason for one in runs}, stage)
    return len(runs)


def _take_pages(campaign: Campaign, stage: Stage, runs: Sequence[StageRun]) -> int:
    if stage.task_version is None:
        return 0
    spec, read, unread = stage.task_version.spec, dict[UUID, StageRun](), dict[UUID, str]()
    wanted = {}
    for one in runs:
        site = one.site
        if site is None:
            # The order for pages was deleted.
            unread[one.pk] = NOT_READ
        elif site.research.job is None or site.research.job.state in FINISHED:
            facts = page_facts(site, spec, site.research.chars_per_page)
            if facts:
                wanted[one.pk], read[one.pk] = facts, one
            else:
                unread[one.pk] = site.why or NOT_READ
    made, refused = records.find_or_make(campaign, stage, task=stage.task_version.task, spec=spec, wanted=wanted)
    for pk, record in made.items():
        read[pk].record_id, read[pk].state = record, StageState.WAITING
    StageRun.objects.bulk_update([read[pk] for pk in made], ["record", "state"], batch_size=CHUNK)
    _tie_sites([read[pk] for pk in made])
    lost = unread | refused
    return len(made) + fail([one for one in runs if one.pk in lost], stage, lost)


def _tie_sites(runs: Sequence[StageRun]) -> None:
    """Tie sites to the record their pages went into, so that an erasure of the one reaches the other."""
    for one in runs:
        if one.site is not None and one.site.made_record_id is None:
            one.site.made_record = Record(pk=one.record_id)
            one.site.save(update_fields=["made_record"])
