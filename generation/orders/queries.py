"""Questions about orders for drafts and their calls. Those of members take the member who asks."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Aggregate, Count, DecimalField, Exists, Model, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce
from django.http import Http404

from generation.engine.repairs import FLAWED
from generation.models import Call, Order, Synthesis
from generation.states import BESIDE_DRAFTS, CallState, Purpose, Settlement
from jobs.states import FINISHED
from members.models import Member
from review.models import Assignment, Draft, Record, Source, Task
from review.states import OPEN, AssignmentState, Role
from review.tasks.permissions import slugs_with, tasks_for
from web.http.first_or_404 import first_or_404
from web.ports import Port

RECENT = 12
# What in a call and in its events tells which draft it brought.
TELLING = ("record", "record_title", "fields", "excerpt", "prompt_hash", "calls")
# Whether a member may see who wrote which text: not while experts vote on them blind.
may_see_writers: Port[[Member, Task], bool] = Port(lambda member, task: True)
SETTLED_SHOWN = 200


def visible(member: Member) -> QuerySet[Order]:
    """Orders of the member's tasks, newest first, each with counts of its calls and its cost."""
    # A flawed answer that its repair replaced is paid, and no draft the less.
    failed, doubtful = Q(state=CallState.FAILED) & ~Q(error_code=FLAWED), Q(state=CallState.UNCERTAIN)
    return (
        Order.objects.filter(task__in=tasks_for(member))
        .select_related("job", "task", "task_version", "source", "teacher", "created_by")
        .annotate(
            drafts=_count(Q(state=CallState.ANSWERED)),
            failures=_count(failed),
            uncertain=_count(doubtful),
            cost_usd=_sum("cost_usd", Q()),
            possible_cost_usd=_sum("possible_cost_usd", Q()),
        )
        .order_by("-created_at", "-id")
    )


def _count(which: Q) -> Coalesce:
    return Coalesce(_over_calls(Count("pk"), which), 0)


def _sum(amount: str, which: Q) -> Coalesce:
    return Coalesce(_over_calls(Sum(amount), which), Decimal(0), output_field=DecimalField())


def _over_calls(figure: Aggregate, which: Q) -> Subquery:
    # A subquery each: joined and grouped, every call would carry its order's and its task's texts through the sort.
    calls = Call.objects.filter(which, order=OuterRef("pk")).order_by().values("order")
    return Subquery(calls.annotate(figure=figure).values("figure"))


def of_task(member: Member, task: Task) -> QuerySet[Order]:
    return visible(member).filter(task=task)


def listed(member: Member, task: Task, *, purpose: Purpose | None = None) -> QuerySet[Order]:
    """Orders of one task as its page lists them: revisions, which are many and small, only when they are asked for."""
    orders = of_task(member, task)
    if purpose is not None:
        return orders.filter(purpose=purpose)
    return orders.exclude(purpose__in=BESIDE_DRAFTS)


def has_revisions(task: Task) -> bool:
    """Tell whether anybody had a draft of the task written again."""
    return Order.objects.filter(task=task, purpose=Purpose.REVISION).exists()


def get(member: Member, order_id: UUID) -> Order:
    """Return one order by its id, or answer 404 where the member may not see its task."""
    return first_or_404(visible(member).filter(pk=order_id), "There is no such generation job that you can see.")


def withheld_names(member: Member, job_ids: Collection[UUID]) -> Mapping[UUID, Collection[str]]:
    """See `jobs.kinds.registry`: which of an order's texts is whose is kept from who may still judge one of them.

    Leads see all; others once the order has ended and no draft of it waits for a verdict, see
    `review.drafts.authorship`.
    """
    led = slugs_with(member, Role.LEAD)
    if led is None:
        return {}
    written = Draft.objects.filter(job_id=OuterRef("job")).order_by()
    cards = Assignment.objects.filter(draft__job_id=OuterRef("job"), reviewer=member).exclude(
        state=AssignmentState.DONE
    )
    is_open = Exists(written.filter(state__in=OPEN)) | Exists(cards.order_by()) | ~Q(job__state__in=FINISHED)
    orders = Order.objects.filter(job__in=job_ids).exclude(task__slug__in=led).select_related("task")
    return {
        order.job_id: TELLING
        for order in orders.annotate(is_open=is_open)
        if order.job_id
        and (not may_see_writers(member, order.task) if order.purpose == Purpose.EVALUATION else order.is_open)
    }


def is_withheld(member: Member, order: Order) -> bool:
    """Tell whether it is kept from the member which drafts are of this order."""
    return order.job_id is not None and bool(withheld_names(member, [order.job_id]))


def calls(order: Order, *, state: str = "", is_withheld: bool = False) -> QuerySet[Call]:
    """Calls of an order, in its order; of one state if one is named."""
    rows = Call.objects.filter(order=order).select_related("record").order_by("position", "id")
    if is_withheld or order.purpose == Purpose.RUBRIC:
        # A judge's words stand beside their texts, for those who may read them: of a draft that waits they would sway
        # the verdict.
        rows = rows.defer("fields", "excerpt").annotate(withheld=Value(value=True))
    return rows.filter(state=state) if state else rows


@dataclass(frozen=True)
class FailureLine:
    """Failures of one kind, what they cost, and one of them."""

    code: str
    count: int
    cost_usd: Decimal
    example: str


