"""Delete run directories of this host that will not be read again. Their artefacts are in storage by then.

A directory goes when its job ended long enough ago, or when the job's row is gone; at once when texts it holds were
erased. What may still be resumed (paused, or failed lately) stays, and so does whatever an engine still works in.
"""

from __future__ import annotations

import logging
import shutil
import threading
import time
from collections.abc import Collection, Iterable
from datetime import timedelta
from functools import partial
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from jobs.kinds import registry
from jobs.lifecycle import parts
from jobs.models import Job
from jobs.rundir import identity
from jobs.states import JobState
from jobs.supervisor import engine_process as engines
from web.db.chunks import chunked
from web.db.keys import uuid_or_none

logger = logging.getLogger(__name__)
EVERY_S = 3600.0
CHUNK = 500
# A directory may be laid a moment before its job's row is committed.
UNKNOWN_FOR_S = 86_400.0
_lock = threading.Lock()
_last_s = float("-inf")


def prune_now_and_then() -> int:
    """`prune`, at most once an hour in this process; returns how many jobs' directories went."""
    global _last_s
    with _lock:
        if time.monotonic() - _last_s < EVERY_S:
            return 0
        _last_s = time.monotonic()
    return prune()


def prune() -> int:
    """Throw away what has had its time; returns of how many jobs. Any number may prune at once."""
    count = 0
    for folders in chunked(_run_folders(Path(settings.RUNS_DIR)), CHUNK):
        wanted_ids = _still_wanted([UUID(folder.name) for folder in folders])
        for folder in folders:
            if UUID(folder.name) not in wanted_ids and _is_at_rest(folder):
                shutil.rmtree(folder, ignore_errors=True)
                count += 1
    if erased_at := Job.objects.aggregate(newest=Max("texts_erased_at"))["newest"]:
        registry.texts_erased(erased_at)
    if count:
        logger.info("Threw away the run directories of %s ended jobs.", count)
    return count


def prune_erased_texts(job_ids: Collection[UUID]) -> None:
    """Have what these jobs' directories hold thrown away, since texts in it were erased.

    On this host once the caller's transaction is committed, on others when they next look, within an hour; of a job
    that has not ended when it has. A failed one starts over when it is resumed.
    """
    if not job_ids:
        return
    # Other hosts hold the same texts for their parts.
    ids = [*job_ids, *parts.ids_of(job_ids)]
    Job.objects.filter(pk__in=ids).update(texts_erased_at=timezone.now())
    transaction.on_commit(partial(_throw_away, ids))


def _throw_away(job_ids: Iterable[UUID]) -> None:
    root = Path(settings.RUNS_DIR)
    for folder in [root / str(job_id) for job_id in job_ids if (root / str(job_id)).is_dir()]:
        if UUID(folder.name) not in _still_wanted([UUID(folder.name)]) and _is_at_rest(folder):
            shutil.rmtree(folder, ignore_errors=True)


def _run_folders(root: Path) -> list[Path]:
    return [path for path in root.iterdir() if path.is_dir() and uuid_or_none(path.name)] if root.is_dir() else []


def _still_wanted(ids: list[UUID]) -> set[UUID]:
    now = timezone.now()
    long_ended = {
        JobState.SUCCEEDED: now - timedelta(days=settings.JOB_KEEP_RUNS_DAYS),
        JobState.CANCELLED: now - timedelta(days=settings.JOB_KEEP_RUNS_DAYS),
        JobState.FAILED: now - timedelta(days=settings.JOB_KEEP_FAILED_RUNS_DAYS),
    }
    wanted_ids = set()
    jobs = Job.objects.filter(pk__in=ids).values_list("pk", "state", "finished_at", "texts_erased_at")
    for pk, state, finished_at, texts_erased_at in jobs:
        limit = long_ended.get(JobState(state))
        if limit is None or (texts_erased_at is None and (finished_at is None or finished_at > limit)):
            wanted_ids.add(pk)
    return wanted_ids


def why_no_log(job: Job) -> str:
    """Return why the log of a job that ran is not on this host, in a sentence."""
    kind = registry.KINDS.get(job.kind)
    if kind is not None and kind.engine_module is None:
        return "This job writes no log."
    if not _still_wanted([job.pk]):
        return "The log was deleted."
    return "There is no log." if job.host_id == identity.host_id() else f"The log is on the host {job.host_id}."


def _is_at_rest(folder: Path) -> bool:
    """Return whether no engine of this job runs here.

    A recent folder without a row is not at rest, since the row may be late. One that another worker has thrown away
    meanwhile needs nothing more.
    """
    try:
        if time.time() - folder.stat().st_mtime < UNKNOWN_FOR_S and not Job.objects.filter(pk=folder.name).exists():
            return False
        return not any(engines.find(attempt) for attempt in folder.iterdir() if attempt.is_dir())
    except FileNotFoundError:
        return False
