"""Have stages answered: one order a stage for the records that wait, and one reading of the sites that wait.

At most one order of a stage is under way in a campaign, so that mails that come to it one by one are asked for
together. Money that other orders have been promised comes back when they end: a stage waits for it, and fails only once
none is out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from uuid import UUID

from django.db.models import Q

from campaigns.models import Campaign, Contact, Message, Stage, StageOrder, StageRoute, StageRun
from campaigns.pipelines import collect
from campaigns.pipelines.collect import RunsByRecord
from campaigns.pipelines.routes import Turn
from campaigns.pipelines.values import MailValues
from campaigns.states import StageState
from campaigns.writing import drafts_written, orders
from generation.models import Order, ResearchedSite, Teacher
from generation.orders import launch
from generation.orders.launch import OrderRequest
from generation.research import launch as research
from generation.research.starting_points import StartingPoint, site_url
from generation.states import Purpose
from jobs.states import FINISHED
from review.models import TaskVersion
from review.spec.task_spec import TaskSpec
from review.states import Role
from review.tasks import permissions
from web.db.chunks import rows_of
from web.errors import Refusal

NO_SITE = "There is no site to read: the contact has no web domain of its company."
NOT_LED = "The member who launched the campaign no longer leads the task of this stage, so no pages can be read for it."


def ask(campaign: Campaign) -> int:
    """Order what stages wait for; return how many stage runs moved. Runs inside the tick's transaction.

    A record that was answered in this campaign is not asked about twice.
    """
    moved = 0
    for stage, by_record, sites in collect.runs_by_stage(campaign, StageState.WAITING):
        moved += _read_sites(campaign, stage, sites)
        settled, turns = collect.take_answers(campaign, stage, by_record)
        moved += settled
        for turn in turns:
            moved += _take_turn(campaign, stage, turn, {record: by_record[record] for record in turn.records})
    return moved


def _take_turn(campaign: Campaign, stage: Stage, turn: Turn, fresh: RunsByRecord) -> int:
    """Keep at most one order of a model under way at a time, besides those of audits."""
    moved = 0
    under_way = drafts_written.under_way(turn.orders)
    joined: set[UUID] = set()
    for order in under_way:
        records = [record for record in map(UUID, order.record_ids) if record in fresh]
        joined.update(records)
        moved += _mark_asked([stage_run for record in records for stage_run in fresh[record]], order)
    rest = {record: mine for record, mine in fresh.items() if record not in joined}
    if not rest or len(_audits(campaign, stage, under_way)) < len(under_way):
        return moved
    return moved + _launch(campaign, stage, turn.teacher, rest)


def _audits(campaign: Campaign, stage: Stage, under_way: Sequence[Order]) -> list[Order]:
    """Orders that ask for audits alone: nobody waits for those, so they hold up no mail."""
    if stage.router_id is None or not under_way:
        return []
    rows = StageRoute.objects.filter(campaign=campaign, stage=stage, routed__is_audit=True).order_by()
    audited = set(rows_of(rows.values_list("record_id", flat=True), "record", drafts_written.records_of(under_way)))
    return [order for order in under_way if audited.issuperset(map(UUID, order.record_ids))]


def _launch(campaign: Campaign, stage: Stage, teacher: Teacher | None, by_record: RunsByRecord) -> int:
    runs = [stage_run for mine in by_record.values() for stage_run in mine]
    try:
        order = place(campaign, stage.task_version, teacher, list(by_record))
    except Refusal as refusal:
        if refusal.code == "budget_too_small" and orders.any_under_way(campaign):
            return 0
        reason = f"{refusal.message} {refusal.hint}".strip()
        return collect.fail(runs, stage, dict.fromkeys(by_record, reason))
    StageOrder.objects.create(campaign=campaign, stage=stage, order=order)
    return _mark_asked(runs, order)


def place(campaign: Campaign, version: TaskVersion | None, teacher: Teacher | None, records: list[UUID]) -> Order:
    """Order answers of a model on these records.

    Raises:
        Refusal: As for `generation.orders.launch`; `stage_without_model`.
    """
    if version is None or teacher is None:
        raise Refusal("stage_without_model", "The stage has no model to ask.")
    request = OrderRequest(
        version.task,
        teacher=teacher,
        count=len(records),
        by=None,
        record_ids=records,
        version=version,
        purpose=Purpose.CAMPAIGN,
    )
    quoted = launch.quote(request)
    cap: Decimal | None = None
    if quoted.estimate.worst_call_usd > 0:
        # No more than it can need, so that other stages and the writers have the rest.
        cap = min(orders.budget_left_usd(campaign), quoted.suggested_budget_usd)
    # Who launched the campaign was checked then; the product orders what that asked for.
    return launch.launch(replace(request, max_cost_usd=cap))


def _mark_asked(runs: Sequence[StageRun], order: Order) -> int:
    return collect.update(runs, state=StageState.ASKED, order=order)


def _read_sites(campaign: Campaign, stage: Stage, runs: Sequence[StageRun]) -> int:
    """Skip sites that were read for this stage before."""
    if not runs or stage.task_version is None:
        return 0
    spec = stage.task_version.spec
    points, missing = _points(campaign, stage, runs, spec)
    sites = _sites_there(campaign, stage)
    under_way = [site for site in sites.values() if site.research.job and site.research.job.state not in FINISHED]
    fresh = {key: point for key, point in points.values() if key not in sites} if not under_way else {}
    if fresh:
        try:
            sites |= _launch_research(campaign, stage, fresh)
        except Refusal as refusal:
            reason = f"{refusal.message} {refusal.hint}".strip()
            missing |= {pk: reason for pk, (key, _) in points.items() if key in fresh}
    moved = 0
    for key in {key for key, _ in points.values()} & sites.keys():
        mine = [stage_run for stage_run in runs if stage_run.pk in points and points[stage_run.pk][0] == key]
        moved += collect.update(mine, state=StageState.ASKED, site=sites[key])
    return moved + collect.fail([stage_run for stage_run in runs if stage_run.pk in missing], stage, missing)


def _points(
    campaign: Campaign, stage: Stage, runs: Sequence[StageRun], spec: TaskSpec
) -> tuple[dict[UUID, tuple[str, StartingPoint]], dict[UUID, str]]:
    """Starting point and known address by run; and reasons why some cannot start."""
    points: dict[UUID, tuple[str, StartingPoint]] = {}
    missing: dict[UUID, str] = {}
    mails = Message.objects.select_related("contact__record").in_bulk([stage_run.message_id for stage_run in runs])
    for stage_run in runs:
        contact: Contact = mails[stage_run.message_id].contact
        values = MailValues(contact, campaign.task_version.spec)
        url = site_url(values.get("contact.domain"))
        if not url:
            missing[stage_run.pk] = NO_SITE
            continue
        title = contact.company or url
        facts = {name: values.get(source) for name, source in stage.inputs.items()}
        by_role = {"group": title, "domain": url}
        facts |= {
            name: value for role, value in by_role.items() if (name := spec.facts_with_role(role)) not in (None, *facts)
        }
        point = StartingPoint(url, title[:200], {name: value for name, value in facts.items() if value})
        points[stage_run.pk] = (f"{url} {sorted(point.facts.items())}", point)
    return points, missing


def _sites_there(campaign: Campaign, stage: Stage) -> dict[str, ResearchedSite]:
    rows = StageRun.objects.filter(message__campaign=campaign, stage=stage, site__isnull=False)
    # One that brought nothing is read once more where a lead asks for it.
    ended = Q(site__research__job__isnull=True) | Q(site__research__job__state__in=FINISHED)
    rows = rows.exclude(ended, site__made_record__isnull=True)
    sites = ResearchedSite.objects.filter(pk__in=rows.values("site")).select_related("research__job")
    return {f"{site.url} {sorted(site.facts.items())}": site for site in sites}


def _launch_research(campaign: Campaign, stage: Stage, fresh: Mapping[str, StartingPoint]) -> dict[str, ResearchedSite]:
    """Order that sites be read, in the name of who launched the campaign; as many as one order takes.

    Raises:
        Refusal: As for `generation.research.launch`; `not_led`, the launcher is gone or no longer leads the
            stage's task.
    """
    by = campaign.launched_by
    if stage.task_version is None or by is None or not permissions.may(by, stage.task_version.task, Role.LEAD):
        raise Refusal("not_led", NOT_LED)
    made = research.launch(
        stage.task_version.task,
        by=by,
        points=list(fresh.values())[: research.MOST_SITES],
        name=f"{campaign.name}: {stage.name}",
    )
    sites = list(made.sites.select_related("research__job").order_by("number"))
    return dict(zip(fresh, sites, strict=False))
