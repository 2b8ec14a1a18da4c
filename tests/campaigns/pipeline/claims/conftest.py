"""Tasks of all stages, and a campaign to one contact."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from campaigns.models import Campaign
from campaigns.pipelines import compose
from campaigns.pipelines.compose import StagePlan
from campaigns.planning.edit import ArmPlan
from campaigns.sending import lifecycle
from members.models import Member
from review.models import Record, Task
from review.states import Role
from tests.campaigns import factories, stage_rows
from tests.campaigns.pipeline.claims.claim_rows import (
    PAGE,
)
from tests.review import factories as desk


@pytest.fixture
def tasks(lead: Member, admin: Member) -> dict[str, Task]:
    made = stage_rows.make_tasks(by=admin)
    for each in made.values():
        desk.join(lead, each, Role.LEAD)
    return made


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
