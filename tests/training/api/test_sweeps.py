"""API of sweeps: estimate, launch, follow, keep; scopes and shapes."""

from __future__ import annotations

import pytest

from tests.training.conftest import freeze
from tests.training.sweeping import finish_all
from training.models import Sweep

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def version(task, admin):
    return freeze(task, admin, train=20, validation=4)


@pytest.fixture
def body(version, student):
    return {
        "dataset_version": str(version.pk), "student": "tiny", "recipe": "demo", "learning_rate": [1e-3, 1e-2],
        "epochs": [1, 2], "max_hours": 5, "overrides": {"seed": 7},
    }  # fmt: skip


def post(client, path, body, key=""):
    headers = {"HTTP_IDEMPOTENCY_KEY": key} if key else {}
    return client.post(f"/api/v1/sweeps/{path}", body, format="json", **headers)


def test_an_estimate_launches_nothing(api_as, admin, body):
    answer = post(api_as(admin, scopes=("read",)), "estimate/", body)

    told = answer.json()
    assert answer.status_code == 200
    assert (told["runs"], told["measured_before"], told["reached_by_the_budget"], told["usd"]) == (4, 0, 4, None)
    assert told["seconds"] > 0
    assert not Sweep.objects.exists()


def test_launching_twice_with_one_key_launches_once(api_as, admin, body):
    client = api_as(admin)

    first, second = post(client, "", body, key="k1"), post(client, "", body, key="k1")

    assert (first.status_code, second.json()) == (202, first.json())
    sweep = Sweep.objects.get()
    assert {"id": str(sweep.pk), "job": str(sweep.job_id)} == first.json()


@pytest.mark.slow
def test_a_sweep_tells_its_cells_what_it_spent_and_the_best(api_as, admin, body, tmp_path):
    client = api_as(admin)
    sweep_id = post(client, "", body).json()["id"]
    sweep = Sweep.objects.get(pk=sweep_id)
    finish_all(sweep, tmp_path, lambda run: 0.4 if run.recipe["learning_rate"] == 1e-2 else 0.7)

    told = client.get(f"/api/v1/sweeps/{sweep_id}/").json()
    listed = client.get(f"/api/v1/sweeps/?task={sweep.task.slug}").json()["results"]
    lines = client.get(f"/api/v1/sweeps/{sweep_id}/cells.csv").content.decode().splitlines()

    assert told["best"]["values"]["learning_rate"] == 1e-2
    assert [cell["state"] for cell in told["cells"]] == ["done"] * 4
    assert told["spent_hours"] == pytest.approx(4 * 30 / 3600, rel=0.05)
    assert [each["id"] for each in listed] == [sweep_id]
    assert len(lines) == 5
    run = sweep.cells.get(position=1).run
    assert run.recipe["seed"] == 7


@pytest.mark.slow
def test_keeping_a_cell_needs_a_lead_and_a_run_that_is_done(api_as, admin, viewer, body, tmp_path):
    client = api_as(admin)
    sweep_id = post(client, "", body).json()["id"]

    early = post(client, f"{sweep_id}/keep/", {"cell": 1})
    finish_all(Sweep.objects.get(pk=sweep_id), tmp_path)
    kept = post(client, f"{sweep_id}/keep/", {"cell": 1})
    refused = post(api_as(viewer, scopes=("train",)), f"{sweep_id}/keep/", {"cell": 1})

    assert early.status_code == 409
    assert early["Content-Type"] == "application/problem+json"
    assert kept.status_code == 200
    assert refused.status_code == 403


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize(
    ("change", "status", "field"),
    [
        ({"max_hours": None}, 400, "max_hours"),
        ({"learning_rate": ["fast"]}, 400, "learning_rate.0"),
        ({"share": [2.0]}, 400, "share"),
        ({"epochs": [0]}, 400, "epochs"),
        ({"max_usd": 3}, 422, "max_usd"),
        ({"overrides": {"trust_remote_code": True}}, 400, "trust_remote_code"),
    ],
)
def test_what_cannot_be_run_is_a_problem_beside_its_field(api_as, admin, body, change, status, field):
    answer = post(api_as(admin), "", {**body, **change})

    assert answer.status_code == status
    assert field in answer.json()["errors"]
    assert not Sweep.objects.exists()


def test_a_viewer_may_ask_what_it_takes_and_not_launch(api_as, viewer, body):
    client = api_as(viewer)

    assert post(client, "estimate/", body).status_code == 200
    assert post(client, "", body).status_code == 403
