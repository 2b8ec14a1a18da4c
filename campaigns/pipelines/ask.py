"""Have stages answered: one order a stage for the records that wait, and one reading of the sites that wait.

At most one order of a stage is under way in a campaign, so that mails that come to it one by one are asked for together.
Money that other orders have been promised comes back when they end: a stage waits for it, and fails only once none is out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from uuid import UUID

from django.db.models import Q

from campaigns.models import Campaign, Contact, Message, Stage, StageOrder, StageRoute, StageRun
from campaigns.pipelines import collect, routes
from campaigns.pipelines.queries import STAGE_ROUTER
from campaigns.pipelines.routes import Turn
from campaigns.pipelines.values import MailValues, outputs_of
from campaigns.states import StageState
from campaigns.writing import orders
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
from web.db.chunks import chunked
from web.errors import Refusal

CHUNK = 500
NO_SITE = "There is no site to read: the contact has no web domain of its company."
NOT_LED = "The member who launched the campaign no longer leads the task of this stage, so no pages can be read for it."


def ask(campaign: Campaign) -> int:
    """Order what stages wait for; return how many stage runs moved. Runs inside the tick's transaction.

    A record that was answered in this campaign is not asked about twice.
    """
    by_stage: dict[UUID, list[StageRun]] = defaultdict(list)
    waiting = collect.waiting(campaign).select_related("stage__task_version__task", "stage__teacher", *STAGE_ROUTER)
    for one in waiting.order_by("stage__position", "created_at", "pk"):
        by_stage[one.stage_id].append(one)
    moved = 0
    for runs in by_stage.values():
        stage = runs[0].stage
        moved += _read_sites(campaign, stage, [one for one in runs if one.record_id is None])
        moved += _order(campaign, stage, [one for one in runs if one.record_id is not None])
    return moved


def _order(campaign: Campaign, stage: Stage, runs: Sequence[StageRun]) -> int:
    by_record: dict[UUID, list[StageRun]] = defaultdict(list)
    for one in runs:
        if one.record_id is not None:
            by_record[one.record_id].append(one)
    told = routes.answers(campaign, stage, stage.teacher, list(orders.of_stage(campaign, stage)), by_record)
    moved = collect.settle(stage, {record: by_record[record] for record in told.drafts}, told)
    for turn in told.turns:
        moved += _take_turn(campaign, stage, turn, {record: by_record[record] for record in turn.records})
    return moved


def _take_turn(campaign: Campaign, stage: Stage, turn: Turn, fresh: Mapping[UUID, Sequence[StageRun]]) -> int:
    """Keep at most one order of a model under way at a time, besides those of audits."""
    moved = 0
    under_way = [order for order in turn.orders if order.job is not None and order.job.state not in FINISHED]
    joined = {record for order in under_way for record in map(UUID, order.record_ids)} & fresh.keys()
    for order in under_way:
        mine = [one for record in map(UUID, order.record_ids) if record in joined for one in fresh[record]]
        moved += _mark_asked(mine, order)
    rest = {record: mine for record, mine in fresh.items() if record not in joined}
    if not rest or len(_audits(campaign, stage, under_way)) < len(under_way):
        return moved
    return moved + _launch(campaign, stage, turn.teacher, rest)


def _audits(campaign: Campaign, stage: Stage, under_way: Sequence[Order]) -> list[Order]:
    """Orders that ask for audits alone: nobody waits for those, so they hold up no mail."""
    if stage.router_id is None or not under_way:
        return []
    records = {UUID(record) for order in under_way for record in order.record_ids}
    audited: set[UUID] = set()
    for chunk in chunked(records, CHUNK):
        rows = StageRoute.objects.filter(campaign=campaign, stage=stage, routed__is_audit=True, record__in=chunk)
        audited.update(rows.order_by().values_list("record_id", flat=True))
    return [order for order in under_way if audited.issuperset(map(UUID, order.record_ids))]


def _launch(
    campaign: Campaign, stage: Stage, teacher: Teacher | None, by_record: Mapping[UUID, Sequence[StageRun]]
) -> int:
    runs = [one for mine in by_record.values() for one in mine]
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
    for chunk in chunked([one.pk for one in runs], CHUNK):
        StageRun.objects.filter(pk__in=chunk).update(state=StageState.ASKED, order=order)
    return len(runs)


def _read_sites(campaign: Campaign, stage: Stage, runs: Sequence[StageRun]) -> int:
    """Skip sites that were read for this stage before."""
    if not runs or stage.task_version is None:
        return 0
    spec = stage.task_version.spec
    points, missing = _points(campaign, stage, runs, spec)
    known = _sites_there(campaign, stage)
    under_way = [site for site in known.values() if site.research.job and site.research.job.state not in FINISHED]
    fresh = {key: point for key, point in points.values() if key not in known} if not under_way else {}
    if fresh:
        try:
            known |= _launch_research(campaign, stage, fresh)
        except Refusal as refusal:
            reason = f"{refusal.message} {refusal.hint}".strip()
            missing |= {pk: reason for pk, (key, _) in points.items() if key in fresh}
    moved = 0
    for key in {key for key, _ in points.values()} & known.keys():
        mine = [pk for pk, (own, _) in points.items() if own == key]
        for chunk in chunked(mine, CHUNK):
            moved += StageRun.objects.filter(pk__in=chunk).update(state=StageState.ASKED, site=known[key])
    return moved + collect.fail([one for one in runs if one.pk in missing], stage, missing)


def _points(
    campaign: Campaign, stage: Stage, runs: Sequence[StageRun], spec: TaskSpec
) -> tuple[dict[UUID, tuple[str, StartingPoint]], dict[UUID, str]]:
    """Starting point and known address by run; and reasons why some cannot start."""
    found: dict[UUID, tuple[str, StartingPoint]] = {}
    missing: dict[UUID, str] = {}
    mails = Message.objects.select_related("contact__record").in_bulk([one.message_id for one in runs])
    for one in runs:
        values = _values_of(campaign, mails[one.message_id])
        contact: Contact = mails[one.message_id].contact
        url = site_url(values.get("contact.domain"))
        if not url:
            missing[one.pk] = NO_SITE
            continue
        title = contact.company or url
        facts = {name: values.get(source) for name, source in stage.inputs.items()}
        by_role = {"group": title, "domain": url}
        facts |= {
            name: value for role, value in by_role.items() if (name := spec.facts_with_role(role)) not in (None, *facts)
        }
        point = StartingPoint(url, title[:200], {name: value for name, value in facts.items() if value and name})
        found[one.pk] = (f"{url} {sorted(point.facts.items())}", point)
    return found, missing


def _values_of(campaign: Campaign, mail: Message) -> MailValues:
    return MailValues(mail.contact, campaign.task_version.spec, outputs_of([], []))


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
        Refusal: As for `generation.research.launch`; `not_led`, the launcher is gone or does not lead the stage's task any more.
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
