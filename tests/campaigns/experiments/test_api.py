"""The API of experiments says what its pages say."""

from __future__ import annotations

import pytest

from campaigns.models import Experiment, Look
from tests.campaigns.experiment_rows import counts, launched

BODY = {"hypothesis": "As good.", "margin": 0.02, "baseline": 0.06}
ALL = "/api/v1/experiments/"


@pytest.fixture
def api(api_as, lead):
    return api_as(lead)


def test_registering_answers_with_the_sealed_experiment(api, campaign):
    answer = api.post(ALL, {**BODY, "campaign": campaign.slug}, format="json")

    assert answer.status_code == 201
    told = answer.json()
    assert (told["slug"], told["campaign"], told["claim"], told["metric"]) == ("ab", "ab", "not_worse", "reply")
    assert told["registration_sha256"] == Experiment.objects.get().registration_sha256


def test_a_draft_is_not_sealed(api, campaign):
    told = api.post(ALL, {**BODY, "campaign": campaign.slug, "is_planned": True}, format="json").json()

    assert (told["registered_at"], told["registration_sha256"]) == (None, "")


def test_what_has_no_sense_is_a_problem_with_its_fields(api, campaign):
    answer = api.post(ALL, {**BODY, "campaign": campaign.slug, "margin": 0}, format="json")

    assert (answer.status_code, answer.json()["code"]) == (422, "experiment_invalid")
    assert list(answer.json()["errors"]) == ["margin"]


@pytest.mark.slow
def test_the_result_is_the_pages(api, experiment):
    launched(experiment, counts((59, 1000), (51, 1000)))

    told = api.get(f"{ALL}{experiment.slug}/result/").json()

    assert told["verdicts"][0]["sentence"].startswith("It is still open whether Variant did worse")
    assert told["sample_ratio"]["is_alarm"] is False
    assert [arm["assigned"] for arm in told["arms"]] == [1000, 1000]


def test_looks_are_recorded_and_listed(api, experiment):
    launched(experiment, counts((5, 50), (5, 50)))

    made = api.post(f"{ALL}{experiment.slug}/looks/").json()
    listed = api.get(f"{ALL}{experiment.slug}/looks/").json()

    assert (made["number"], made["is_final"]) == (1, True)
    assert [look["number"] for look in listed] == [1]
    assert Look.objects.get().result == made["result"]


def test_experiments_are_listed_by_task_and_campaign(api, experiment, task):
    assert [one["slug"] for one in api.get(ALL, {"task": task.slug}).json()["results"]] == [experiment.slug]
    assert api.get(ALL, {"campaign": "none"}).json()["results"] == []
    assert api.get(f"{ALL}{experiment.slug}/registration/").headers["ETag"] == f'"{experiment.registration_sha256}"'
    assert api.get(f"{ALL}{experiment.slug}/contacts.csv").content.startswith(b"contact,arm")
