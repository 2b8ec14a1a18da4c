"""The API of pipelines and of what their stages made of a mail."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from campaigns.models import Message, Pipeline
from campaigns.pipelines import compose
from campaigns.planning.plans import ArmPlan
from campaigns.sending import lifecycle, tick
from members.models import Member
from review.models import Task
from tests.campaigns import factories, stage_rows
from tests.review import factories as desk

pytestmark = pytest.mark.django_db
WRITE = {"name": "write", "kind": "write", "task": "outreach", "teacher": "offline"}
LEAD = {
    "name": "lead", "kind": "qualify", "task": "qualify-task", "teacher": "offline",
    "inputs": {"company": "contact.company", "sector": "record.sector"},
    "condition": {"field": "fit", "in": ["good"]},
}  # fmt: skip


@pytest.fixture
def task(admin: Member) -> Task:
    stage_rows.make_tasks(by=admin)
    return desk.make_task(by=admin)


@pytest.fixture
def api(task: Task, admin: Member, api_as: Callable[..., APIClient]) -> APIClient:
    return api_as(admin)


def post(api: APIClient, path: str, body: dict[str, Any]) -> Any:
    return api.post(f"/api/v1/{path}", body, format="json")


@pytest.mark.slow
def test_a_pipeline_is_composed_read_and_given_its_next_version(api: APIClient) -> None:
    made = post(api, "pipelines/", {"task": "outreach", "name": "Spring way", "stages": [WRITE]})
    assert made.status_code == 201
    assert made.json()["slug"] == "spring-way"
    assert made.json()["version"]["number"] == 1

    again = post(api, "pipelines/spring-way/versions/", {"stages": [LEAD, WRITE]})

    assert again.status_code == 201
    read = api.get("/api/v1/pipelines/spring-way/").json()
    assert read["version"]["number"] == 2
    assert read["version"]["stages"][0] == {**LEAD, "task_version": 1, "router": None, "router_version": None}
    assert [version["number"] for version in api.get("/api/v1/pipelines/spring-way/versions/").json()] == [2, 1]
    assert [row["slug"] for row in api.get("/api/v1/pipelines/?task=outreach").json()["results"]] == ["spring-way"]


def test_what_is_wrong_is_told_by_stage_and_field(api: APIClient) -> None:
    bad = {**LEAD, "inputs": {"company": "contact.shoe_size"}}

    answer = post(api, "pipelines/", {"task": "outreach", "name": "Spring", "stages": [bad, WRITE]})

    assert answer.status_code == 422
    assert set(answer.json()["errors"]) == {"stages.0.inputs.company", "stages.0.inputs.sector"}
    assert not Pipeline.objects.exists()


@pytest.mark.slow
def test_a_campaigns_arm_may_name_a_pipeline(api: APIClient) -> None:
    post(api, "pipelines/", {"task": "outreach", "name": "Spring", "slug": "spring", "stages": [WRITE]})

    made = post(api, "campaigns/", {"task": "outreach", "name": "May", "arms": [{"name": "A", "pipeline": "spring"}]})

    assert made.status_code == 201
    assert Pipeline.objects.get().versions.get().arms.get().teacher == stage_rows.offline()
    (arm,) = api.get(f"/api/v1/campaigns/{made.json()['slug']}/").json()["arms"]
    assert (arm["pipeline"], arm["pipeline_version"]) == ("spring", 1)


def test_what_stages_made_of_a_mail_is_read(api: APIClient, task: Task, admin: Member) -> None:
    records = desk.make_records(desk.make_source(task), 1)
    factories.make_people(task, records)
    stages = [stage_rows.qualify_stage(Task.objects.get(slug="qualify-task")), stage_rows.write_stage(task)]
    version = compose.create(task, name="Spring", slug="spring", stages=stages, by=admin)
    lifecycle.launch(factories.make_draft_campaign(task, by=admin, arms=[ArmPlan("A", pipeline=version)]), by=admin)
    tick.advance_all()
    stage_rows.answer_orders({"qualify-task": lambda record: {"fit": "poor"}})
    tick.advance_all()
    mail = Message.objects.get()

    (run,) = api.get(f"/api/v1/stage-runs/?message={mail.pk}").json()

    assert (run["stage"], run["state"], run["output"], run["reason"]) == (
        "lead", "stopped", {"fit": "poor"}, "fit is poor.",
    )  # fmt: skip
    assert run["cost_usd"] == "0.002000"
    assert api.get("/api/v1/stage-runs/").status_code == 404
