"""Tasks of all stages, and a campaign to one contact."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from campaigns.models import Campaign
from campaigns.pipelines import compose
from campaigns.pipelines.compose import StagePlan
from campaigns.planning.plans import ArmPlan
from campaigns.sending import lifecycle
from members.models import Member
from review.models import Record, Task
from tests.campaigns import factories
from tests.campaigns.pipeline.claims.claim_rows import (
    PAGE,
)


@pytest.fixture
def start(task: Task, lead: Member, records: list[Record]) -> Callable[..., Campaign]:
    """Launch a campaign to one contact with a pipeline of these stages."""

    def launch(*stages: StagePlan, **values: Any) -> Campaign:
        notes = {**records[0].facts, "notes": PAGE, "goal": "https://co0.example/news"}
        Record.objects.filter(pk=records[0].pk).update(facts=notes)
        factories.make_people(task, records[:1])
        version = compose.create(task, name="Spring", slug="spring", stages=stages, by=lead)
        campaign = factories.make_draft_campaign(task, by=lead, arms=[ArmPlan("A", pipeline=version)], **values)
        return lifecycle.launch(campaign, by=lead)

    return launch
