"""A campaign with a holdout arm, planned and launched."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from campaigns.experiments import register
from campaigns.models import (
    Campaign,
)
from campaigns.sending import lifecycle
from members.models import Member
from review.models import Task
from tests.campaigns import factories
from tests.campaigns.holdout.holdout_rows import MEETINGS, draft
from tests.review import factories as desk


@pytest.fixture
def planned(task: Task, lead: Member) -> Campaign:
    factories.make_people(task, desk.make_records(desk.make_source(task), 12))
    return draft(task, lead)


@pytest.fixture
def launched(planned: Campaign, lead: Member) -> Campaign:
    register.register(planned, MEETINGS, by=lead)
    lifecycle.launch(planned, by=lead)
    Campaign.objects.filter(pk=planned.pk).update(launched_at=timezone.now() - timedelta(days=2))
    return Campaign.objects.get(pk=planned.pk)


@pytest.fixture
def api(lead: Member) -> APIClient:
    client = APIClient()
    client.force_authenticate(lead)
    return client
