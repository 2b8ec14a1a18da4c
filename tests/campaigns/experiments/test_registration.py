"""What an experiment is to show is said before its campaign starts, and never changes."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, transaction

from campaigns.experiments import design, register
from campaigns.experiments import queries as selectors
from campaigns.models import Campaign, Experiment, Step
from campaigns.pipelines import compose
from campaigns.planning import edit
from campaigns.planning.plans import ArmPlan
from campaigns.sending import lifecycle
from campaigns.states import CampaignState, StepWriter
from generation.models import Teacher
from review.states import Role
from review.tasks import authoring
from tests.campaigns import experiment_rows, factories
from tests.campaigns.experiments.conftest import WISHES
from tests.campaigns.stage_rows import offline, qualify_spec, qualify_stage, write_stage
from tests.review import factories as desk
from web.errors import Refusal


def test_registering_keeps_all_of_it_under_a_hash(campaign, lead):
    made = register.register(campaign, WISHES, by=lead)

    made = Experiment.objects.get(pk=made.pk)
    body = made.registration
    assert made.registered_by == lead
    assert made.registration_sha256 == hashlib.sha256(design.registration_text(body).encode()).hexdigest()
    assert (body["margin"], body["metric"], body["claim"], body["unit"]) == (0.02, "reply", "not_worse", "contact")
    assert [(arm["name"], arm["is_control"], arm["writer"]["slug"]) for arm in body["arms"]] == [
        ("Teacher", True, "offline"), ("Variant", False, "offline-variant"),
    ]  # fmt: skip
    assert body["assignment"]["salt"] == campaign.salt
    assert body["at_hand"]["contacts"] == 20
    assert body["rule"].startswith("The claim is shown when the lower bound of the 95 % interval")


def test_registering_keeps_what_the_stages_of_each_pipeline_were(task, people, lead):
    inputs = {"company": "contact.company"}
    qualify = qualify_stage(desk.make_task(by=lead, spec=qualify_spec(), slug="fit"), **inputs)
    version = compose.create(task, name="Plain", stages=[qualify, write_stage(task, **inputs)], by=lead)
    arms = [ArmPlan("Model", teacher=offline(), is_control=True), ArmPlan("Stages", pipeline=version)]
    campaign = factories.make_draft_campaign(task, by=lead, arms=arms)

    model, stages = register.register(campaign, WISHES, by=lead).registration["arms"]

    assert "pipeline" not in model
    body = stages["pipeline"]
    assert (body["slug"], body["version"]) == ("plain", 1)
    assert [(stage["name"], stage["task"]["slug"], stage["writer"]["slug"]) for stage in body["stages"]] == [
        ("lead", "fit", "offline"), ("write", task.slug, "offline"),
    ]  # fmt: skip
    assert body["stages"][1]["inputs"] == inputs


def test_what_is_registered_cannot_be_changed_nor_deleted(experiment):
    for change in (
        lambda: Experiment.objects.filter(pk=experiment.pk).update(margin=0.2),
        lambda: Experiment.objects.filter(pk=experiment.pk).delete(),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()

    assert Experiment.objects.get(pk=experiment.pk).margin == 0.02


def test_registering_twice_is_refused(experiment, campaign, lead):
    with pytest.raises(Refusal) as refused:
        register.register(campaign, replace(WISHES, margin=0.03), by=lead)

    assert (refused.value.code, refused.value.status) == ("experiment_registered", 409)
    assert Experiment.objects.get().margin == 0.02


def test_a_draft_may_change_until_it_is_registered(campaign, lead):
    register.save_plan(campaign, WISHES, by=lead)
    register.save_plan(campaign, replace(WISHES, margin=0.01), by=lead)
    made = register.register(campaign, replace(WISHES, margin=0.015), by=lead)

    assert Experiment.objects.get() == made
    assert made.registration["margin"] == 0.015


def test_after_the_launch_it_is_too_late(campaign, lead):
    Campaign.objects.filter(pk=campaign.pk).update(state=CampaignState.RUNNING)

    with pytest.raises(Refusal) as refused:
        register.register(campaign, WISHES, by=lead)

    assert refused.value.code == "campaign_launched"


def test_the_registered_arms_and_wording_are_what_is_launched(experiment, campaign, lead, task):
    authoring.new_version(task, spec=desk.plain_spec().model_copy(update={"language": "de"}), by=lead, note="later")

    with pytest.raises(Refusal) as refused:
        edit.change(campaign, plan_of(campaign), by=lead)
    launched = lifecycle.launch(campaign, by=lead)

    assert refused.value.code == "experiment_registered"
    assert launched.task_version.number == experiment.registration["task_version"]["number"] == 1
    got = dict.fromkeys(("Teacher", "Variant"), 0)
    for enrolment in launched.enrolments.select_related("arm"):
        got[enrolment.arm.name] += 1
    hand = {arm.name: arm.contacts for arm in selectors.arm_preview(campaign).arms}
    assert got == hand


def plan_of(campaign):
    return factories.CampaignPlan(name="Other", arms=[ArmPlan("A", teacher=Teacher.objects.get(slug="offline"))])


def test_the_registered_audience_is_what_is_launched(experiment, campaign, lead):
    with pytest.raises(Refusal) as refused:
        lifecycle.launch(campaign, by=lead, contacts={"limit": 5})
    launched = lifecycle.launch(campaign, by=lead)

    assert (refused.value.code, refused.value.status) == ("experiment_registered", 409)
    assert launched.enrolments.count() == 20


def test_a_campaign_of_several_arms_is_not_launched_before_it_is_registered(campaign, lead):
    register.save_plan(campaign, WISHES, by=lead)

    with pytest.raises(Refusal) as refused:
        lifecycle.launch(campaign, by=lead)

    assert "experiment_not_registered" in {problem["code"] for problem in refused.value.state}


def refused_arms(campaign, lead):
    with pytest.raises(Refusal) as refused:
        register.register(campaign, WISHES, by=lead)
    assert refused.value.code == "experiment_invalid"
    assert not Experiment.objects.exists()
    return refused.value.errors["arms"]


def test_one_arm_compares_nothing(task, people, lead):
    campaign = factories.make_draft_campaign(task, by=lead)

    assert "compares arms, and this campaign has one" in refused_arms(campaign, lead)[0]


def test_an_arm_without_a_model_is_refused(campaign, lead):
    campaign.arms.filter(name="Variant").update(teacher=None)

    assert refused_arms(campaign, lead) == ["'Variant' has no model to write its mails."]


def test_a_control_is_wanted(campaign, lead):
    campaign.arms.update(is_control=False)

    assert "Choose the control" in refused_arms(campaign, lead)[0]


def test_an_arm_that_gets_nobody_is_refused(campaign, lead):
    campaign.arms.filter(name="Variant").update(weight=0)

    assert refused_arms(campaign, lead) == ["'Variant' has the weight 0 and would get no contacts."]


def test_arms_that_send_the_same_text_are_refused(campaign, lead):
    Step.objects.filter(campaign=campaign).update(writer=StepWriter.TEMPLATE, subject="Hi", body="Hello")

    assert "would send the same text" in refused_arms(campaign, lead)[0]


def test_arms_without_companies_are_refused(task, lead):
    campaign = experiment_rows.two_arms(task, by=lead)

    assert len(refused_arms(campaign, lead)) == 2


def test_a_margin_without_sense_is_refused_by_its_field(campaign, lead):
    with pytest.raises(Refusal) as refused:
        register.register(campaign, replace(WISHES, margin=0.0, baseline=0.0), by=lead)

    assert set(refused.value.errors) == {"baseline"}
    assert not Experiment.objects.exists()


def test_only_a_lead_registers(campaign, task, make_member):
    reviewer = make_member("rob")
    desk.join(reviewer, task, Role.REVIEWER)

    for verb in (register.register, register.save_plan):
        with pytest.raises(PermissionDenied):
            verb(campaign, WISHES, by=reviewer)


def test_a_truth_belongs_to_a_simulation_alone(campaign, lead):
    made = register.register(campaign, WISHES, by=lead, simulated_truth={"seed": 1})

    assert made.simulated_truth == {}
