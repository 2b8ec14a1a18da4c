"""Checks and prices orders for drafts: everything that can be refused before anything is paid. Writes nothing."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from generation.diversity import resolve
from generation.diversity.mix import MixSettings
from generation.diversity.request import DEFAULT_MIX, MixRequest
from generation.engine.contracts import TeacherSpec
from generation.models import Order, Teacher
from generation.money.estimate import OrderEstimate, sum_of
from generation.money.figures import CENT, MICRO, rounded_up
from generation.orders import mix_estimate
from generation.orders.run_spec import require_askable
from generation.orders.way import LIVE, WayRequest, check_way, mix_at_way_price, teacher_at_way_price, with_way_time
from generation.states import Purpose, UncertainPolicy
from generation.teachers import provided
from generation.teachers.terms import terms_of
from members.models import Member
from review.models import Record, Source, Task, TaskVersion
from review.states import DraftState, Role
from review.tasks import permissions
from review.tasks.queries import latest_version
from web.caching import slow_figures
from web.db.chunks import chunked
from web.errors import Refusal

LARGEST_ORDER = 100_000
# As many as stand side by side when the best of them is chosen.
MOST_PER_RECORD = 8
# A price of so many is told from one list of records, which takes seconds to find in a task of a million.
KEPT_RECORDS = 500
CHUNK = 2_000
# By record: the mails its reader got before, of an order for follow-ups.
Threads = Mapping[UUID, Sequence[Mapping[str, str]]]


@dataclass(frozen=True)
class OrderRequest:
    """A request for drafts, before it is checked and priced.

    Attributes:
        count: Drafts in total, spread over the records.
        by: Who asks; None when the product itself does.
        max_cost_usd: The budget, the judge's share included. Needed when the teacher costs anything.
        source: Only records of this import.
        record_ids: Exactly these records, in this order; else those with the fewest drafts come first.
        version: The task version; the latest by default.
        per_record: How many drafts of each record to ask for, to choose the best of; so many fewer records are needed.
        mix: How drafts are to differ, and which come to the desk. Its first teacher is `teacher`, where it names any.
        wish: Whether calls go out at once or by batches.
        threads: For follow-ups, by record: the mails its reader got before. They are told, and paid for, with each
            call.
        purpose: For the desk, answers become drafts there; for an evaluation they stay on the calls.
        seed: Makes a second order differ from the first; by default drawn from the order's id.
        follows: The order that this one completes, or judges.
    """

    task: Task
    _: KW_ONLY
    teacher: Teacher
    count: int
    by: Member | None
    max_cost_usd: Decimal | None = None
    source: Source | None = None
    record_ids: Sequence[UUID] | None = None
    version: TaskVersion | None = None
    per_record: int = 1
    mix: MixRequest = DEFAULT_MIX
    wish: WayRequest = LIVE
    threads: Threads | None = None
    purpose: Purpose = Purpose.DESK
    uncertain_policy: UncertainPolicy = UncertainPolicy.HOLD
    seed: int | None = None
    repeats: Order | None = None
    follows: Order | None = None


@dataclass(frozen=True)
class Quote:
    """An order that could be launched as it is, with its price.

    Attributes:
        drafts: The part of its price that is not `judging`, where a judge chooses the best.
    """

    version: TaskVersion
    record_ids: list[str]
    teacher: TeacherSpec
    estimate: OrderEstimate
    variety: MixSettings = field(default_factory=MixSettings)
    drafts: OrderEstimate | None = None
    judging: OrderEstimate | None = None
    threads: Threads = field(default_factory=dict)

    @property
    def least_budget_usd(self) -> Decimal:
        """Return the dearest call's price, and that of the judge beside it: a budget below it buys nothing."""
        parts = [self.drafts or self.estimate, *([self.judging] if self.judging else [])]
        return sum((rounded_up(part.worst_call_usd, MICRO) for part in parts), Decimal(0))

    @property
    def suggested_budget_usd(self) -> Decimal:
        return max(self.estimate.suggested_budget_usd, rounded_up(self.least_budget_usd, CENT))

    def as_json(self) -> dict[str, Any]:
        """Return the price with what to know before it is paid, as every API of prices answers."""
        return {
            **self.estimate.as_json(),
            "suggested_budget_usd": self.suggested_budget_usd,
            "records": len(self.record_ids),
            "terms": terms_of(self.teacher.provider),
        }


