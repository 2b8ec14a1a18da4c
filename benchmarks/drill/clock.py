"""Orders on host A while its wall clock jumps by hours: nothing is lost, and nobody takes them from a living worker.

Needs Debian's `faketime`, which tells processes another time than the kernel's. Clocks that nobody can set (monotonic,
since boot) stay as they are, as on a real machine. The clock stays wrong from one round to the next, so that orders
also begin on a host whose clock is off.
"""

from __future__ import annotations

from pathlib import Path

from benchmarks.drill import network
from benchmarks.drill.faults import Fault
from benchmarks.drill.order import OrderDrill
from benchmarks.drill.product import Product
from benchmarks.drill.record import Counts

SKEWS = ("+3h", "-3h")


class ClockDrill:
    """Orders on host A; host B, whose clock is right, looks after expired leases too."""

    def __init__(self, product: Product) -> None:
        fake_clocks(product, "a")
        product.start_worker("b", queues="default")
        self.orders = OrderDrill(product, tuple(jump_to(skew) for skew in SKEWS))

    def round(self, number: int) -> Counts:
        """Let the clock jump in the middle of an order, and count how often the order changed hands."""
        from generation.models import Order

        counts = self.orders.round(number)
        job = Order.objects.latest("created_at").job
        holders = list(job.events.filter(kind="state").order_by("seq").values_list("payload__reason", flat=True))
        print(f"{SKEWS[number % len(SKEWS)]}: {job.attempts} attempts, {[why for why in holders if why]}", flush=True)
        counts.wrong = job.attempts - 1
        return counts


def jump_to(skew: str) -> Fault:
    """A fault that sets host A's clock."""
    return lambda product: set_clock("a", skew)


def fake_clocks(product: Product, *hosts: str) -> None:
    """Have processes that are started on these hosts from now on read their own clocks, which are right for now."""
    for host in hosts:
        product.more[host] = product.more.get(host, {}) | faked_clock(host)
        set_clock(host, "+0")


def faked_clock(host: str) -> dict[str, str]:
    """What the processes of a host are told so that they see the time that its file names."""
    library = next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
    return {"LD_PRELOAD": str(library), "FAKETIME_TIMESTAMP_FILE": str(clock_file(host)), "NO_FAKE_STAT": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1", "FAKETIME_CACHE_DURATION": "1"}  # fmt: skip


def set_clock(host: str, skew: str) -> None:
    """Set a host's wall clock so far from the right time; its processes see it within a second."""
    beside = clock_file(host).with_suffix(".new")
    beside.write_text(f"{skew}\n")
    beside.replace(clock_file(host))


def clock_file(host: str) -> Path:
    return network.FOLDER / f"{host}.clock"
