"""What a sweep would take, said before it is launched; and what cannot be run, with the field it stands in."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from tests.training.sweeping import order
from training.models import HostPrice, Sweep
from training.runs.estimate import START_S
from training.runs.run_request import RunRequest
from training.sweeps import launch_sweep, plan
from web.errors import Refusal

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shared_version")]


def compose(version, student, **asked):
    return plan.plan_sweep(order(**asked), RunRequest(dataset_version=version, student=student))


def test_the_time_is_the_sum_of_the_runs(version, student):
    laid = compose(version, student)

    assert len(laid.cells) == 4
    assert laid.seconds == pytest.approx(sum(cell.seconds for cell in laid.cells))
    assert laid.usd is None
    assert laid.reached == 4


def test_the_cost_follows_from_the_price_of_a_host(version, student):
    HostPrice.objects.create(host="default", usd_per_hour=Decimal("1.80"))

    laid = compose(version, student)

    assert laid.usd == pytest.approx(laid.seconds / 3600 * 1.8)


def test_steps_on_two_hosts_take_half_as_long_on_each_and_both_start(version, student):
    alone, together = (
        plan.plan_sweep(replace(order(), overrides=overrides), RunRequest(dataset_version=version, student=student))
        for overrides in ({"processes": 2, "strategy": "ddp", "hosts": hosts} for hosts in (1, 2))
    )

    assert [cell.seconds for cell in together.cells] == [pytest.approx(cell.seconds + START_S) for cell in alone.cells]


def test_a_small_budget_reaches_only_the_first_runs(version, student):
    all_of_it = compose(version, student).seconds

    assert compose(version, student, hours=all_of_it / 2 / 3600).reached in (1, 2)


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize(
    ("asked", "code", "field"),
    [
        ({"hours": None}, "bad_sweep", "max_hours"),
        ({"hours": -1}, "bad_sweep", "max_hours"),
        ({"hours": None, "usd": 5.0}, "price_missing", "max_usd"),
        ({"hours": 1e-6}, "budget_below_one_run", "max_hours"),
        ({"at_once": 99}, "bad_sweep", "at_once"),
        ({"learning_rate": (5.0,)}, "bad_recipe", "learning_rate"),
        ({"rank": (100_000,)}, "bad_recipe", "rank"),
        ({"epochs": (1000,)}, "bad_recipe", "epochs"),
        ({"share": (0.01,)}, "sample_too_small", None),
    ],
)
def test_what_cannot_be_run_is_refused_beside_its_field_and_nothing_is_launched(
    version, student, admin, asked, code, field
):
    with pytest.raises(Refusal) as refused:
        launch_sweep.launch(order(**asked), RunRequest(dataset_version=version, student=student), by=admin)

    assert refused.value.code == code
    assert field is None or field in refused.value.errors
    assert not Sweep.objects.exists()


def test_only_a_lead_launches(version, student, viewer):
    with pytest.raises(Exception, match="role"):
        launch_sweep.launch(order(), RunRequest(dataset_version=version, student=student), by=viewer)


def test_sweeps_are_numbered_within_their_task(version, student, lead):
    numbers = [
        launch_sweep.launch(order(), RunRequest(dataset_version=version, student=student), by=lead).number
        for _ in range(2)
    ]

    assert numbers == [1, 2]


def test_a_share_is_drawn_by_the_seed_that_the_recipe_reads(version, student):
    asked = replace(order(learning_rate=(), epochs=(), share=(0.8,)), overrides={"seed": "7.0"})

    laid = plan.plan_sweep(asked, RunRequest(dataset_version=version, student=student))

    assert laid.cells[0].sample["seed"] == laid.recipe.seed == 7
