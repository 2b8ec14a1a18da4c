"""Miniatures of other tasks: none writes a task's mails, and nobody is led to one that is not theirs to see."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from rest_framework.test import APIClient

from campaigns.models import Arm, Campaign, Pipeline
from campaigns.overview.forms import CampaignForm
from campaigns.pipelines import compose, stage_quality
from campaigns.pipelines.compose import StagePlan
from campaigns.states import StageKind
from evaluation.evaluations.run_inputs import tuned_name
from evaluation.models import Evaluation
from generation.models import Teacher
from members.models import Member
from review.models import Task
from review.states import Role, Split
from tests.campaigns import factories
from tests.campaigns.routed_rows import small
from tests.campaigns.shared_miniature import admin, lead, miniature, miniature_of_the_module, task
from tests.review import factories as desk
from training.models import Miniature
from web.errors import Refusal

__all__ = ["admin", "lead", "miniature", "miniature_of_the_module", "small", "task"]

pytestmark = pytest.mark.django_db
Api = Callable[[Member], APIClient]
SHARE = {"mean": 0.5, "low": 0.4, "high": 0.6, "n": 100}


@pytest.fixture
def other(admin: Member, lead: Member) -> Task:
    """Another task of the lead's."""
    made = desk.make_task(by=admin, slug="other")
    desk.join(lead, made, Role.LEAD)
    return made


def test_a_campaign_takes_no_miniature_of_another_task(
    other: Task, task: Task, small: Teacher, lead: Member, api_as: Api
) -> None:
    body: dict[str, Any] = {"name": "Spring", "arms": [{"name": "A", "teacher": small.slug}]}

    refused = api_as(lead).post("/api/v1/campaigns/", {**body, "task": other.slug}, format="json")
    taken = api_as(lead).post("/api/v1/campaigns/", {**body, "task": task.slug}, format="json")

    assert (refused.status_code, refused.json()["code"]) == (422, "campaign_invalid")
    assert refused.json()["errors"] == {"arms": [f"{small.name} is a miniature of another task."]}
    assert (taken.status_code, Arm.objects.get().miniature_id is not None) == (201, True)


def test_a_stage_takes_no_miniature_of_another_task(other: Task, small: Teacher, lead: Member) -> None:
    stage = StagePlan("write", StageKind.WRITE, other, small)

    with pytest.raises(Refusal) as refused:
        compose.create(other, name="Spring", stages=[stage], by=lead)

    assert refused.value.errors == {"stages.0.teacher": [f"{small.name} is a miniature of another task."]}
    assert not Pipeline.objects.exists()


def test_no_miniature_classifies_replies(task: Task, small: Teacher, lead: Member, as_member: Any) -> None:
    with pytest.raises(Refusal) as refused:
        factories.make_draft_campaign(task, by=lead, reply_teacher=small)
    page = as_member(lead).get(f"/tasks/{task.slug}/campaigns/new/")

    assert refused.value.errors == {"reply_teacher": [f"{small.name} is a miniature: it writes for its task alone."]}
    assert not Campaign.objects.exists()
    form: CampaignForm = page.context["form"]
    assert small.slug in str(form["arm_1_teacher"])
    assert small.slug not in str(form["reply_teacher"])
    assert "offline" in str(form["reply_teacher"])


def test_a_stages_quality_leads_to_its_miniature_whoever_sees_that(
    miniature: Miniature, small: Teacher, lead: Member, make_member: Callable[..., Member]
) -> None:
    scores = {"judged_by": "passes_all", "systems": {tuned_name(miniature.run): {"passes_all": SHARE}}}
    version = miniature.run.dataset_version
    Evaluation.objects.create(
        task=miniature.task, run=miniature.run, dataset_version=version, task_version=miniature.run.task_version,
        split=Split.TEST, summary=scores,
    )  # fmt: skip

    for_lead = stage_quality.of_teachers([small], lead)[small.pk]
    for_stranger = stage_quality.of_teachers([small], make_member("sam"))[small.pk]

    assert for_lead.url == f"/miniatures/{miniature.pk}/"
    assert for_stranger == replace(for_lead, url="")
