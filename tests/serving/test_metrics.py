"""What Prometheus is told of miniatures that answer."""

from __future__ import annotations

from datetime import UTC, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from serving.models import Usage


# A scrape reads on a connection of its own, which it closes.
@pytest.mark.django_db(transaction=True)
def test_answers_tokens_and_seconds_of_this_day_are_told(miniature, settings):
    settings.METRICS_TOKEN = "only-for-scrapes"
    today = timezone.now().astimezone(UTC).date()
    # The day may end meanwhile.
    for day, requests in ((today, 4), (today + timedelta(days=1), 4), (today - timedelta(days=1), 1000)):
        Usage.objects.create(
            day=day, miniature=miniature, token="page", requests=requests, errors=1, prompt_tokens=60,
            completion_tokens=80, seconds=16.5,
        )  # fmt: skip

    told = Client().get("/metrics", headers={"Authorization": "Bearer only-for-scrapes"}).content.decode()

    assert {line for line in told.splitlines() if line.startswith("miniatures_serving_")} == {
        "miniatures_serving_requests_today 4",
        "miniatures_serving_errors_today 1",
        'miniatures_serving_tokens_today{direction="input"} 60',
        'miniatures_serving_tokens_today{direction="output"} 80',
        "miniatures_serving_seconds_today 16.5",
    }
