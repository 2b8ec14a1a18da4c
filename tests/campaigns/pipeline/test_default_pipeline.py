"""A task's default pipeline: what its next campaign begins with, set and taken back, in rows that never change."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, transaction
from django.test import Client
from rest_framework.test import APIClient

from audit.models import AuditRow
from campaigns.models import Campaign, PipelinePromotion, PipelineVersion
from campaigns.pipelines import compose, promotion
from generation.models import Teacher
from members.models import Member
from review.models import Task
from serving.states import Act
from tests.campaigns import factories
from tests.campaigns.pipeline.campaign_form import FORM
from tests.campaigns.stage_rows import write_stage
from web.errors import Refusal

pytestmark = pytest.mark.django_db
AsMember = Callable[[Member], Client]


@pytest.fixture
def spring(task: Task, lead: Member) -> PipelineVersion:
    return compose.create(task, name="Spring", slug="spring", stages=[write_stage(task)], by=lead)


@pytest.fixture
def autumn(task: Task, lead: Member) -> PipelineVersion:
    return compose.create(task, name="Autumn", slug="autumn", stages=[write_stage(task)], by=lead)


@pytest.fixture
def newer(spring: PipelineVersion, task: Task, lead: Member) -> PipelineVersion:
    return compose.save_version(spring.pipeline, stages=[write_stage(task, trigger="contact.segment")], by=lead)


def test_the_version_promoted_last_is_the_default_and_taking_it_back_leaves_the_one_before(
    task: Task, lead: Member, spring: PipelineVersion, autumn: PipelineVersion
) -> None:
    assert promotion.default_of(task) is None

    promotion.promote(spring, by=lead)
    promotion.promote(autumn, by=lead)
    assert promotion.default_of(task) == autumn

    assert promotion.demote(autumn, by=lead) is not None
    assert promotion.default_of(task) == spring
    assert promotion.demote(autumn, by=lead) is None
    promotion.demote(spring, by=lead)
    assert promotion.default_of(task) is None
    assert list(PipelinePromotion.objects.values_list("act", flat=True).order_by("id")) == [
        Act.PROMOTE, Act.PROMOTE, Act.DEMOTE, Act.DEMOTE,
    ]  # fmt: skip


def test_promoting_the_default_again_adds_no_row_and_one_taken_back_can_be_promoted_again(
    task: Task, lead: Member, spring: PipelineVersion
) -> None:
    row = promotion.promote(spring, by=lead)

    assert promotion.promote(spring, by=lead) == row
    promotion.demote(spring, by=lead)
    assert promotion.promote(spring, by=lead) != row
    assert promotion.default_of(task) == spring


def test_both_acts_are_audited(lead: Member, spring: PipelineVersion) -> None:
    promotion.promote(spring, by=lead)
    promotion.demote(spring, by=lead)

    rows = AuditRow.objects.filter(act__in=("pipeline_promoted", "pipeline_demoted")).order_by("id")
    assert [(row.act, row.actor, row.detail) for row in rows] == [
        (act, str(lead.pk), {"pipeline": "spring", "version": 1}) for act in ("pipeline_promoted", "pipeline_demoted")
    ]


@pytest.mark.parametrize("change", [lambda rows: rows.update(act=Act.DEMOTE), lambda rows: rows.delete()])
def test_a_promotion_never_changes(lead: Member, spring: PipelineVersion, change: Callable[[Any], Any]) -> None:
    promotion.promote(spring, by=lead)

    with pytest.raises(DatabaseError, match="A promotion never changes"), transaction.atomic():
        change(PipelinePromotion.objects.all())


def test_what_no_campaign_could_be_launched_with_is_not_promoted(
    task: Task, lead: Member, spring: PipelineVersion
) -> None:
    Teacher.objects.filter(slug="offline").update(is_active=False)

    with pytest.raises(Refusal) as refused:
        promotion.promote(spring, by=lead)

    assert refused.value.code == "pipeline_cannot_run"
    assert promotion.default_of(task) is None


def test_a_viewer_neither_promotes_nor_takes_back(lead: Member, viewer: Member, spring: PipelineVersion) -> None:
    with pytest.raises(PermissionDenied):
        promotion.promote(spring, by=viewer)
    promotion.promote(spring, by=lead)
    with pytest.raises(PermissionDenied):
        promotion.demote(spring, by=viewer)


@pytest.mark.slow
def test_the_form_of_the_next_campaign_begins_with_the_default_though_a_newer_version_is_there(
    task: Task, people: None, lead: Member, as_member: AsMember, spring: PipelineVersion, newer: PipelineVersion
) -> None:
    browser, url = as_member(lead), f"/tasks/{task.slug}/campaigns/new/"
    assert "selected>Spring" not in browser.get(url).content.decode()
    promotion.promote(spring, by=lead)
    factories.make_sender()

    html = browser.get(url).content.decode()
    browser.post(url, {**FORM, "arm_1_teacher": f"pipeline:{spring.pk}"})

    assert f'<option value="pipeline:{spring.pk}" selected>Spring v1 (the task&#x27;s default)</option>' in html
    assert f'<option value="pipeline:{newer.pk}">Spring v2</option>' in html
    assert Campaign.objects.get().arms.get().pipeline == spring
    # A link that names who writes goes before the default.
    assert '"offline" selected' in browser.get(f"{url}?arm_1_teacher=offline").content.decode()


def test_a_campaign_made_without_arms_begins_with_the_default(
    task: Task, lead: Member, api_as: Callable[..., APIClient], spring: PipelineVersion, newer: PipelineVersion
) -> None:
    api, body = api_as(lead), {"task": task.slug, "name": "Next"}
    before = api.post("/api/v1/campaigns/", body, format="json")
    promotion.promote(spring, by=lead)

    made = api.post("/api/v1/campaigns/", body, format="json")

    assert (before.status_code, before.json()["code"], list(before.json()["errors"])) == (422, "no_arms", ["arms"])
    assert made.status_code == 201
    (arm,) = api.get("/api/v1/campaigns/next/").json()["arms"]
    assert (arm["name"], arm["pipeline"], arm["pipeline_version"]) == ("A", "spring", 1)
    kept = api.put("/api/v1/campaigns/next/", body, format="json")
    assert (kept.status_code, kept.json()["code"]) == (422, "no_arms"), (
        "a campaign that is there changes no writer unasked"
    )


def test_the_api_promotes_tells_and_takes_back(
    task: Task, lead: Member, api_as: Callable[..., APIClient], spring: PipelineVersion, newer: PipelineVersion,
    autumn: PipelineVersion,
) -> None:  # fmt: skip
    api, url = api_as(lead), "/api/v1/pipelines/spring"

    made = api.post(f"{url}/promote/", {"version": 1}, format="json")
    missing = api.post(f"{url}/promote/", {"version": 7}, format="json")
    full = api.get(f"{url}/").json()
    listed = {row["slug"]: row["default_version"] for row in api.get("/api/v1/pipelines/").json()["results"]}
    newest = api.post(f"{url}/promote/", {}, format="json").json()
    back = api.post(f"{url}/demote/", {}, format="json")

    assert (made.status_code, made.json()["pipeline"], made.json()["version"]) == (201, "spring", 1)
    assert (missing.status_code, missing.json()["code"]) == (409, "no_such_version")
    assert (full["default_version"], [row["act"] for row in full["promotions"]]) == (1, ["promote"])
    assert listed == {"spring": 1, "autumn": None}
    assert (newest["version"], back.status_code) == (2, 204)
    assert api.get(f"{url}/").json()["default_version"] == 1
    api.post(f"{url}/demote/", {"version": 1}, format="json")
    assert api.post(f"{url}/demote/", {}, format="json").json()["code"] == "no_such_version"


@pytest.mark.slow
def test_the_pages_say_what_is_the_default_and_change_it(
    task: Task, lead: Member, as_member: AsMember, spring: PipelineVersion, newer: PipelineVersion
) -> None:
    browser, url = as_member(lead), "/pipelines/spring/"
    assert "begins with no pipeline" in browser.get(url).content.decode()

    promoted = browser.post(url, {"do": "promote"}, follow=True).content.decode()
    listed = browser.get(f"/tasks/{task.slug}/pipelines/").content.decode()
    back = browser.post(url, {"do": "demote"}, follow=True).content.decode()

    assert "The next campaign of this task begins with Spring v2." in promoted
    assert "Take version 2 back" in promoted
    assert "Begin with version" not in promoted
    assert ">default</span>" in listed
    assert "Begin with version 2" in back
    assert promotion.default_of(task) is None
    refused = browser.post(url, {"do": "demote"}, follow=True).content.decode()
    assert "Spring has no version that is promoted." in refused
