"""The pages on which a lead composes a pipeline: what they offer, how stages move, and where mistakes stand."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django.test import Client

from campaigns.models import Pipeline, PipelineVersion
from campaigns.pipelines import compose
from campaigns.pipelines.board import usual_stages
from campaigns.pipelines.compose import StagePlan
from campaigns.pipelines.offers import Offers, guess
from campaigns.states import StageKind
from generation.models import Teacher
from members.models import Member
from review.models import Task
from review.spec.schema import InputField
from tests.campaigns import stage_rows
from tests.campaigns.stage_rows import write_stage

pytestmark = pytest.mark.django_db
AsMember = Callable[[Member], Client]


def fields_of(html: str) -> dict[str, Any]:
    """What the stages of a page would post: hidden and text inputs, chosen options."""
    page = unescape(html)
    found: dict[str, Any] = {}
    for tag in re.findall(r"<input[^>]*name=\"stages\.[^>]*>", page):
        name = re.search(r'name="([^"]*)"', tag)
        value = re.search(r'value="([^"]*)"', tag)
        if name and value and "checkbox" not in tag:
            found[name[1]] = value[1]
    for name, options in re.findall(r'<select[^>]*name="(stages\.[^"]*)"[^>]*>(.*?)</select>', page, re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', options)
        found[name] = chosen[1] if chosen else ""
    return found


def test_it_starts_from_the_usual_stages_with_inputs_chosen_by_name(
    task: Task, tasks: dict[str, Task], lead: Member, as_member: AsMember
) -> None:
    page = as_member(lead).get(f"/tasks/{task.slug}/pipelines/new/")
    said = fields_of(page.content.decode())

    assert [said[f"stages.{at}.kind"] for at in range(3)] == ["research", "verify", "write"]
    assert said["stages.0.task"] == "research-task"
    assert (said["stages.1.inputs.claim"], said["stages.1.inputs.passage"]) == (
        "research.claims.text", "research.claims.quote",
    )  # fmt: skip
    assert said["stages.2.inputs.trigger"] == "claims.claims.text"
    assert "built-in rules" in page.content.decode()


def test_the_usual_stages_can_be_saved_as_they_are(
    task: Task, tasks: dict[str, Task], lead: Member, as_member: AsMember
) -> None:
    browser, url = as_member(lead), f"/tasks/{task.slug}/pipelines/new/"

    saved = browser.post(url, {**fields_of(browser.get(url).content.decode()), "name": "Spring", "do": "save"})

    assert (saved.status_code, saved.get("Location")) == (302, "/pipelines/spring/")
    version = PipelineVersion.objects.get()
    assert list(version.stages.values_list("kind", flat=True)) == ["research", "verify", "write"]
    assert "Spring" in browser.get(f"/tasks/{task.slug}/pipelines/").content.decode()


@pytest.mark.slow
def test_a_change_makes_the_next_version(task: Task, tasks: dict[str, Task], lead: Member, as_member: AsMember) -> None:
    compose.create(task, name="Spring", slug="spring", stages=[write_stage(task)], by=lead)
    browser, url = as_member(lead), "/pipelines/spring/"
    said = fields_of(browser.get(url).content.decode())

    added = fields_of(browser.post(url, {**said, "do": "add", "kind": "qualify"}).content.decode())
    assert [added[f"stages.{at}.kind"] for at in range(2)] == ["qualify", "write"]
    asked = {**added, "stages.0.task": "qualify-task", "do": "fill"}
    filled = fields_of(browser.post(url, asked).content.decode())
    assert filled["stages.0.inputs.company"] == "contact.company"
    assert filled["stages.0.inputs.sector"] == "record.sector"
    browser.post(url, {**filled, "stages.0.labels.fit": ["good"], "do": "save"})

    newest = compose.latest(Pipeline.objects.get())
    assert newest is not None
    assert newest.number == 2
    assert newest.stages.get(kind="qualify").condition == {"field": "fit", "in": ["good"]}
    assert re.search(r'value="good" checked', browser.get(url).content.decode())


def test_stages_move_and_go_by_buttons_alone(
    task: Task, tasks: dict[str, Task], lead: Member, as_member: AsMember
) -> None:
    browser, url = as_member(lead), f"/tasks/{task.slug}/pipelines/new/"
    said = fields_of(browser.get(url).content.decode())

    moved = fields_of(browser.post(url, {**said, "do": "up:1"}).content.decode())
    assert [moved[f"stages.{at}.kind"] for at in range(3)] == ["verify", "research", "write"]
    gone = fields_of(browser.post(url, {**moved, "do": "remove:0"}).content.decode())

    assert [key for key in gone if key.endswith(".kind")] == ["stages.0.kind", "stages.1.kind"]
    assert not Pipeline.objects.exists()


def test_what_is_wrong_stands_at_its_stage(
    task: Task, tasks: dict[str, Task], lead: Member, as_member: AsMember
) -> None:
    browser, url = as_member(lead), f"/tasks/{task.slug}/pipelines/new/"
    said = fields_of(browser.get(url).content.decode()) | {"stages.1.inputs.claim": "contact.company"}

    answer = browser.post(url, {**said, "name": "", "do": "save"})
    page = unescape(answer.content.decode())

    assert answer.status_code == 422
    assert "Give the pipeline a name." in page
    at = page.index('id="id-stages-1-inputs-claim-said"')
    assert "two parts of one list" in page[at : at + 200]
    assert not Pipeline.objects.exists()


def test_labels_of_two_fields_are_refused_at_their_stage(
    task: Task, tasks: dict[str, Task], lead: Member, as_member: AsMember
) -> None:
    compose.create(task, name="Spring", slug="spring", stages=[write_stage(task)], by=lead)
    twice = {"stages.0.kind": "qualify", "stages.0.name": "lead", "stages.0.task": "qualify-task",
             "stages.0.labels.fit": "good", "stages.0.labels.size": "big", "do": "save"}  # fmt: skip

    answer = as_member(lead).post("/pipelines/spring/", twice)

    assert answer.status_code == 422
    assert "Tick labels of one field" in answer.content.decode()


@pytest.mark.slow
def test_rules_qualify_by_values_in_words(task: Task, lead: Member, as_member: AsMember) -> None:
    compose.create(task, name="Spring", slug="spring", stages=[write_stage(task)], by=lead)
    browser, url = as_member(lead), "/pipelines/spring/"
    said = fields_of(browser.get(url).content.decode())
    added = fields_of(browser.post(url, {**said, "do": "add", "kind": "qualify"}).content.decode())
    rule = {"stages.0.source": "record.sector", "stages.0.values": "cold logistics, dairy"}

    browser.post(url, {**added, **rule, "do": "save"})

    stage = PipelineVersion.objects.get(number=2).stages.get(kind="qualify")
    assert stage.condition == {"field": "record.sector", "in": ["cold logistics", "dairy"]}
    assert "cold logistics, dairy" in browser.get(url).content.decode()


@pytest.mark.parametrize(
    "values", [["food, drink", "dairy"], ['5" pipes', '"quoted"'], [f"{n:03} {'sector' * 16}" for n in range(200)]]
)
def test_values_of_rules_stay_as_a_program_saved_them(
    task: Task, lead: Member, as_member: AsMember, values: list[str]
) -> None:
    rule = StagePlan("rule", StageKind.QUALIFY, condition={"field": "record.sector", "in": values})
    saved = compose.create(task, name="Spring", slug="spring", stages=[rule, write_stage(task)], by=lead)
    browser, url = as_member(lead), "/pipelines/spring/"
    page = browser.get(url)
    said = fields_of(page.content.decode()) | {"stages.0.values": page.context["board"][0].rule[1].value}

    browser.post(url, {**said, "do": "save"})

    assert compose.latest(saved.pipeline) == saved


def test_a_model_out_of_use_is_named_and_never_replaced_unseen(task: Task, lead: Member, as_member: AsMember) -> None:
    saved = compose.create(task, name="Spring", slug="spring", stages=[write_stage(task)], by=lead)
    used = saved.stages.get().teacher
    other = Teacher.objects.create(slug="other", name="Other", provider="offline", model="other")
    Teacher.objects.filter(pk=used.pk).update(is_active=False)
    browser, url = as_member(lead), "/pipelines/spring/"

    said = fields_of(browser.get(url).content.decode())
    answer = browser.post(url, {**said, "do": "save"})
    again = fields_of(answer.content.decode())
    browser.post(url, {**said, "stages.0.teacher": other.slug, "do": "save"})

    assert said["stages.0.teacher"] == again["stages.0.teacher"] == used.slug
    assert (answer.status_code, "stages.0.teacher" in answer.context["errors"]) == (422, True)
    assert compose.latest(saved.pipeline).stages.get().teacher == other


def test_what_was_left_open_stays_open(task: Task, tasks: dict[str, Task], lead: Member, as_member: AsMember) -> None:
    browser, url = as_member(lead), f"/tasks/{task.slug}/pipelines/new/"
    said = fields_of(browser.get(url).content.decode()) | {"stages.2.inputs.trigger": ""}

    again = fields_of(browser.post(url, {**said, "do": "fill"}).content.decode())

    assert again["stages.2.inputs.trigger"] == ""


@pytest.mark.slow
def test_rows_that_are_none_break_nothing(task: Task, lead: Member, as_member: AsMember) -> None:
    browser, url = as_member(lead), f"/tasks/{task.slug}/pipelines/new/"
    odd = {"stages.0.kind": "dance", "stages.99.kind": "write", "stages.x.kind": "write", "kind": "dance"}

    for act in ("add", "up:7", "down:-1", "remove:", "remove:0", "save", "?"):
        assert browser.post(url, {**odd, "do": act}).status_code in (200, 422)
    assert not Pipeline.objects.exists()


def test_tasks_that_a_member_does_not_lead_are_not_offered(task: Task, lead: Member, admin: Member) -> None:
    stage_rows.make_tasks(by=admin)

    assert [stage.kind for stage in usual_stages(Offers(task, lead))] == [StageKind.WRITE]
    assert [stage.kind for stage in usual_stages(Offers(task, admin))] == ["research", "verify", "write"]


@pytest.mark.parametrize(
    ("fact", "kind", "source"),
    [
        (InputField(name="company"), StageKind.QUALIFY, "contact.company"),
        (InputField(name="firm", role="group"), StageKind.QUALIFY, "contact.company"),
        (InputField(name="sector"), StageKind.QUALIFY, "record.sector"),
        (InputField(name="sector"), StageKind.WRITE, ""),
        (InputField(name="fit"), StageKind.WRITE, "lead.fit"),
        (InputField(name="news", type="list"), StageKind.WRITE, "site.claims.text"),
        (InputField(name="shoe_size"), StageKind.QUALIFY, ""),
    ],
)
def test_a_fact_takes_the_source_of_its_name(fact: InputField, kind: StageKind, source: str) -> None:
    offered = {"contact.company": "text", "record.sector": "text", "site.claims.text": "list",
               "site.claims.quote": "list", "lead.fit": "choice"}  # fmt: skip

    assert guess(fact, offered, kind) == source