def failures(order: Order) -> list[FailureLine]:
    """Failures by kind, the commonest first."""
    failed = Call.objects.filter(order=order, state=CallState.FAILED).exclude(error_code=FLAWED)
    rows = (
        failed.values("error_code").annotate(count=Count("pk"), cost=Sum("cost_usd")).order_by("-count", "error_code")
    )
    return [
        FailureLine(row["error_code"], row["count"], row["cost"], _example(failed, row["error_code"])) for row in rows
    ]


def uncertain_calls(order: Order) -> QuerySet[Call]:
    """Return uncertain calls that are not settled yet."""
    return calls(order, state=CallState.UNCERTAIN).filter(settlement=Settlement.OPEN)


def recent_drafts(order: Order) -> list[Draft]:
    """The newest drafts of an order that stand on the desk."""
    if order.job_id is None:
        return []
    drafts = Draft.objects.filter(job_id=order.job_id).select_related("record")
    return list(drafts.order_by("-created_at", "-queue_position")[:RECENT])


@dataclass(frozen=True)
class SourceOption:
    """A source to write for, and how much it holds."""

    source: Source
    records: int


def sources(task: Task) -> list[SourceOption]:
    """Imports of a task that hold records, newest first; those that brought drafts or verdicts along among them."""
    # Counted by the index of each: joined, a million records are sorted by their source's columns.
    records = Record.everything.filter(source=OuterRef("pk")).order_by().values("source")
    held = Subquery(records.annotate(count=Count("*")).values("count"))
    imports = Source.objects.filter(task=task).order_by("-created_at")
    return [SourceOption(source, source.held) for source in imports.annotate(held=Coalesce(held, 0)) if source.held]


def source_or_404(task: Task, slug: str) -> Source:
    """A source of the task, by slug or id.

    Raises:
        Http404: The task has none of that name.
    """
    source = Source.objects.filter(task=task, slug=slug).first() or _by_id(task, slug)
    if source is None:
        raise Http404(f"The task '{task.slug}' has no source '{slug}'.")
    return source


def _by_id(task: Task, text: str) -> Source | None:
    try:
        return Source.objects.filter(task=task, pk=UUID(text)).first()
    except ValueError:
        return None


def _example(failed: QuerySet[Call], code: str) -> str:
    return failed.filter(error_code=code).values_list("error_message", flat=True).first() or ""


def schema_of(order: Order) -> list[dict[str, Any]]:
    """The output fields of an order's version: name, role, type and control, for pages that draw drafts."""
    return [
        {"name": field.name, "role": field.role, "type": field.type, "control": field.value_type.control}
        for field in order.task_version.spec.output_schema
    ]


@dataclass(frozen=True)
class CacheSavings:
    """Sums over the calls of an order.

    Attributes:
        input_tokens: Tokens of all prompts, those from a cache included.
        cached_tokens: Those that came from a provider's cache.
        saved_usd: What that saved, what writing to the cache cost taken off; None until the job has ended. Below zero
            when less was read than was written.
        repairs: Flawed answers that were sent back once, whatever came of it.
        repairs_usd: What sending them back cost: the calls beside the plan, not the answers they were to mend.
        mended: Those whose repair brought the draft.
    """

    input_tokens: int
    cached_tokens: int
    saved_usd: Decimal | None
    repairs: int
    repairs_usd: Decimal
    mended: int


def savings_of(order: Order) -> CacheSavings | None:
    """The sums; None for an order without anything from a cache and without a repair."""
    repair = Q(is_repair=True)
    sums: dict[str, Any] = Call.objects.filter(order=order).aggregate(
        input_tokens=Sum("input_tokens", default=0),
        cached_tokens=Sum("cached_tokens", default=0),
        repairs=Count("pk", filter=repair),
        repairs_usd=Sum("cost_usd", filter=repair, default=Decimal(0)),
        mended=Count("pk", filter=repair & Q(state=CallState.ANSWERED)),
    )
    if not sums["cached_tokens"] and not sums["repairs"]:
        return None
    return CacheSavings(saved_usd=_saved_usd(order), **sums)


def _saved_usd(order: Order) -> Decimal | None:
    result = (order.job.result or {}) if order.job else {}
    saved = result.get("cache_saved_usd")
    return None if saved is None else Decimal(str(saved))


def naming_records(task: Task, record_ids: AbstractSet[str]) -> Mapping[type[Model], int]:
    """Count the orders of a task that are for some of these records, and those that show some as examples."""
    orders = Order.objects.filter(task=task).values_list("record_ids", flat=True)
    syntheses = Synthesis.objects.filter(task=task).values_list("seeds", flat=True)
    lists = {Order: orders, Synthesis: syntheses}
    return {model: sum(not record_ids.isdisjoint(ids) for ids in rows.iterator()) for model, rows in lists.items()}


class DraftOrders:
    """See `review.ports.Orders`."""

    def orders_of(self, job_ids: Collection[UUID]) -> Mapping[UUID, UUID]:
        return {job: order for job, order in Order.objects.filter(job__in=job_ids).values_list("job_id", "pk") if job}

    def job_of(self, order_id: UUID, *, by: Member) -> UUID | None:
        return Order.objects.filter(pk=order_id, task__in=tasks_for(by)).values_list("job_id", flat=True).first()
