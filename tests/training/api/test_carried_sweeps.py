"""API of sweeps that were carried to their end: cells, costs, the best, and which to keep."""

from __future__ import annotations

import pytest

from tests.training.api.test_sweeps import body, post
from tests.training.conftest import freeze
from tests.training.sweeping import finish_all
from training.models import Sweep

__all__ = ["body"]
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def version(task, admin):
    return freeze(task, admin, train=20, validation=4)


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
