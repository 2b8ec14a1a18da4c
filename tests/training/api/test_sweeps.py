"""API of sweeps: estimate, launch, follow, keep; scopes and shapes."""

from __future__ import annotations

import pytest

from tests.training.conftest import freeze
from training.models import Sweep

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shared_version")]


@pytest.fixture(scope="module")
def shared_version(shared_task, shared_admin):
    return freeze(shared_task, shared_admin, train=20, validation=4)


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


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize(
    ("change", "status", "field"),
    [
        ({"max_hours": None}, 400, "max_hours"),
        ({"learning_rate": ["fast"]}, 400, "learning_rate[0]"),
        ({"max_usd": 3}, 422, "max_usd"),
        ({"overrides": {"trust_remote_code": True}}, 400, "trust_remote_code"),
    ],
)
def test_what_cannot_be_run_is_a_problem_beside_its_field(api_as, admin, body, change, status, field):
    answer = post(api_as(admin), "", {**body, **change})

    assert answer.status_code == status
    assert field in answer.json()["errors"]
    assert not Sweep.objects.exists()
