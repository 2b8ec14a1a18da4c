"""Logs and reports of workers and the beat: the installation's format, and the request that a message comes from."""

from __future__ import annotations

import logging
import threading
import time
import warnings
from typing import Any

from celery.exceptions import CPendingDeprecationWarning
from celery.signals import (
    beat_init,
    before_task_publish,
    celeryd_after_setup,
    setup_logging,
    task_postrun,
    task_prerun,
    worker_init,
)

from miniatures_site import reporting
from web.logs import context, spans

_began = threading.local()


@setup_logging.connect
def keep_settings(loglevel: int | str = logging.INFO, **_: Any) -> None:
    """Leave the log as settings have it; Celery would give it a format of its own, with secrets."""
    logging.getLogger("celery").setLevel(loglevel)


@celeryd_after_setup.connect
def hide_outlook(**_: Any) -> None:
    """Hide what a later Celery will do, which its logging shows at each lost connection, in six lines."""
    warnings.filterwarnings("ignore", category=CPendingDeprecationWarning)


@before_task_publish.connect
def send_request_id(headers: dict[str, Any] | None = None, **_: Any) -> None:
    """Send the id of the request that a message comes from along with it."""
    if headers is not None and (request_id := context.request_id()):
        headers["request_id"] = request_id


@task_prerun.connect
def name_task(task: Any, **_: Any) -> None:
    """Name the task, and the request it comes from, in each line that is logged meanwhile."""
    context.clear()
    context.bind(task=task.name, request_id=getattr(task.request, "request_id", None))
    _began.at_s = time.perf_counter()


@task_postrun.connect
def forget_task(task: Any, state: str | None = None, **_: Any) -> None:
    """Record the task's span, and leave the thread's next lines to its next task."""
    seconds = time.perf_counter() - getattr(_began, "at_s", time.perf_counter())
    spans.ended(task.name, seconds=seconds, attributes={**context.fields(), "state": state or ""})
    context.clear()


@worker_init.connect
def report_worker(**_: Any) -> None:
    """Report a worker's faults where settings name whom."""
    reporting.start("worker")


@beat_init.connect
def report_beat(**_: Any) -> None:
    """Report the beat's faults where settings name whom."""
    reporting.start("beat")
