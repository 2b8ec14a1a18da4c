"""A campaign of a fixed text, half of whose companies get nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from campaigns.experiments.design import ExperimentRequest
from campaigns.models import (
    Campaign,
    Enrolment,
)
from campaigns.planning.plans import ArmPlan, StepPlan
from campaigns.states import Claim, Metric, StepWriter
from members.models import Member
from review.models import Task
from tests.campaigns import experiment_rows, factories

URL = "/api/v1/outcomes/"


ARMS = [ArmPlan("Mailed", is_control=False), ArmPlan("Nothing", is_control=True, is_holdout=True)]


STEPS = [StepPlan(StepWriter.TEMPLATE, 0, "Hello", "How is the new depot doing?")]


MEETINGS = ExperimentRequest(
    **{**experiment_rows.SAID, "metric": Metric.MEETING, "claim": Claim.BETTER, "margin": 0.02}
)


def draft(task: Task, lead: Member, *, slug: str = "held", **values: Any) -> Campaign:
    """A draft of a fixed text, half of whose companies get nothing; the same halves in every run."""
    plan = {"arms": ARMS, "steps": STEPS, "approval": "sample", "sample_share": 0.0, **values}
    made = factories.make_draft_campaign(task, by=lead, slug=slug, **plan)
    Campaign.objects.filter(pk=made.pk).update(salt="salt of a holdout")
    return Campaign.objects.get(pk=made.pk)


def silent(campaign: Campaign) -> list[Enrolment]:
    return list(Enrolment.objects.filter(campaign=campaign, arm__is_holdout=True).order_by("pk"))


def told(enrolment: Enrolment, kind: str = "meeting", *, hours: int = 1, **more: Any) -> dict[str, Any]:
    at = timezone.now() - timedelta(hours=hours)
    named = {"contact": str(enrolment.contact_id), "campaign": enrolment.campaign.slug}
    return {**named, "kind": kind, "at": at.isoformat(), **more}
