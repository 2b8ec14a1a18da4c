from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from campaigns.models import Campaign, Experiment
from campaigns.sending import lifecycle, tick
from members.models import Member
from review.models import Task
from review.spec.starters import outreach
from review.tasks import authoring
from tests.campaigns import factories
from tests.campaigns.pipeline.conftest import answer_orders

pytestmark = pytest.mark.django_db
Api = Callable[..., APIClient]
URL = "/api/v1/campaigns/"
BODY = {
    "task": "outreach", "name": "Spring", "sender": "nora", "arms": [{"name": "A", "teacher": "offline"}],
    "steps": [{"writer": "model"}, {"writer": "template", "wait_s": 60, "subject": "Again",
        "body": "See {{link.demo}}."}],
    "links": {"demo": "https://tidewell.example/demo"}, "audience": {"everyone": True, "limit": 5}, "approval": "all",
}  # fmt: skip


@pytest.fixture
def api(lead: Member, api_as: Api) -> APIClient:
    factories.make_sender()
    return api_as(lead, scopes=("lead",))


@pytest.mark.slow
def test_a_campaign_is_made_priced_launched_and_ended(api: APIClient, task: Task, people: None) -> None:
    made = api.post(URL, BODY, format="json")
    priced = api.get(f"{URL}spring/dry-run/")
    launched = api.post(f"{URL}spring/launch/", {"is_held": True}, format="json")

    assert (made.status_code, made.data["slug"], made.data["state"]) == (201, "spring", "planned")
    assert (priced.data["contacts"], priced.data["problems"], priced.data["arms"][0]["drafts"]) == (5, [], 5)
    assert (launched.status_code, launched.data["state"], launched.data["is_held"]) == (202, "running", True)
    assert launched.data["steps"][0]["planned"] == 5
    for verb, state in (("pause", "paused"), ("resume", "running"), ("release", "running"), ("end", "ended")):
        answer = api.post(f"{URL}spring/{verb}/")
        assert (answer.status_code, answer.data["state"]) == (202, state)


def test_a_draft_is_judged_by_the_wording_that_its_launch_would_take(
    api: APIClient, task: Task, people: None, lead: Member
) -> None:
    api.post(URL, {**BODY, "links": {}, "steps": [{"writer": "model"}]}, format="json")

    def shown() -> tuple[int, list[str], list[str]]:
        full, priced = api.get(f"{URL}spring/").data, api.get(f"{URL}spring/dry-run/").data
        codes = [[problem["code"] for problem in read["problems"]] for read in (full, priced)]
        return full["task_version"], *codes

    slots = (*outreach.SPEC.slots, "link.demo")
    authoring.new_version(task, spec=outreach.SPEC.model_copy(update={"slots": slots}), by=lead)
    outdated = shown()
    authoring.new_version(task, spec=outreach.SPEC, by=lead)

    assert outdated == (2, ["unknown_slot"], ["unknown_slot"])
    assert shown() == (3, [], [])
    Experiment.objects.create(
        slug="spring", campaign=Campaign.objects.get(), hypothesis="B wins.", margin=0.02, baseline=0.05,
        registered_at=timezone.now(),
    )  # fmt: skip
    assert shown()[0] == 1


def test_openings_are_told_of_only_where_the_campaign_asks(api: APIClient, task: Task) -> None:
    api.post(URL, BODY, format="json")
    api.post(URL, {**BODY, "name": "Curious", "tracks_opens": True}, format="json")

    told = dict(Campaign.objects.values_list("slug", "tracks_opens"))

    assert told == {"spring": False, "curious": True}


def test_a_campaign_without_a_slug_gets_a_free_one_of_its_name(api: APIClient, task: Task) -> None:
    names = ("Весна", "Осень", "Spring", "Spring", "S" * 80, "S" * 80)

    made = [api.post(URL, {**BODY, "name": name}, format="json").data.get("slug") for name in names]
    taken = api.post(URL, {**BODY, "slug": "spring"}, format="json")

    assert made == ["campaign", "campaign-2", "spring", "spring-2", "s" * 70, f"{'s' * 70}-2"]
    assert (taken.status_code, taken.data["code"]) == (409, "slug_taken")


