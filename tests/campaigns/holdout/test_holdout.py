"""A holdout arm: its contacts get nothing, and are counted as assigned."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from rest_framework.test import APIClient

from campaigns.models import (
    Campaign,
    Enrolment,
    Message,
    Pipeline,
    PipelineVersion,
    Stage,
)
from campaigns.planning import audience, forecast
from campaigns.planning.plans import ArmPlan
from campaigns.sending import contact_caps, lifecycle, tick
from campaigns.states import CampaignState, HoldReason, MessageState, StageKind, StepWriter
from members.models import Member
from review.models import Task
from tests.campaigns import factories
from tests.campaigns.holdout.holdout_rows import draft, silent
from web.errors import Refusal

pytestmark = pytest.mark.django_db


def test_a_launch_assigns_the_holdout_and_plans_no_mail_for_it(launched: Campaign) -> None:
    tick.advance_all()

    assert Enrolment.objects.filter(campaign=launched).count() == 12
    assert 2 <= len(silent(launched)) <= 10
    assert not Message.objects.filter(enrolment__in=silent(launched)).exists()
    assert Message.objects.filter(campaign=launched).count() == 12 - len(silent(launched))


def test_a_dry_run_counts_its_contacts_and_has_nothing_written_for_them(planned: Campaign, lead: Member) -> None:
    mailed, nothing = forecast.forecast_of(planned).arms

    assert mailed.contacts + nothing.contacts == 12
    assert (nothing.drafts, nothing.estimate) == (0, None)


@pytest.mark.parametrize(
    ("arms", "message"),
    [
        ([ArmPlan("A", is_holdout=True)], "add one that is mailed"),
        ([ArmPlan("A"), ArmPlan("B", is_holdout=True), ArmPlan("C", is_holdout=True)], "At most one arm"),
    ],
)
def test_a_holdout_that_compares_nothing_is_refused(
    task: Task, lead: Member, arms: list[ArmPlan], message: str
) -> None:
    with pytest.raises(Refusal) as refused:
        factories.make_draft_campaign(task, by=lead, arms=arms)

    assert message in refused.value.errors["arms"][0]


def test_its_contacts_may_be_left_alone_by_every_campaign_until_it_ends(launched: Campaign, lead: Member) -> None:
    held = {enrolment.contact_id for enrolment in silent(launched)}
    other = draft(launched.task, lead, slug="other", arms=[ArmPlan("A")])

    def written_to() -> set[Any]:
        return set(audience.contacts_matching(other).values_list("pk", flat=True))

    assert held <= written_to()
    Campaign.objects.filter(pk=launched.pk).update(holds_out_everywhere=True)
    assert not held & written_to()
    lifecycle.end(launched, by=lead)
    assert held <= written_to()


def test_a_mail_of_a_campaign_begun_before_is_held_while_its_reader_is_held_out(
    launched: Campaign, lead: Member
) -> None:
    Campaign.objects.filter(pk=launched.pk).update(holds_out_everywhere=True)
    earlier = factories.make_plain_campaign(launched.task, slug="earlier")
    mail = factories.make_mail(earlier, silent(launched)[0].contact, state=MessageState.APPROVED)
    now = timezone.now()

    held = contact_caps.hold_of(mail, earlier, now=now)
    Campaign.objects.filter(pk=launched.pk).update(state=CampaignState.ENDED)

    assert held is not None
    assert (held.reason, held.until) == (HoldReason.HOLDOUT, now + timedelta(days=1))
    assert contact_caps.hold_of(mail, earlier, now=now) is None


def test_a_pipeline_that_needs_no_records_needs_none_beside_a_holdout_either(task: Task, lead: Member) -> None:
    made = draft(task, lead)
    made.steps.update(writer=StepWriter.MODEL)
    pipeline = Pipeline.objects.create(task=task, slug="bare", name="From a bare domain", created_by=lead)
    version = PipelineVersion.objects.create(pipeline=pipeline, number=1, created_by=lead)
    mapped = {"company": "contact.company"}
    Stage.objects.create(version=version, position=1, name="write", kind=StageKind.WRITE, inputs=mapped)
    made.arms.filter(is_holdout=False).update(pipeline=version)

    assert audience.needs_records(made) is False
    made.arms.update(is_holdout=False)
    assert audience.needs_records(made) is True


def test_the_form_makes_and_keeps_a_holdout(task: Task, lead: Member, as_member: Any) -> None:
    page = as_member(lead)
    made = draft(task, lead)

    form = page.get(reverse("campaigns:edit", args=[made.slug]))
    shown = form.context["form"]
    body = {name: shown[name].value() for name in shown.fields}
    body["name"] = "Again"
    answer = page.post(
        reverse("campaigns:edit", args=[made.slug]), {key: value for key, value in body.items() if value is not None}
    )

    assert answer.status_code == 302, answer.content.decode()[:2000]
    assert list(made.arms.order_by("position").values_list("name", "is_holdout")) == [
        ("Mailed", False),
        ("Nothing", True),
    ]


def test_the_api_takes_a_holdout_arm(task: Task, api: APIClient) -> None:
    body = {
        "task": task.slug,
        "name": "Held",
        "arms": [{"name": "A"}, {"name": "Nothing", "is_holdout": True, "is_control": True}],
        "holds_out_everywhere": True,
    }

    answer = api.post("/api/v1/campaigns/", body, format="json")

    made = Campaign.objects.get(slug=answer.json()["slug"])
    assert made.holds_out_everywhere
    full = api.get(f"/api/v1/campaigns/{made.slug}/").json()
    assert [arm["is_holdout"] for arm in full["arms"]] == [False, True]
