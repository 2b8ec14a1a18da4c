"""Orders on three hosts whose workers are killed one after another: every billed call is on record,
and none is billed twice.

A worker is killed while it supervises an order, and started again; its engines stay. The next to die is one of another
host, and none twice before an order that it held has moved on, so that each kill meets work.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from benchmarks.drill import following
from benchmarks.drill.order import STUCK_AFTER_S, OrderDrill
from benchmarks.drill.product import QUEUES, Product
from benchmarks.drill.record import Counts

if TYPE_CHECKING:
    from generation.models import Order

HOSTS = ("a", "b", "c")
DRAFTS = 240


class WorkersDrill:
    """Three orders at once; a round is over when all have ended, and has as many faults as workers died meanwhile."""

    def __init__(self, product: Product) -> None:
        self.product = product
        self.orders = OrderDrill(product, ())
        for host in HOSTS[1:]:
            product.start_worker(host, queues=QUEUES["a"])

    def round(self, number: int) -> Counts:
        """Place the orders and kill their workers until they have ended."""
        before, counts = set(self.orders.running.provider.billed), Counts()
        orders = [self.orders.launch(DRAFTS) for _ in HOSTS]
        waiting: dict[str, tuple[float, dict[Order, int]]] = {}
        last, until = "", time.monotonic() + STUCK_AFTER_S
        while self.running(orders) and time.monotonic() < until:
            self.see_what_moved(waiting, counts)
            held = {host: self.held(orders, host) for host in HOSTS if host not in waiting and host != last}
            host = next((host for host, some in held.items() if some), "")
            if not host:
                time.sleep(0.1)
                continue
            began, answered = time.monotonic(), {order: self.orders.answered(order) for order in held[host]}
            self.product.kill_worker(host)
            self.product.start_worker(host, queues=QUEUES["a"])
            waiting[host], last = (began, answered), host
            counts.rounds += 1
            until = time.monotonic() + STUCK_AFTER_S
        for order in orders:
            ended = following.follow(
                order.job, counts, by=self.orders.admin, has_moved=lambda: False, began=0, within_s=STUCK_AFTER_S
            )
            counts.stuck += not ended
        self.see_what_moved(waiting, counts)
        self.orders.count_calls(orders, before, counts)
        return counts

    def running(self, orders: Sequence[Order]) -> list[Order]:
        """Those of some orders that have not ended."""
        for order in orders:
            order.job.refresh_from_db()
        return [order for order in orders if order.job.state not in ("succeeded", "failed", "cancelled")]

    def held(self, orders: Sequence[Order], host: str) -> list[Order]:
        """Those of some orders that a host works on; jobs are as `running` read them."""
        return [order for order in orders if order.job.state == "running" and order.job.host_id == f"drill-{host}"]

    def see_what_moved(self, waiting: dict[str, tuple[float, dict[Order, int]]], counts: Counts) -> None:
        """Note how long after each kill an order of the dead worker had one more answer saved."""
        for host, (began, answered) in list(waiting.items()):
            if any(self.orders.answered(order) > count for order, count in answered.items()):
                counts.recovered_s.append(time.monotonic() - began)
                del waiting[host]
