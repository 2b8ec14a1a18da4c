"""Saving a draft campaign changes what was changed: all else stays as it was."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.forms import Form
from django.test import Client

from campaigns.models import Campaign, ContactImport
from campaigns.planning import audience, plans
from campaigns.planning.plans import ArmPlan, StepPlan
from campaigns.states import StepWriter
from generation.models import Teacher
from members.models import Member
from review.models import Task
from tests.campaigns import factories

pytestmark = pytest.mark.django_db
AsMember = Callable[[Member], Client]


def sent_back(form: Form) -> dict[str, Any]:
    """Return what a browser sends of a form that nobody touched."""
    values = {field.name: field.value() for field in form}
    return {name: value for name, value in values.items() if value not in (None, False)}


def plan_of(campaign: Campaign) -> dict[str, Any]:
    campaign = Campaign.objects.get(pk=campaign.pk)
    return {
        **{name: getattr(campaign, name) for name in plans.OWN},
        "days_off": campaign.days_off,
        "audience": campaign.audience,
        "arms": list(campaign.arms.order_by("position").values_list("name", "weight", "is_control", "teacher")),
        "steps": list(campaign.steps.values_list("number", "writer", "wait_s", "same_thread", "subject", "body")),
        "links": dict(campaign.links.values_list("name", "url")),
    }


@pytest.mark.parametrize(
    "values",
    [
        {"contact_cap": 1, "max_complaints": 0.0005, "max_bounces": 0.02, "max_unsubscribes": 0.01},
        {"sample_share": 0.125},
        {"is_simulated": True},
        {"links": {"Demo": "https://tidewell.example/demo"}},
    ],
)
def test_the_form_keeps_what_nobody_changed(
    task: Task, lead: Member, as_member: AsMember, values: dict[str, Any]
) -> None:
    draft = factories.make_draft_campaign(task, by=lead, **values)
    before, browser, url = plan_of(draft), as_member(lead), f"/campaigns/{draft.slug}/edit/"

    answer = browser.post(url, {**sent_back(browser.get(url).context["form"]), "name": "Autumn"})

    assert answer.status_code == 302
    assert plan_of(draft) == {**before, "name": "Autumn"}


def test_the_form_keeps_all_arms_and_waits_of_an_hour(task: Task, lead: Member, as_member: AsMember) -> None:
    offline = Teacher.objects.get(slug="offline")
    arms = [ArmPlan(f"Arm {n}", teacher=offline, weight=n, is_control=n == 6) for n in range(1, 7)]
    steps = [StepPlan(), StepPlan(StepWriter.TEMPLATE, 3600, "Again", "Me again.")]
    draft = factories.make_draft_campaign(task, by=lead, arms=arms, steps=steps)
    before, browser, url = plan_of(draft), as_member(lead), f"/campaigns/{draft.slug}/edit/"

    answer = browser.post(url, sent_back(browser.get(url).context["form"]))

    assert answer.status_code == 302
    assert plan_of(draft) == before


def test_the_form_keeps_whom_a_draft_leaves_out(
    task: Task, lead: Member, as_member: AsMember, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audience, "OFFERED", 1)
    batch, _ = [ContactImport.objects.create(task=task, filename=name, rows_added=2) for name in ("old", "new")]
    factories.make_draft_campaign(task, by=lead, slug="prepared-too")
    chosen = {"import": str(batch.pk), "except_mailed_by": ["prepared-too"]}
    draft = factories.make_draft_campaign(task, by=lead, audience=chosen)
    browser, url = as_member(lead), f"/campaigns/{draft.slug}/edit/"

    answer = browser.post(url, sent_back(browser.get(url).context["form"]))

    assert answer.status_code == 302
    assert plan_of(draft)["audience"] == chosen
