"""A worker's host written down: looked at once, then said to be there with every beat."""

from __future__ import annotations

import logging
from pathlib import Path

from django.conf import settings

from jobs.rundir import machine
from jobs.rundir.machine import Machine
from jobs.services import hosts

logger = logging.getLogger(__name__)


class Registration:
    """What this process knows of its host; called from one thread."""

    def __init__(self) -> None:
        self._machine: Machine | None = None

    def tell(self, host_id: str, boot_id: str) -> None:
        """Register the host the first time and after its row has gone; otherwise say that it is there."""
        folder = Path(settings.RUNS_DIR)
        folder.mkdir(parents=True, exist_ok=True)
        disk = machine.disk(folder)
        if self._machine is not None and hosts.seen(host_id, disk_free_bytes=disk[1]):
            return
        self._machine = machine.look()
        problem = hosts.own_folder(folder, boot_id=boot_id)
        if problem:
            logger.error("This host takes no jobs: %s.", problem)
        hosts.register(host_id, boot_id=boot_id, machine=self._machine, disk=disk, problem=problem)


REGISTRATION = Registration()
