"""Hosts that are there: rows their own workers renew. What is asked of one is asked of its row, never of its disk."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Final

from django.conf import settings
from django.db.models import QuerySet
from django.db.models.functions import Now

from audit import trail
from jobs.models import Host
from jobs.rundir import identity
from jobs.rundir.durable import write_durably
from jobs.rundir.machine import Machine
from jobs.scheduling.clock import database_time_in
from jobs.scheduling.workers import MISSED_BEATS
from members import session
from members.models import Member

# In the folder of run directories: the machine it belongs to.
OWNER: Final = ".machine"
# Between the name of a queue and the host whose workers alone read it.
OF_HOST: Final = "@"
FORGET_AFTER: Final = timedelta(days=30)


def register(host_id: str, *, boot_id: str, machine: Machine, disk: tuple[int, int], problem: str = "") -> Host:
    """Write down a host as its worker has found it, and that it is there now.

    Hosts not seen for a month are forgotten, unless they are drained.

    Args:
        host_id: As `jobs.rundir.identity` names it.
        boot_id: Of the machine it is, or is a container on.
        disk: Bytes of the disk for run directories, all and free.
        problem: Why its workers take no jobs.
    """
    values = {
        "name": machine.name,
        "boot_id": boot_id,
        "gpus": machine.gpus,
        "cores": machine.cores,
        "memory_bytes": machine.memory_bytes,
        "versions": machine.versions,
        "disk_bytes": disk[0],
        "disk_free_bytes": disk[1],
        "problem": problem[:300],
        "seen_at": Now(),
    }
    host = Host.objects.update_or_create(id=host_id, defaults=values)[0]
    long_ago = database_time_in(-FORGET_AFTER.total_seconds())
    Host.objects.filter(seen_at__lt=long_ago, is_draining=False).delete()
    return host


def record_seen(host_id: str, *, boot_id: str, disk_free_bytes: int) -> bool:
    """Say that a registered host is there; False where its row has gone, or is that of another boot."""
    mine = Host.objects.filter(pk=host_id, boot_id=boot_id)
    return bool(mine.update(seen_at=Now(), disk_free_bytes=disk_free_bytes))


def has_twin(host_id: str, *, boot_id: str) -> bool:
    """Return whether another machine has registered under the id of this one, which was registered before."""
    is_named = not boot_id.startswith(identity.BY_CLOCK)
    return is_named and Host.objects.filter(pk=host_id).exclude(boot_id=boot_id).exists()


def present() -> QuerySet[Host]:
    """Hosts that have said so within three beats of a worker."""
    return Host.objects.filter(seen_at__gt=database_time_in(-MISSED_BEATS * settings.WORKER_BEAT_S - 2))


def present_ids() -> set[str]:
    return set(present().values_list("pk", flat=True))


def drain(host_id: str, *, by: Member, is_draining: bool) -> Host | None:
    """Have a host take no more jobs, or take some again; those it holds end where they are.

    Returns:
        The host; None where there is none of that name.

    Raises:
        PermissionDenied: Not an admin.
    """
    session.require_admin(by, "Only an admin can drain hosts.")
    host = Host.objects.filter(pk=host_id).first()
    if host is None or host.is_draining == is_draining:
        return host
    Host.objects.filter(pk=host_id).update(is_draining=is_draining)
    trail.record("host_drained" if is_draining else "host_undrained", by=by, about=host, name=host.name)
    host.refresh_from_db()
    return host


def queue_of(queue: str, host_id: str) -> str:
    """Name of the queue by which workers of one host are rung for, within the length of a job's column."""
    return f"{queue}{OF_HOST}{hashlib.sha256(host_id.encode()).hexdigest()[:12]}"


def names(host_ids: Iterable[str]) -> dict[str, str]:
    """Return names of hosts by id, with one query; a host without a row goes by its id."""
    ids = set(host_ids)
    return {each: each for each in ids} | dict(Host.objects.filter(pk__in=ids).values_list("pk", "name"))


def obstacle(host_id: str) -> str:
    """Why a host's workers take no jobs now; empty where they do."""
    host = Host.objects.filter(pk=host_id).only("name", "problem", "is_draining").first()
    if host is None:
        return ""
    return host.problem or (f"the host {host.name} is being drained" if host.is_draining else "")


def claim_run_folder(folder: Path, *, host_id: str, boot_id: str) -> str:
    """Claim the folder of run directories for this machine, or say why it cannot be.

    Two machines on one folder would read each other's half-written checkpoints. Containers of one machine may share it:
    they see each other's files at once.

    Args:
        folder: Of run directories; made where it is missing.
        host_id: Of this host, whose folder it stays after a boot.
        boot_id: Of this machine.

    Returns:
        What is wrong, as a sentence; empty where the folder is this machine's.
    """
    folder.mkdir(parents=True, exist_ok=True)
    owner = folder / OWNER
    owner_id = owner.read_text().strip() if owner.exists() else ""
    others = present().filter(boot_id=owner_id).exclude(pk=host_id)
    if owner_id and owner_id != boot_id and (other := others.first()):
        return f"its folder {folder} is in use by the host {other.name}: give each host a VAR_DIR of its own"
    if owner_id != boot_id:
        write_durably(owner, boot_id.encode())
    return ""
