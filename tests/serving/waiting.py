"""Waiting for what happens elsewhere, and doing the jobs that wait."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from jobs.models import Job
from jobs.supervisor import run_job

if TYPE_CHECKING:
    from playwright.sync_api import Page


def wait_until(question: Callable[[], Any], within_s: float = 90) -> Any:
    """The first true answer."""
    deadline = time.monotonic() + within_s
    while not (found := question()):
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.05)
    return found


def work_beside(page: Page) -> None:
    """Work while the page is elsewhere: one that watches a job loads itself anew when it ends,
    in the middle of what follows.
    """
    place = page.url
    page.goto("about:blank")
    work()
    page.goto(place)


def work() -> None:
    """Carry out every job that waits, and those that follow from it, but for serving."""
    while job := Job.objects.filter(state="queued").exclude(kind="serving").order_by("created_at").first():
        run_job(job.pk, worker="w")
        job.refresh_from_db()
        assert job.state == "succeeded", (job.kind, job.error)
