"""Backups made on host A while its disk fills up: nothing half-written stays, the former one does, and the next is good."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.drill import faults, network
from benchmarks.drill.product import Product, run
from benchmarks.drill.record import Counts
from benchmarks.drill.services import wait_for

GOLDS = 1000
STUCK_AFTER_S = 120


class BackupDrill:
    """A good backup first; then a round's backup fails, and the next one comes back in its trial restore."""

    def __init__(self, product: Product) -> None:
        from benchmarks.freezing import judged_task
        from members.models import Member
        from review.datasets import freezing, write_version

        admin = Member.objects.create(username="ada", is_superuser=True, is_staff=True)
        dataset = freezing.create(judged_task(GOLDS, admin), name="Drill", by=admin)
        version = freezing.freeze(dataset, by=admin)
        write_version.seal(version.pk, write_version.write(version.pk, report=lambda done, total: None))
        self.product, self.made = product, 0
        self.folder = network.disk_of("a") / "backups"
        self.former = self.folder / "former.tar"
        said = self.back_up(self.former)
        if "is verified" not in said:
            raise RuntimeError(f"The backup that nothing disturbed failed: {said}")
        self.bytes = self.former.read_bytes()

    def round(self, number: int) -> Counts:
        """Fill the disk, once while files are copied and once while they are packed; then back up in peace."""
        target = self.folder / f"{number}.tar"
        counts, began = Counts(rounds=1), time.monotonic()
        said = (self.fail_packing if number % 2 else self.fail_copying)(target)
        print(said, flush=True)
        left = sorted(path.name for path in self.folder.iterdir())
        counts.wrong = int("filled up while the backup was written" not in said or left != [self.former.name])
        counts.lost = int(self.former.read_bytes() != self.bytes)
        said = self.back_up(target)
        counts.stuck = int("is verified" not in said)
        counts.acknowledged = 1 - counts.stuck
        counts.recovered_s.append(time.monotonic() - began)
        if counts.stuck or counts.wrong:
            print(said, left, flush=True)
        target.unlink(missing_ok=True)
        return counts

    def fail_copying(self, target: Path) -> str:
        """Fill the disk to the last byte once the backup has begun; returns what was said."""
        return self.back_up(target, meanwhile=lambda: self.fill_when_begun(target))

    def fill_when_begun(self, target: Path) -> None:
        wait_for(lambda: any(self.folder.glob(f".{target.name}.part-*")), "a backup under way", STUCK_AFTER_S)
        faults.fill_disk(self.product)

    def fail_packing(self, target: Path) -> str:
        """Leave room for the pieces, and for half of them packed; returns what was said."""
        with faults.filled("a", but_for_bytes=len(self.bytes) * 3 // 2):
            return self.back_up(target)

    def back_up(self, target: Path, *, meanwhile: Callable[[], None] = lambda: None) -> str:
        """Run the command on host A; returns what it said."""
        self.made += 1
        name = f"backup-{self.made}"
        process = run(name, "django", "backup", str(target), host="a")
        meanwhile()
        process.wait(STUCK_AFTER_S)
        return (network.FOLDER / f"{name}.log").read_text()
