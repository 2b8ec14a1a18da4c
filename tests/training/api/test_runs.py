"""The API of students, recipes and runs."""

from __future__ import annotations

import uuid

import pytest

from tests.training.conftest import write_student
from tests.training.miniatures import report
from training.models import TrainingRun
from training.recipes.presets import PRESETS

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shared_version")]
RUNS = "/api/v1/training-runs/"


def order(version, **more):
    return {"student": "tiny", "recipe": "demo", "dataset_version": str(version.pk), **more}


def test_a_run_is_launched_by_names_and_answers_202_with_its_job(api_as, admin, version, student):
    answer = api_as(admin).post(RUNS, order(version, overrides={"epochs": 2}), format="json")

    run = TrainingRun.objects.get()
    assert answer.status_code == 202
    assert answer.json() == {"id": str(run.pk), "job": str(run.job_id)}
    assert run.recipe["epochs"] == 2


@pytest.mark.parametrize(
    ("change", "status", "field"),
    [
        ({"student": "nobody"}, 400, "student"),
        ({"overrides": {"epochs": 0}}, 400, "epochs"),
        ({"dataset_version": "x"}, 400, "dataset_version"),
        ({"dataset_version": str(uuid.uuid4())}, 404, None),
    ],
)
def test_a_wrong_order_is_a_problem_that_names_its_field(api_as, admin, version, student, change, status, field):
    answer = api_as(admin).post(RUNS, order(version, **change), format="json")

    assert answer.status_code == status
    assert answer["Content-Type"] == "application/problem+json"
    assert field is None or field in answer.json()["errors"]
    assert not TrainingRun.objects.exists()


def test_an_estimate_starts_nothing(api_as, viewer, version, student):
    client = api_as(viewer, scopes=("read",))

    answer = client.post(f"{RUNS}estimate/", order(version), format="json")
    refused = client.post(f"{RUNS}estimate/", order(version, overrides={"rank": 0}), format="json")

    body = answer.json()
    assert answer.status_code == 200
    epochs = PRESETS["demo"].recipe.epochs
    assert (body["rows"], body["steps"], body["epochs"]) == (10, 2 * epochs, epochs)
    assert 0 < body["trainable_fraction"] < 1
    assert body["memory_gib"] > 0
    assert refused.status_code == 400
    assert not TrainingRun.objects.exists()


def test_a_run_tells_its_job_and_its_figures(api_as, admin, reviewer, launch):
    run = launch()
    report(run, "metric", step=1, loss=2.25, lr=0.001)
    report(run, "metric", step=1, val_loss=2.5)
    report(run, "sample", step=1, id="Lund", text="Hello")
    client = api_as(admin)

    detail = client.get(f"{RUNS}{run.pk}/").json()
    figures = client.get(f"{RUNS}{run.pk}/metrics/").json()

    assert detail["job"]["state"] == "queued"
    assert (detail["student"], detail["recipe"], detail["number"]) == ("tiny", "demo", 1)
    assert figures["metrics"] == [{"step": 1, "loss": 2.25, "lr": 0.001, "val_loss": 2.5}]
    assert figures["samples"] == [{"id": "Lund", "outputs": [{"step": 1, "text": "Hello"}]}]
    assert api_as(reviewer).get(f"{RUNS}{run.pk}/").status_code == 404


def test_recipes_say_where_each_value_comes_from(api_as, viewer):
    found = {recipe["name"]: recipe for recipe in api_as(viewer).get("/api/v1/recipes/").json()["results"]}

    assert {"paper-lora", "paper-full", "modern-lora", "demo"} <= set(found)
    for recipe in found.values():
        assert set(recipe["sources"]) == set(recipe["values"])
        assert all(recipe["sources"].values())


def test_an_admin_registers_a_folder_and_others_may_not(api_as, admin, lead, student, tmp_path):
    folder = write_student(tmp_path / "students" / "second")

    made = api_as(admin).post("/api/v1/students/", {"path": str(folder), "name": "Second"}, format="json")
    again = api_as(admin).post("/api/v1/students/", {"path": str(folder)}, format="json")

    assert made.status_code == 201
    assert (made.json()["slug"], made.json()["model_type"]) == ("second", "llama")
    assert again.status_code == 409
    assert api_as(lead).post("/api/v1/students/", {"path": str(folder)}, format="json").status_code == 403
    assert {s["slug"] for s in api_as(lead).get("/api/v1/students/").json()["results"]} == {"tiny", "second"}
