"""Keep the sums of days beside the calls they sum: moved in the transaction that writes the calls, rebuilt from them.

Whoever changes what a call cost, or may have cost, reads it before with `snapshot` and books the change with `book`. A
call belongs to the day, in the installation's time zone, on which it was first heard of. It does not know why anything
is paid.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import astuple, dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Q, QuerySet, Sum
from django.db.models.functions import TruncDate
from django.utils import timezone

from generation.models import Call, Order, SpendDay
from generation.money.figures import millionths
from generation.states import CallState

AMOUNTS = ("calls", "input_tokens", "cached_tokens", "output_tokens", "cost_usd", "possible_usd")
SumKey = tuple[date, str, str]
AmountTuple = tuple[int, int, int, int, Decimal, Decimal]


@dataclass(frozen=True)
class CallSnapshot:
    """Money of a call at one moment: the day, teacher and way it counts for, and its amounts."""

    key: SumKey
    amounts: AmountTuple


@dataclass(frozen=True)
class CallSums:
    """Sums over calls, failed ones among them; money in US dollars."""

    calls: int = 0
    answers: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: Decimal = Decimal(0)
    # Time that the answers took, together.
    answer_s: float = 0.0

    def __add__(self, other: CallSums) -> CallSums:
        return CallSums(*(mine + more for mine, more in zip(astuple(self), astuple(other), strict=True)))


def sums_by_order(calls: QuerySet[Call]) -> dict[UUID, CallSums]:
    """Sum calls by their order; one query."""
    is_answered = Q(state=CallState.ANSWERED)
    sums = {
        "all": Count("pk"),
        "answered": Count("pk", filter=is_answered),
        "tokens_in": Sum("input_tokens"),
        "tokens_out": Sum("output_tokens"),
        "usd": Sum("cost_usd"),
        "seconds": Sum("latency_s", filter=is_answered, default=0.0),
    }
    rows: Any = calls.order_by().values_list("order_id").annotate(**sums)
    return {order: CallSums(*amounts) for order, *amounts in rows}


def snapshot(order: Order, calls: Iterable[Call]) -> dict[UUID, CallSnapshot]:
    """Return what these saved calls say now, by id."""
    return {call.pk: CallSnapshot(_key(order, call), _amounts(call)) for call in calls}


def book(order: Order, before: Mapping[UUID, CallSnapshot], calls: Iterable[Call]) -> Decimal:
    """Move the sums by what has changed since `before`; calls that are not in it are new.

    Belongs to the transaction that saves the calls. Two that change the same call at once must hold its order's row.

    Returns:
        How much more is spent, or may be, than before; negative for less.
    """
    moves: dict[SumKey, list[Any]] = defaultdict(lambda: [0] * len(AMOUNTS))
    for call in calls:
        was = before.get(call.pk)
        day = was.key[0] if was else timezone.localdate(call.created_at)
        _add(moves[(day, *_key(order, call)[1:])], _amounts(call), 1)
        if was is not None:
            _add(moves[was.key], was.amounts, -1)
    for key, move in moves.items():
        if any(move):
            _move(order, key, move)
    return sum((move[-1] + move[-2] for move in moves.values()), Decimal(0))


def sums_of(order: Order) -> list[SpendDay]:
    """The sums as the calls of an order have them, unsaved, by day, teacher and way."""
    calls = Call.objects.filter(order=order).order_by()
    rows = calls.values("teacher_name", "way", day=TruncDate("created_at")).annotate(
        n=Count("pk"),
        given=Sum("input_tokens"),
        cached=Sum("cached_tokens"),
        answered=Sum("output_tokens"),
        cost=Sum("cost_usd"),
        possible=Sum("possible_cost_usd"),
    )
    # A call without a teacher's name counts with those that bear the name of the order's own.
    sums: dict[SumKey, list[Any]] = defaultdict(lambda: [0] * len(AMOUNTS))
    for row in rows:
        key = (row["day"], row["teacher_name"] or launch_teacher_name(order), row["way"])
        _add(
            sums[key],
            (
                row["n"],
                row["given"],
                row["cached"],
                row["answered"],
                millionths(row["cost"]),
                millionths(row["possible"]),
            ),
            1,
        )
    return [_row(order, key, amounts) for key, amounts in sorted(sums.items())]


def all_orders() -> Iterator[Order]:
    return Order.objects.only("id", "teacher_spec").order_by("pk").iterator(chunk_size=500)


def differs(order: Order) -> bool:
    """Tell whether an order's sums are others than its calls make."""
    kept = SpendDay.objects.filter(order=order, calls__gt=0).order_by("day", "teacher_name", "way")
    return sorted(map(_figures, kept)) != [_figures(row) for row in sums_of(order)]


@transaction.atomic
def rebuild(order: Order) -> bool:
    """Rebuild an order's sums from its calls; tell whether they were others before."""
    order = Order.objects.select_for_update(no_key=True).get(pk=order.pk)
    if not differs(order):
        return False
    SpendDay.objects.filter(order=order).delete()
    SpendDay.objects.bulk_create(sums_of(order))
    return True


def launch_teacher_name(order: Order) -> str:
    return str(order.teacher_spec.get("name", ""))[:120]


def _key(order: Order, call: Call) -> SumKey:
    # A call that is not saved yet has no time; `book` puts its day in.
    day = timezone.localdate(call.created_at) if call.created_at else date.min
    return day, call.teacher_name or launch_teacher_name(order), str(call.way)


def _amounts(call: Call) -> AmountTuple:
    return (
        1,
        call.input_tokens,
        call.cached_tokens,
        call.output_tokens,
        call.cost_usd,
        call.possible_cost_usd,
    )


def _add(sums: list[Any], amounts: AmountTuple | tuple[Any, ...], sign: int) -> None:
    for place, amount in enumerate(amounts):
        sums[place] += sign * amount


def _move(order: Order, key: SumKey, amounts: list[Any]) -> None:
    day, teacher, way = key
    # Read, added and written as decimals: where a database adds them as floats, a million sums would drift.
    row, _ = SpendDay.objects.select_for_update().get_or_create(order=order, day=day, teacher_name=teacher, way=way)
    for name, amount in zip(AMOUNTS, amounts, strict=True):
        setattr(row, name, getattr(row, name) + amount)
    row.save(update_fields=AMOUNTS)


def _row(order: Order, key: SumKey, amounts: list[Any]) -> SpendDay:
    day, teacher, way = key
    values = dict(zip(AMOUNTS, amounts, strict=True))
    return SpendDay(order=order, day=day, teacher_name=teacher, way=way, **values)


def _figures(row: SpendDay) -> tuple[Any, ...]:
    return (row.day, row.teacher_name, row.way, *(getattr(row, name) for name in AMOUNTS))