def quote(request: OrderRequest, *, is_launch: bool = False) -> Quote:
    """Check an order and price it; writes nothing.

    Args:
        is_launch: Whether it is launched as it is quoted. Else the records of a large task may be those that had the
            fewest drafts some seconds ago.

    Raises:
        PermissionDenied: The member does not lead the task.
        Refusal: `count`, `per_record`, `teacher_off`, `teacher_of_another_task`, `price_unknown`, `secret_missing`,
            `base_url`, `no_records`, `no_batches`, or as for `diversity.resolve.resolve`.
    """
    task, mix = request.task, request.mix
    _check_size(request)
    spec = require_askable(request.teacher)
    provided.check_provided(request.teacher, task, by=request.by)
    version = request.version or latest_version(task)
    ids, facts = _records(request, is_launch=is_launch)
    variety = resolve.resolve(task, version, mix, per_record=request.per_record, askable=require_askable, by=request.by)
    check_way(request.wish, [mixed.teacher for mixed in variety.teachers] or [spec])
    drafts, judging = mix_estimate.estimate_mix(
        version,
        facts,
        mix_at_way_price(variety, request.wish),
        alone=teacher_at_way_price(spec, request.wish),
        teachers=[teacher_request.teacher for teacher_request in mix.teachers] or [request.teacher],
        count=request.count,
        per_record=request.per_record,
        way=request.wish.way,
        threads=(request.threads or {}).values(),
    )
    drafts = with_way_time(drafts, request.wish)
    price = sum_of([drafts, judging]) if judging else drafts
    parts = {"drafts": drafts, "judging": judging} if judging else {}
    return Quote(version, ids, spec, price, variety, threads=request.threads or {}, **parts)


def price_of_one(version: TaskVersion, teacher: Teacher, facts: Mapping[str, object]) -> Decimal:
    """Return a budget that covers one draft from facts that are no record yet; writes nothing.

    Raises:
        Refusal: As for `require_askable`.
    """
    spec = require_askable(teacher)
    estimate, _ = mix_estimate.estimate_mix(
        version, [dict(facts)], MixSettings(), alone=spec, teachers=[teacher], count=1, per_record=1
    )
    return estimate.suggested_budget_usd


def _check_size(request: OrderRequest) -> None:
    if request.by is not None:
        permissions.require(request.by, request.task, Role.LEAD)
    if not 1 <= request.count <= LARGEST_ORDER:
        message = f"Order between 1 and {LARGEST_ORDER:,} drafts."
        raise Refusal("count", message, errors={"count": [message]})
    if not 1 <= request.per_record <= MOST_PER_RECORD:
        message = f"Between 1 and {MOST_PER_RECORD} drafts of one record."
        raise Refusal("per_record", message, errors={"per_record": [message]})


def _records(request: OrderRequest, *, is_launch: bool) -> tuple[list[str], list[dict[str, object]]]:
    count = math.ceil(request.count / request.per_record)
    rows = Record.objects.filter(task=request.task, erased_at__isnull=True)
    requested_ids = request.record_ids[:count] if request.record_ids is not None else None
    ids = _fewest_drafts(request, rows, count, is_launch=is_launch) if requested_ids is None else list(requested_ids)
    facts = {
        pk: record_facts
        for some in chunked(ids, CHUNK)
        for pk, record_facts in rows.filter(pk__in=some).values_list("pk", "facts")
    }
    if requested_ids is not None and (unknown := [pk for pk in ids if pk not in facts]):
        raise Refusal("no_records", f"The record {unknown[0]} is not one of this task.")
    if not facts:
        raise Refusal(
            "no_records",
            "There are no records to write for.",
            hint="Import some under Sources.",
            errors={"source": ["This holds no records."]},
        )
    return [str(pk) for pk in ids if pk in facts], [facts[pk] for pk in ids if pk in facts]


def _fewest_drafts(request: OrderRequest, rows: QuerySet[Record], count: int, *, is_launch: bool) -> list[UUID]:
    """Prefer records with the fewest drafts: a second order begins where the first ended."""
    if request.source is not None:
        rows = rows.filter(source=request.source)
    drafts = Count("drafts", filter=~Q(drafts__state=DraftState.KEPT))
    rows = rows.annotate(draft_count=drafts).order_by("draft_count", "source__created_at", "row_number", "pk")
    ids = rows.values_list("pk", flat=True)
    if is_launch or count > KEPT_RECORDS:
        return list(ids[:count])
    key = f"order-records:{request.task.pk}:{request.source and request.source.pk}"
    return slow_figures.figures(key, lambda: list(ids[:KEPT_RECORDS])).value[:count]
