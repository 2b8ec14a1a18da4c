"""What an hour of people costs in a task: who sets it, and volumes that are none."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse

from members.models import Member
from review.models import Task
from serving.costs import rates
from web.errors import Refusal

pytestmark = pytest.mark.django_db


def test_the_hourly_rate_is_a_leads_and_is_kept(
    task: Task, lead: Member, viewer: Member, as_member: Any, settings: Any
) -> None:
    settings.PERSON_USD_PER_HOUR = 40
    url = reverse("serving:costs", args=[task.slug])

    assert rates.rate_of(task) == 40
    with pytest.raises(PermissionDenied):
        rates.set_rate(task, Decimal(5), by=viewer)
    with pytest.raises(Refusal):
        rates.set_rate(task, Decimal("NaN"), by=lead)
    assert as_member(lead).post(url, {"usd_per_hour": "52.50"}).status_code == 302
    assert rates.rate_of(task) == Decimal("52.50")
    told = as_member(lead).put(
        reverse("api-task-costs", args=[task.slug]), json.dumps({"usd_per_hour": "60"}), content_type="application/json"
    )
    assert told.json()["usd_per_hour"] == "60.00"


@pytest.mark.parametrize("volume", ["-1", "x", "100000001"])
def test_a_volume_that_is_none_is_refused_with_the_page_as_it_stands(
    task: Task, viewer: Member, as_member: Any, volume: str
) -> None:
    page = as_member(viewer)

    assert page.get(reverse("serving:costs", args=[task.slug]), {"volume": volume}).status_code == 400
    assert page.get(reverse("api-task-costs", args=[task.slug]), {"volume": volume}).status_code == 400
