"""Versions frozen on host A while something is broken there or at home: each ends with the very files of one that nothing disturbed."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from benchmarks.drill import clock, faults, following, network
from benchmarks.drill.product import Product
from benchmarks.drill.record import Counts
from benchmarks.drill.services import wait_for

if TYPE_CHECKING:
    from review.models import DatasetVersion

GOLDS, VERSIONS = 3000, 4
STUCK_AFTER_S = 120


def skew_clock(product: Product) -> None:
    """Set the host's clock three hours ahead for a while."""
    clock.set_clock("a", "+3h")
    time.sleep(faults.LASTS_S)
    clock.set_clock("a", "+0")


FAULTS: tuple[faults.Fault, ...] = (
    faults.fill_disk, faults.cut_link, faults.kill_worker, faults.restart_database, faults.flush_queue, skew_clock,
)  # fmt: skip


class FreezingDrill:
    """Versions of one dataset, some a round, the first of all undisturbed."""

    def __init__(self, product: Product) -> None:
        from benchmarks.freezing import judged_task
        from members.models import Member
        from review.datasets import freezing

        self.product, self.faults = product, FAULTS
        self.admin = Member.objects.create(username="ada", is_superuser=True, is_staff=True)
        self.dataset = freezing.create(judged_task(GOLDS, self.admin), name="Drill", by=self.admin)
        # Files are written there before they go to the storage.
        folder = network.disk_of("a") / "tmp"
        folder.mkdir()
        product.more["a"] = {"TMPDIR": str(folder)}
        clock.fake_clocks(product, "a")
        product.start_worker("a")
        self.undisturbed = self.launch()
        if not self.follow(self.undisturbed, Counts(), began=time.monotonic()):
            raise RuntimeError("The version that nothing disturbed was not frozen.")

    def round(self, number: int) -> Counts:
        """Freeze versions, make a fault once one is being written, and hold what comes of them against the first."""
        versions = [self.launch() for _ in range(VERSIONS)]
        wait_for(lambda: any(map(is_under_way, versions)), "the first rows", STUCK_AFTER_S)
        counts, began = Counts(rounds=1), time.monotonic()
        fault = self.faults[number % len(self.faults)]
        print(fault.__name__, flush=True)
        fault(self.product)
        for version in versions:
            counts.stuck += not self.follow(version, counts, began=began)
            self.count(version, counts)
        return counts

    def count(self, version: DatasetVersion, counts: Counts) -> None:
        """Count the rows of a version against those of the undisturbed one, and compare their files."""
        rows, expected = (each.rows.count() for each in (version, self.undisturbed))
        counts.acknowledged += rows
        counts.lost += max(0, expected - rows)
        counts.doubled += max(0, rows - expected)
        counts.wrong += version.content_hash != self.undisturbed.content_hash
        print(f"v{version.number}: {rows} rows after {version.job.attempts} attempts", flush=True)

    def launch(self) -> DatasetVersion:
        from review.datasets import freezing

        return freezing.freeze(self.dataset, by=self.admin)

    def follow(self, version: DatasetVersion, counts: Counts, *, began: float) -> bool:
        """Watch a version until it is frozen; returns whether it was in time."""

        def is_frozen() -> bool:
            version.refresh_from_db()
            return version.is_frozen

        assert version.job is not None
        following.follow(version.job, counts, by=self.admin, has_moved=is_frozen, began=began, within_s=STUCK_AFTER_S)
        return is_frozen()


def is_under_way(version: DatasetVersion) -> bool:
    """Whether some of a version's rows are written and others are not."""
    assert version.job is not None
    version.job.refresh_from_db()
    return version.job.state == "running" and bool(version.job.progress)
