from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from campaigns.models import Campaign, Contact
from campaigns.pipelines import compose
from campaigns.pipelines.compose import StagePlan
from campaigns.planning import audience, forecast, launch_checks
from campaigns.planning.plans import ArmPlan
from campaigns.sending import lifecycle
from campaigns.states import StageKind
from generation.models import Teacher
from members.models import Member
from review.models import Task
from review.spec.starters import outreach
from review.states import Role
from review.tasks import authoring
from tests.campaigns import factories, stage_rows
from tests.campaigns.stage_rows import offline, qualify_stage, write_stage
from tests.review import factories as desk
from web.errors import Refusal


@pytest.fixture
def draft(task: Task, people: None, lead: Member) -> Callable[..., Campaign]:
    """A campaign, not launched, with a pipeline of these stages."""

    def make(*stages: StagePlan) -> Campaign:
        version = compose.create(task, name="Spring", slug="spring", stages=stages, by=lead)
        return factories.make_draft_campaign(task, by=lead, arms=[ArmPlan("A", pipeline=version)])

    return make


def codes(campaign: Campaign, by: Member) -> set[str]:
    return {problem.code for problem in launch_checks.launch_problems(campaign, by=by)}


def test_who_launches_leads_the_tasks_of_all_stages(
    draft: Callable[..., Campaign], task: Task, tasks: dict[str, Task], lead: Member, make_member: Callable[..., Member]
) -> None:
    campaign = draft(qualify_stage(tasks["qualify"]), write_stage(task))
    other = make_member("otto")
    desk.join(other, task, Role.LEAD)

    assert codes(campaign, lead) == set()
    assert codes(campaign, other) == {"stage_task_not_led"}
    with pytest.raises(Refusal, match="cannot be launched") as refused:
        lifecycle.launch(campaign, by=other)
    assert "do not lead" in refused.value.errors["arms"][0]


def test_who_has_no_facts_is_left_out_where_stages_give_the_writer_none(
    draft: Callable[..., Campaign], task: Task, lead: Member
) -> None:
    optional = tuple(fact.model_copy(update={"required": False}) for fact in outreach.SPEC.input_schema)
    authoring.new_version(task, spec=outreach.SPEC.model_copy(update={"input_schema": optional}), by=lead)
    factories.make_contact(task, "nofacts@x.example")
    campaign = draft(
        StagePlan("lead", StageKind.QUALIFY, condition={"field": "contact.segment", "in": [""]}), write_stage(task)
    )

    assert audience.contacts_matching(campaign).count() == 6
    assert audience.left_out(campaign)["without a record"] == 1


def test_a_stages_model_that_is_out_of_use_is_named(
    draft: Callable[..., Campaign], task: Task, tasks: dict[str, Task], lead: Member
) -> None:
    campaign = draft(qualify_stage(tasks["qualify"]), write_stage(task))
    Teacher.objects.filter(pk=offline().pk).update(is_active=False)

    assert {"stage_teacher_off", "teacher_off"} <= codes(campaign, lead)


def test_stages_are_priced_by_records_of_their_tasks(
    draft: Callable[..., Campaign], task: Task, tasks: dict[str, Task]
) -> None:
    campaign = draft(_paid_qualify(tasks), write_stage(task))
    (unmeasured,) = forecast.forecast_of(campaign).arms[0].stages

    desk.make_records(desk.make_source(tasks["qualify"]), 3)
    expected = forecast.forecast_of(campaign)

    (priced,) = expected.arms[0].stages
    assert priced.basis.startswith("guessed from 3 rendered prompts") and 0 < priced.cost_usd < unmeasured.cost_high_usd
    assert expected.cost_usd == priced.cost_usd


@pytest.mark.slow
def test_a_stage_whose_task_has_no_records_is_priced_by_what_it_asks(
    draft: Callable[..., Campaign], task: Task, tasks: dict[str, Task], lead: Member, as_member: Callable[..., Any]
) -> None:
    campaign = draft(_paid_qualify(tasks), write_stage(task))
    Campaign.objects.update(max_model_usd=Decimal("0.000001"))
    campaign.refresh_from_db()

    expected = forecast.forecast_of(campaign)

    (stage,) = expected.arms[0].stages
    assert stage.answers == 6 and 0 < stage.cost_usd < stage.cost_high_usd
    assert "no records yet" in stage.basis and expected.cost_usd == stage.cost_usd
    assert codes(campaign, lead) == {"budget_too_small"}
    page = as_member(lead).get(f"/campaigns/{campaign.slug}/dry-run/").content.decode()
    assert "A: lead" in page and "no records yet" in page


def test_mails_to_contacts_without_a_record_are_priced_where_stages_write_theirs(
    draft: Callable[..., Campaign], task: Task, tasks: dict[str, Task]
) -> None:
    site = StagePlan("site", StageKind.RESEARCH, tasks["research"], offline(), {"company": "contact.company"})
    mapped = {"company": "contact.company", "sector": "contact.segment", "trigger": "site.claims.text"}
    paid = stage_rows.make_paid_teacher()
    campaign = draft(site, StagePlan("write", StageKind.WRITE, task, paid, mapped))
    Contact.objects.update(record=None)

    (arm,) = forecast.forecast_of(campaign).arms

    assert arm.drafts == 6 and arm.estimate is not None and arm.estimate.cost_usd > 0


def _paid_qualify(tasks: dict[str, Task]) -> StagePlan:
    stage = qualify_stage(tasks["qualify"])
    return StagePlan("lead", stage.kind, stage.task, stage_rows.make_paid_teacher(), stage.inputs, stage.condition)


def test_a_contact_without_a_record_takes_part_where_stages_find_all_that_is_needed(
    draft: Callable[..., Campaign], task: Task, tasks: dict[str, Task]
) -> None:
    site = StagePlan("site", StageKind.RESEARCH, tasks["research"], offline(), {"company": "contact.company"})
    mapped = {"company": "contact.company", "sector": "contact.segment", "trigger": "site.claims.text"}
    found = draft(site, write_stage(task, **mapped))
    Contact.objects.filter(address__startswith="person0").update(record=None)

    assert audience.contacts_matching(found).count() == 6


def test_a_contact_without_a_record_stays_out_where_the_writer_needs_its_facts(
    draft: Callable[..., Campaign], task: Task, tasks: dict[str, Task]
) -> None:
    needing = draft(write_stage(task, company="contact.company"))
    Contact.objects.filter(address__startswith="person0").update(record=None)

    assert audience.contacts_matching(needing).count() == 5
