"""What a change of prices would move, before it counts: open orders, the budgets they are paid from, and break-evens.

An order keeps in the books the price it was launched with. What is told here is what the rest of it, and its budgets,
come to at the new price, which is what the provider will charge. Reads rows; writes none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from django.db.models import Count, Q
from django.urls import reverse

from generation.budgets import queries as budgets
from generation.models import Order
from generation.states import CallState, Way
from generation.teachers import queries
from generation.teachers.prices import NewPrice
from generation.teachers.queries import Price
from jobs.states import FINISHED
from web.ports import Listeners

MILLION: Final = Decimal(1_000_000)
MICRO: Final = Decimal("0.000001")


@dataclass(frozen=True)
class PriceChange:
    """The price of one model as it counts now and as it is to be; `old` is None where it has none."""

    provider: str
    model: str
    old: Price | None
    new: Price
    planned: NewPrice

    @property
    def key(self) -> tuple[str, str]:
        """Provider and model."""
        return self.provider, self.model


@dataclass(frozen=True)
class OrderEffect:
    """An order that has not ended: what the rest of it costs as it was launched, and at the new price."""

    order: Order
    url: str
    calls_left: int
    old_usd: Decimal
    new_usd: Decimal
    limit_usd: Decimal | None
    spent_usd: Decimal

    @property
    def passes_its_budget(self) -> bool:
        """Whether it would cost more than its own budget at the new price."""
        return self.limit_usd is not None and self.spent_usd + self.new_usd > self.limit_usd

    @property
    def change_usd(self) -> Decimal:
        """How much more it would cost; below 0 where it is less."""
        return self.new_usd - self.old_usd


@dataclass(frozen=True)
class BudgetEffect:
    """A budget that open orders are paid from: what is left as it stands, and with these orders at the new price.

    Below 0 is by how much more is spent and held than it allows.
    """

    name: str
    url: str
    old_left_usd: Decimal
    new_left_usd: Decimal


@dataclass(frozen=True)
class BreakEvenEffect:
    """A break-even of a miniature against a model: outputs a month, or None where it never comes or is not known."""

    label: str
    url: str
    old: int | None
    new: int | None


@dataclass(frozen=True)
class PriceEffects:
    """All that a change of prices moves."""

    changes: list[PriceChange]
    orders: list[OrderEffect] = field(default_factory=list)
    budgets: list[BudgetEffect] = field(default_factory=list)
    break_evens: list[BreakEvenEffect] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        """Whether nothing moves."""
        return not (self.orders or self.budgets or self.break_evens)


# Rooms above, told of changes, answer with the break-evens that move.
break_evens: Listeners[[Sequence[PriceChange]], list[BreakEvenEffect]] = Listeners()


def changes_of(planned: Iterable[NewPrice]) -> list[PriceChange]:
    """Each price beside the one that counts now."""
    current = {(entry.provider, entry.model): queries.price_of_entry(entry) for entry in queries.prices()}
    return [
        PriceChange(
            each.provider,
            each.model.strip(),
            current.get((each.provider, each.model.strip())),
            queries.price_of_entry(each.as_entry()),
            each,
        )
        for each in planned
    ]


def effects_of(planned: Iterable[NewPrice]) -> PriceEffects:
    """What these prices would move."""
    changes = changes_of(planned)
    orders = _orders({change.key: change.new for change in changes})
    moved = [found for heard in break_evens(changes) for found in heard]
    return PriceEffects(changes, orders, _budgets(orders), moved)


def _orders(prices: Mapping[tuple[str, str], Price]) -> list[OrderEffect]:
    done = Count("calls", filter=Q(calls__state__in=(CallState.ANSWERED, CallState.FAILED), calls__is_repair=False))
    orders = Order.objects.exclude(job__state__in=FINISHED).filter(job__isnull=False).select_related("job", "task")
    effects = []
    for order in orders.defer("record_ids", "threads").annotate(done=done).order_by("created_at"):
        left = max(0, order.count - getattr(order, "done", 0))
        specs = _shares(order)
        if not left or not any((spec["provider"], spec["model"]) in prices for spec, _ in specs):
            continue
        old, new = _cost_of_rest(order, specs, left, prices)
        if old != new:
            effects.append(
                OrderEffect(
                    order,
                    reverse("generation:detail", args=[order.pk]),
                    left,
                    old,
                    new,
                    order.max_cost_usd,
                    budgets.spent_by(order),
                )
            )
    return effects


def _shares(order: Order) -> list[tuple[Mapping[str, Any], Decimal]]:
    """The teachers of an order with the share of its calls that each answers."""
    mixed = (order.variety or {}).get("teachers") or []
    if not mixed:
        return [(order.teacher_spec, Decimal(1))]
    total = sum(Decimal(str(each["share"])) for each in mixed)
    return [(each["teacher"], Decimal(str(each["share"])) / total) for each in mixed]


def _cost_of_rest(
    order: Order, specs: Sequence[tuple[Mapping[str, Any], Decimal]], left: int, prices: Mapping[tuple[str, str], Price]
) -> tuple[Decimal, Decimal]:
    """What the calls that are left cost at the prices of the launch and at the new ones, by the order's own estimate."""
    rest = Decimal(left) / max(1, int(order.estimate.get("calls") or order.count))
    given = Decimal(int(order.estimate.get("input_tokens", 0))) * rest
    answered = Decimal(int(order.estimate.get("output_tokens", 0))) * rest
    old = new = Decimal(0)
    for spec, share in specs:
        factor = Decimal(str(spec.get("batch_factor", 1))) if order.way == Way.BATCH else Decimal(1)
        launched = _tokens_usd(spec["input_usd_per_million"], spec["output_usd_per_million"], given, answered)
        old += launched * share * factor
        price = prices.get((spec["provider"], spec["model"]))
        if price is None:
            new += launched * share * factor
        else:
            factor = price.batch_factor if order.way == Way.BATCH else Decimal(1)
            at_new = _tokens_usd(price.input_usd_per_million, price.output_usd_per_million, given, answered)
            new += at_new * share * factor
    return old.quantize(MICRO), new.quantize(MICRO)


def _tokens_usd(input_usd: object, output_usd: object, given: Decimal, answered: Decimal) -> Decimal:
    return (Decimal(str(input_usd)) * given + Decimal(str(output_usd)) * answered) / MILLION


def _budgets(orders: Sequence[OrderEffect]) -> list[BudgetEffect]:
    """Budgets of these orders, each once, with what would be left of it."""
    more: dict[Any, Decimal] = {}
    by_task: dict[Any, Decimal] = {}
    tasks = {}
    covering = {}
    for effect in orders:
        tasks[effect.order.task_id] = effect.order.task
        by_task[effect.order.task_id] = by_task.get(effect.order.task_id, Decimal(0)) + effect.change_usd
    for key, task in tasks.items():
        for budget in budgets.covering(task):
            covering[budget.pk] = budget
            more[budget.pk] = more.get(budget.pk, Decimal(0)) + by_task[key]
    effects = []
    for status in budgets.statuses_of(list(covering.values())):
        left = status.budget.limit_usd - status.spent_usd - status.held_usd
        of_task = status.budget.task
        url = reverse("generation:task-budgets", args=[of_task.slug]) if of_task else reverse("generation:budgets")
        effects.append(BudgetEffect(status.name, url, left, left - more[status.budget.pk]))
    return effects
