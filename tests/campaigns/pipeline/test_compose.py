from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, transaction

from campaigns.models import Pipeline, PipelineVersion, Stage
from campaigns.pipelines import compose
from campaigns.pipelines.compose import StagePlan
from campaigns.planning.plans import ArmPlan
from campaigns.states import Approval, StageKind
from members.models import Member
from review.models import Task
from review.states import Role
from tests.campaigns import factories, stage_rows
from tests.campaigns.stage_rows import offline, qualify_stage, write_stage
from tests.review import factories as desk
from web.errors import Refusal

CLAIMS = {"claim": "site.claims.text", "passage": "site.claims.quote"}


def research_stage(tasks: dict[str, Task], **inputs: str) -> StagePlan:
    return StagePlan("site", StageKind.RESEARCH, tasks["research"], offline(), inputs)


def errors_of(task: Task, stages: list[StagePlan], by: Member) -> dict[str, list[str]]:
    with pytest.raises(Refusal) as refused:
        compose.create(task, name="Spring", slug="spring", stages=stages, by=by)
    assert refused.value.code == "pipeline_invalid"
    assert not Pipeline.objects.exists()
    return refused.value.errors


def test_a_pipeline_of_five_kinds_is_saved_in_its_order(task: Task, tasks: dict[str, Task], lead: Member) -> None:
    stages = [
        research_stage(tasks),
        StagePlan("bear", StageKind.VERIFY, inputs=CLAIMS),
        qualify_stage(tasks["qualify"], news="bear.claims.text"),
        write_stage(task, trigger="bear.claims.text"),
        StagePlan("look", StageKind.CHECK),
    ]

    version = compose.create(task, name="Spring", slug="spring", stages=stages, by=lead)

    assert version.number == 1
    assert list(version.stages.values_list("name", flat=True)) == ["site", "bear", "lead", "write", "look"]


def test_all_problems_are_named_at_once_by_stage_and_field(task: Task, tasks: dict[str, Task], lead: Member) -> None:
    stages = [
        StagePlan("Lead!", StageKind.QUALIFY, tasks["qualify"], offline(), {"company": "contact.shoe_size"},
                  {"field": "fit", "in": ["splendid"]}),
        write_stage(task, trigger="nobody.claims"),
    ]  # fmt: skip

    errors = errors_of(task, stages, lead)

    assert set(errors) == {
        "stages.0.name", "stages.0.inputs.company", "stages.0.inputs.sector", "stages.0.condition",
        "stages.1.inputs.trigger",
    }  # fmt: skip
    assert "good, poor" in errors["stages.0.condition"][0]


@pytest.mark.parametrize(
    ("kinds", "place"),
    [
        (["write", "write"], "stages"),
        (["qualify"], "stages"),
        (["write", "qualify"], "stages"),
        ([], "stages"),
    ],
)
def test_one_stage_writes_and_the_kinds_stand_in_order(kinds: list[str], place: str, task: Task, lead: Member) -> None:
    rule: dict[str, Any] = {"condition": {"field": "record.sector", "in": ["x"]}}
    stages = [write_stage(task) if kind == "write" else StagePlan("rule", StageKind.QUALIFY, **rule) for kind in kinds]

    assert place in errors_of(task, stages, lead)


def test_a_text_of_a_page_reaches_no_writer(task: Task, tasks: dict[str, Task], lead: Member) -> None:
    spec = stage_rows.research_spec().model_copy(
        update={"output_schema": task.versions.get().spec.output_schema, "checks": ()}
    )
    paged = desk.make_task(by=lead, spec=spec, slug="paged-mail")

    errors = errors_of(paged, [write_stage(paged, company="record.source_1")], lead)

    assert errors == {"stages.0.inputs.company": ["'record.source_1' is not available before this stage."]}


def test_claim_and_passage_are_parts_of_one_list(task: Task, tasks: dict[str, Task], lead: Member) -> None:
    twisted = {"claim": "contact.company", "passage": "site.claims.quote"}
    stages = [research_stage(tasks), StagePlan("bear", StageKind.VERIFY, inputs=twisted), write_stage(task)]

    assert list(errors_of(task, stages, lead)) == ["stages.1.inputs.claim"]


def test_a_member_composes_with_tasks_he_leads_alone(
    task: Task, tasks: dict[str, Task], make_member: Callable[..., Member]
) -> None:
    other = make_member("otto")
    stages = [qualify_stage(tasks["qualify"]), write_stage(task)]
    with pytest.raises(PermissionDenied):
        compose.create(task, name="Spring", slug="spring", stages=stages, by=other)
    desk.join(other, task, Role.LEAD)

    assert list(errors_of(task, stages, other)) == ["stages.0.task"]


def test_a_change_makes_the_next_version_and_no_change_makes_none(task: Task, lead: Member) -> None:
    first = compose.create(task, name="Spring", slug="spring", stages=[write_stage(task)], by=lead)

    same = compose.save_version(first.pipeline, stages=[write_stage(task)], by=lead)
    rule = StagePlan("rule", StageKind.QUALIFY, condition={"field": "record.sector", "in": ["cold logistics"]})
    second = compose.save_version(first.pipeline, stages=[rule, write_stage(task)], by=lead)

    assert same == first
    assert second.number == 2
    assert first.stages.count() == 1


def test_a_saved_stage_never_changes(task: Task, lead: Member) -> None:
    compose.create(task, name="Spring", slug="spring", stages=[write_stage(task)], by=lead)

    with pytest.raises(DatabaseError, match="save the next version"), transaction.atomic():
        Stage.objects.update(name="other")


def test_a_slug_that_is_taken_is_refused(task: Task, lead: Member) -> None:
    compose.create(task, name="Spring", slug="spring", stages=[write_stage(task)], by=lead)

    with pytest.raises(Refusal, match="already") as refused:
        compose.create(task, name="Spring", slug="spring", stages=[write_stage(task)], by=lead)
    assert refused.value.code == "slug_taken"

    made = compose.create(task, name="Spring", stages=[write_stage(task)], by=lead)
    assert made.pipeline.slug == "spring-2"


def test_two_arms_of_one_campaign_share_a_pipelines_version(task: Task, lead: Member) -> None:
    version = compose.create(task, name="Spring", slug="spring", stages=[write_stage(task)], by=lead)

    campaign = factories.make_draft_campaign(task, by=lead, arms=[ArmPlan("A", pipeline=version)])

    arm = campaign.arms.get()
    assert arm.pipeline == version == PipelineVersion.objects.get()
    assert arm.teacher == offline()
    assert campaign.approval == Approval.ALL