@pytest.mark.parametrize("change", [{"task": "none"}, {"slug": "renamed"}])
def test_a_campaign_keeps_its_task_and_its_slug(api: APIClient, task: Task, change: dict[str, str]) -> None:
    api.post(URL, BODY, format="json")

    same = api.put(f"{URL}spring/", {**BODY, "name": "Same", "slug": "spring"}, format="json")
    other = api.put(f"{URL}spring/", {**BODY, "name": "Other", **change}, format="json")

    assert (same.status_code, same.data["name"]) == (200, "Same")
    assert (other.status_code, list(other.data["errors"])) == (400, list(change))
    assert Campaign.objects.get().name == "Same"


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"task": "none"}, 404),
        ({"arms": []}, 400),
        ({"arms": [{"name": "A", "teacher": "none"}]}, 404),
        ({"arms": [{"name": "A"}, {"name": "a"}]}, 422),
        ({"arms": [{"name": "A", "weight": -1}]}, 400),
        ({"sender": "none"}, 404),
        ({"approval": "nobody"}, 400),
        ({"max_model_usd": "NaN"}, 400),
        ({"links": {"a": 3, "b": None}}, 400),
        ({"audience": {"limits": 5}}, 400),
        ({"links": {"a" * 41: "https://tidewell.example/demo"}}, 422),
    ],
)
def test_nonsense_is_refused(api: APIClient, task: Task, people: None, change: dict[str, Any], status: int) -> None:
    answer = api.post(URL, {**BODY, **change}, format="json")

    assert answer.status_code == status, answer.data
    assert answer["Content-Type"] == "application/problem+json"
    assert not Campaign.objects.exists()


def test_a_launch_that_is_not_ready_names_every_problem(api: APIClient, task: Task) -> None:
    api.post(URL, {**BODY, "arms": [{"name": "A"}]}, format="json")

    answer = api.post(f"{URL}spring/launch/", {}, format="json")

    assert answer.status_code == 422
    assert {each["code"] for each in answer.data["state"]} == {"arm_without_model", "no_contacts"}
    assert Campaign.objects.get().state == "planned"


@pytest.mark.slow
def test_a_draft_is_changed_and_a_launched_one_is_not(api: APIClient, task: Task, people: None) -> None:
    api.post(URL, BODY, format="json")

    changed = api.put(f"{URL}spring/", {**BODY, "name": "Autumn", "steps": [{}]}, format="json")
    api.post(f"{URL}spring/launch/", {}, format="json")
    refused = api.put(f"{URL}spring/", BODY, format="json")

    assert (changed.status_code, changed.data["name"], len(changed.data["steps"])) == (200, "Autumn", 1)
    assert (refused.status_code, refused.data["code"]) == (409, "campaign_launched")
    assert api.delete(f"{URL}spring/").status_code == 405


def test_a_simulated_draft_stays_simulated(api: APIClient, task: Task, lead: Member) -> None:
    factories.make_draft_campaign(task, by=lead, is_simulated=True)

    changed = api.put(f"{URL}spring/", {**BODY, "name": "Autumn"}, format="json")

    assert (changed.status_code, changed.data["name"], changed.data["is_simulated"]) == (200, "Autumn", True)


@pytest.mark.slow
def test_mails_are_read_with_the_walk_back(api: APIClient, campaign: Campaign, lead: Member) -> None:
    lifecycle.launch(campaign, by=lead)
    tick.advance_all()
    answer_orders()
    tick.advance_all()

    listed = api.get("/api/v1/messages/?campaign=spring&state=awaiting&limit=4")
    mail = api.get(f"/api/v1/messages/{listed.data['results'][0]['id']}/")

    assert len(listed.data["results"]) == 4
    assert listed.data["next"]
    assert "Hi {{contact.first_name}}" in mail.data["body"]
    assert {station["kind"] for station in mail.data["walk"]} == {"Mail", "Draft", "Decision", "Writer", "Order"}
    assert api.get("/api/v1/messages/").status_code == 404
    assert api.get("/api/v1/messages/?campaign=none").status_code == 404
