"""Take what stages were answered: the draft of each record, the pages of each site, or why there is none.

Runs inside the tick's transaction. What was stopped meanwhile is not looked at any more.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from campaigns.models import Campaign, Stage, StageRun
from campaigns.pipelines import answers, checks, claims, records, routes, run
from campaigns.pipelines.queries import RUN_RELATED
from campaigns.pipelines.routes import StageAnswers, Turn
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
    moved = 0
    for stage, by_record, sites in runs_by_stage(campaign, StageState.ASKED, "site__research__job", "site__record"):
        moved += _take_drafts(campaign, stage, by_record)
        moved += _take_pages(campaign, stage, sites)
    return moved


RunsByRecord = Mapping[UUID, Sequence[StageRun]]


def runs_by_stage(
    campaign: Campaign, state: StageState, *related: str
) -> Iterator[tuple[Stage, RunsByRecord, list[StageRun]]]:
    """Runs in a state of mails that still wait for them, by stage: by record, and those whose site is read first."""
    rows = StageRun.objects.filter(message__campaign=campaign, message__state__in=AT_A_STAGE, state=state)
    rows = rows.select_related(*RUN_RELATED, *related)
    groups: dict[Stage, tuple[dict[UUID, list[StageRun]], list[StageRun]]] = {}
    for stage_run in rows.order_by("stage__position", "created_at", "pk"):
        by_record, sites = groups.setdefault(stage_run.stage, (defaultdict(list), []))
        if stage_run.record_id is None:
            sites.append(stage_run)
        else:
            by_record[stage_run.record_id].append(stage_run)
    for stage, (by_record, sites) in groups.items():
        yield stage, by_record, sites


def take_answers(campaign: Campaign, stage: Stage, by_record: RunsByRecord) -> tuple[int, list[Turn]]:
    """Settle the runs whose answer is there; return how many, and whose turn it is with the rest."""
    if not by_record:
        return 0, []
    there = list(orders.of_stage(campaign, stage))
    stage_answers = routes.answers(campaign, stage, stage.teacher, there, by_record)
    return _settle(stage, by_record, stage_answers), stage_answers.turns


def update(runs: Sequence[StageRun], **values: Any) -> int:
    """Set columns of some runs; return how many."""
    for chunk in chunked([stage_run.pk for stage_run in runs], CHUNK):
        StageRun.objects.filter(pk__in=chunk).update(**values)
    return len(runs)


def _take_drafts(campaign: Campaign, stage: Stage, by_record: RunsByRecord) -> int:
    moved, turns = take_answers(campaign, stage, by_record)
    for turn in turns:
        # The next order asks these, while the campaign has money: of the model that a router chose, or where the
        # money of the last one ended early.
        passed_on = turn.cut_short | set(turn.never_asked if stage.router is not None else ())
        moved += update(
            _of(by_record, [record for record in turn.records if record in passed_on]), state=StageState.WAITING
        )
        under_way = drafts_written.records_under_way(turn.orders) | passed_on
        for chunk in chunked([record for record in turn.records if record not in under_way], CHUNK):
            reasons = drafts_written.reasons_without_draft(turn.orders, chunk)
            moved += fail(_of(by_record, chunk), stage, reasons)
    return moved


def _of(by_record: RunsByRecord, records: Iterable[UUID]) -> list[StageRun]:
    return [stage_run for record in records for stage_run in by_record[record]]


def _settle(stage: Stage, by_record: RunsByRecord, stage_answers: StageAnswers) -> int:
    """Give runs the answers that came, and stop the mails that these do not let pass."""
    moved, drafts = 0, stage_answers.drafts
    for chunk in chunked(drafts, CHUNK):
        rows = Draft.objects.filter(pk__in=[drafts[record] for record in chunk])
        by_id = {draft.record_id: draft for draft in rows.select_related("record", "task_version").defer("messages")}
        paid = set(
            StageRun.objects.filter(stage=stage, draft__in=list(by_id.values())).values_list("draft_id", flat=True)
        )
        taken: list[StageRun] = []
        for record in chunk:
            spent_usd = stage_answers.spent_usd.get(record, Decimal(0))
            taken += _taken(stage, by_record[record], by_id[record], paid, spent_usd)
        StageRun.objects.bulk_update(taken, _TOLD, batch_size=CHUNK)
        if stage.kind in (StageKind.RESEARCH, StageKind.QUALIFY):
            stopped = (stage_run for stage_run in taken if stage_run.state == StageState.STOPPED)
            run.stop({stage_run.message_id: stage_run.reason for stage_run in stopped}, stage)
        elif stage.kind == StageKind.CHECK:
            checks.mark(taken)
        moved += len(taken)
    return moved


def _taken(
    stage: Stage, runs: Iterable[StageRun], draft: Draft, paid: set[UUID], spent_usd: Decimal
) -> Iterator[StageRun]:
    spec = draft.task_version.spec
    came = answers.outcome(StageKind(stage.kind), spec, draft.record.facts, draft.fields, stage.condition)
    for stage_run in runs:
        claims.ended(stage_run, came.state, came.reason)
        # A claim's run holds its claim already.
        stage_run.draft, stage_run.output = draft, {**stage_run.output, **came.output}
        # An answer that several mails share was paid once.
        stage_run.cost_usd = Decimal(0) if draft.pk in paid else draft.cost_usd + spent_usd
        stage_run.seconds, stage_run.mean_log_prob = draft.latency_s, draft.mean_log_prob
        paid.add(draft.pk)
        yield stage_run


def fail(runs: Sequence[StageRun], stage: Stage, reasons: Mapping[UUID, str]) -> int:
    """Fail runs whose record got no answer, and their mails; reasons are by record, else by run.

    A mail that waits to be checked does not fail: a person reads it instead.
    """
    for stage_run in runs:
        claims.ended(stage_run, StageState.FAILED, reasons.get(stage_run.record_id or stage_run.pk, ""))
    StageRun.objects.bulk_update(runs, ["state", "reason", "ended_at"], batch_size=CHUNK)
    if stage.kind == StageKind.CHECK:
        checks.mark(runs)
    else:
        run.fail({stage_run.message_id: stage_run.reason for stage_run in runs}, stage)
    return len(runs)


def _take_pages(campaign: Campaign, stage: Stage, runs: Sequence[StageRun]) -> int:
    if stage.task_version is None:
        return 0
    spec, read, unread = stage.task_version.spec, dict[UUID, StageRun](), dict[UUID, str]()
    facts_by_id = {}
    for stage_run in runs:
        site = stage_run.site
        if site is None:
            # The order for pages was deleted.
            unread[stage_run.pk] = NOT_READ
        elif site.research.job is None or site.research.job.state in FINISHED:
            facts = page_facts(site, spec, site.research.chars_per_page)
            if facts:
                facts_by_id[stage_run.pk], read[stage_run.pk] = facts, stage_run
            else:
                unread[stage_run.pk] = site.why or NOT_READ
    made, refused = records.find_or_make(campaign, stage, stage.task_version, facts_by_id)
    for pk, record in made.items():
        read[pk].record_id, read[pk].state = record, StageState.WAITING
    StageRun.objects.bulk_update([read[pk] for pk in made], ["record", "state"], batch_size=CHUNK)
    _tie_sites([read[pk] for pk in made])
    lost = unread | refused
    return len(made) + fail([stage_run for stage_run in runs if stage_run.pk in lost], stage, lost)


def _tie_sites(runs: Sequence[StageRun]) -> None:
    """Tie sites to the record their pages went into, so that an erasure of the one reaches the other."""
    for stage_run in runs:
        if stage_run.site is not None and stage_run.site.made_record_id is None:
            stage_run.site.made_record = Record(pk=stage_run.record_id)
            stage_run.site.save(update_fields=["made_record"])
