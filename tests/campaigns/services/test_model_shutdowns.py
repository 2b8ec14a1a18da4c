"""A campaign warns of the models of its arms that are shut down soon, on each of its pages and in the API."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from campaigns.models import Arm
from generation.models import PriceEntry, Teacher
from members.models import Member
from tests.campaigns.factories import make_plain_campaign
from tests.review.factories import make_task

pytestmark = pytest.mark.django_db


def test_a_campaign_warns_of_the_models_of_its_arms(admin: Member, as_member: Any) -> None:
    day = timezone.localdate() + timedelta(days=10)
    PriceEntry.objects.filter(model="gpt-4o").update(shutdown_date=day)
    paid = Teacher.objects.create(slug="paid", name="Paid", provider="openai", model="gpt-4o")
    task = make_task(by=admin)
    warned, calm = make_plain_campaign(task), make_plain_campaign(task, slug="second")
    Arm.objects.create(campaign=warned, name="A", teacher=paid)
    page, words = as_member(admin), "gpt-4o is shut down on"

    for name in ("campaigns:detail", "campaigns:mails"):
        assert words in page.get(reverse(name, args=[warned.slug])).content.decode()
        assert words not in page.get(reverse(name, args=[calm.slug])).content.decode()
    told = page.get(f"/api/v1/campaigns/{warned.slug}/").json()["shutdowns"]
    assert [(each["model"], each["shutdown_date"]) for each in told] == [("gpt-4o", day.isoformat())]
    assert page.get(f"/api/v1/campaigns/{calm.slug}/").json()["shutdowns"] == []
