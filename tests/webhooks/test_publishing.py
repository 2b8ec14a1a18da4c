"""What is told of a job that ended: its words and its numbers, never a text it made."""

from __future__ import annotations

import pytest

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
