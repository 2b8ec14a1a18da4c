"""An order on host A while faults happen: every billed call is on record, and none is billed twice."""

from __future__ import annotations

import time
from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from benchmarks.drill import following
from benchmarks.drill.faults import Fault
from benchmarks.drill.network import HOME
from benchmarks.drill.product import PROVIDER_PORT, Product
from benchmarks.drill.record import Counts
from benchmarks.drill.services import wait_for

if TYPE_CHECKING:
    from generation.models import Order

DRAFTS, AT_ONCE, LATENCY_S = 30, 3, 0.5
PAID_BEFORE_FAULT = 4
STUCK_AFTER_S = 120


class OrderDrill:
    """Orders of one task, one a round, from a provider on home that counts what it bills."""

    def __init__(self, product: Product, faults: tuple[Fault, ...]) -> None:
        from generation.models import Teacher
        from members.models import Member
        from tests.generation.provider_server import Provider, Running
        from tests.review import factories

        self.product, self.faults = product, faults
        self.running = Running(Provider(latency_s=LATENCY_S, keep_bodies=False), host=HOME, port=PROVIDER_PORT)
        self.admin = Member.objects.create(username="ada", is_superuser=True, is_staff=True)
        self.task = factories.make_task(by=self.admin)
        self.source = factories.make_source(self.task)
        factories.make_records(self.source, 6)
        self.teacher = Teacher.objects.create(
            slug="drill", name="Drill", provider="openai", model="gpt-4o", base_url=f"{self.running.url}/v1",
            secret_ref="DRILL_KEY", concurrency=AT_ONCE,
        )  # fmt: skip
        product.start_worker("a")

    def round(self, number: int) -> Counts:
        """Place an order, make a fault once it pays, and count what became of every call."""
        before = set(self.running.provider.billed)
        order = self.launch(DRAFTS)
        billed = self.running.provider.billed
        wait_for(lambda: len(billed) >= len(before) + PAID_BEFORE_FAULT, "the first calls", STUCK_AFTER_S)
        answered, began = self.answered(order), time.monotonic()
        self.faults[number % len(self.faults)](self.product)
        return self.counted(order, before, answered, began)

    def launch(self, drafts: int) -> Order:
        from generation.orders import launch

        request = launch.OrderRequest(
            self.task, teacher=self.teacher, source=self.source, count=drafts, by=self.admin, max_cost_usd=Decimal(5)
        )
        return launch.launch(request)

    def counted(self, order: Order, before: set[str], answered: int, began: float) -> Counts:
        """Watch an order to its end."""
        counts = Counts(rounds=1)
        has_moved = lambda: self.answered(order) > answered  # noqa: E731
        succeeded = following.follow(
            order.job, counts, by=self.admin, has_moved=has_moved, began=began, within_s=STUCK_AFTER_S
        )
        counts.stuck = int(not succeeded)
        self.count_calls([order], before, counts)
        return counts

    def count_calls(self, orders: Sequence[Order], before: set[str], counts: Counts) -> None:
        """Hold what the provider billed since against the journals of the orders placed since."""
        from generation.models import Call

        calls = dict(Call.objects.filter(order__in=orders).values_list("pk", "state"))
        on_record = {str(pk) for pk, state in calls.items() if state in ("answered", "uncertain")}
        billed = {call: times for call, times in self.running.provider.billed.items() if call not in before}
        counts.acknowledged = len(billed)
        counts.lost = len(set(billed) - on_record)
        counts.doubled = sum(billed.values()) - len(billed)
        counts.in_doubt = sum(state == "uncertain" for state in calls.values())

    def answered(self, order: Order) -> int:
        """How many answers of an order are saved."""
        return order.calls.filter(state="answered").count()
