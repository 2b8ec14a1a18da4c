"""Faults that a drill makes on purpose; each returns once the world is whole again."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from contextlib import suppress

from benchmarks.drill import network, services
from benchmarks.drill.product import Product

# Longer than the drill's lease, so that a host that is cut off must give its work back.
LASTS_S = 10

Fault = Callable[[Product], None]


def kill_worker(product: Product) -> None:
    """Kill the worker that supervises an order; its engine stays."""
    product.kill_worker("a")
    product.start_worker("a")


def kill_host(product: Product) -> None:
    """Kill all processes of a host, the paying engine among them."""
    product.kill_host("a")
    product.start_worker("a")


def cut_link(product: Product) -> None:
    """Cut a host off from database, queue, storage and provider."""
    network.cut("a")
    time.sleep(LASTS_S)
    network.mend("a")


def flush_queue(product: Product) -> None:
    """Make Redis forget everything."""
    services.flush_redis()


def restart_database(product: Product) -> None:
    """End PostgreSQL without a checkpoint, and start it again."""
    product.postgres.restart_hard()


def fill_disk(product: Product, host: str = "a") -> None:
    """Fill the disk of a host to the last byte, and free it again."""
    disk = network.disk_of(host)
    filler = disk / "filler"
    try:
        with filler.open("wb", buffering=0) as file, suppress(OSError):
            while shutil.disk_usage(disk).free > 0:
                file.write(bytes(65536))
        time.sleep(LASTS_S)
    finally:
        filler.unlink()


STAGES: dict[str, tuple[Fault, ...]] = {
    "order": (kill_worker, kill_host),
    "links": (cut_link, flush_queue, restart_database),
    "disk": (fill_disk,),
}
