"""What is told of a job that ended: its words and its numbers, never a text it made."""

from __future__ import annotations

import pytest
from django.utils import timezone

from jobs.models import Job
from webhooks.deliveries import publish
from webhooks.models import WebhookEvent

pytestmark = pytest.mark.django_db


def test_the_numbers_a_job_came_to_are_told_and_its_texts_are_not():
    result = {
        "validation_loss": 0.61,
        "steps": 8,
        "outputs": ["canary"],
        "device": "canary",
        "done": True,
        "rank": None,
    }
    job = Job.objects.create(kind="training", title="Run 3", state="succeeded", result=result)

    publish.job_finished(job)

    told = WebhookEvent.objects.get().data
    assert told["figures"] == {"validation_loss": 0.61, "steps": 8}
    assert "canary" not in str(told)


def test_a_job_that_failed_has_no_figures():
    job = Job.objects.create(kind="training", title="Run 3", state="failed", error={"code": "x", "message": "m"})

    publish.job_finished(job)

    assert WebhookEvent.objects.get().data["figures"] == {}


def test_a_job_that_was_resumed_tells_its_next_end_too(task, make_hook):
    hook, _ = make_hook()
    job = Job.objects.create(
        kind="training", task_slug=task.slug, title="Run 3", state="failed", finished_at=timezone.now()
    )
    publish.job_finished(job)
    publish.job_finished(job)
    # It is resumed, and ends again.
    job.state, job.finished_at = "succeeded", timezone.now()
    publish.job_finished(job)

    told = WebhookEvent.objects.order_by("created_at")
    assert [event.data["state"] for event in told] == ["failed", "succeeded"]
    assert hook.deliveries.count() == 2
