"""What runs cost: the time a host was held, by the price of that host; nothing that is not known."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from jobs.models import PLAYED_BACK, RECORDED_S, Job
from tests.training.miniatures import report
from tests.training.sweeping import end, hold, hold_job, train
from training.costs.run_cost import run_cost, run_costs
from training.models import HostPrice, TrainingRun
from training.runs.launch_run import PART

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shared_version")]
NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)


def test_without_a_price_no_cost_is_invented(launch):
    run = launch()
    hold(run, 60)

    cost = run_cost(TrainingRun.objects.get(pk=run.pk))

    assert cost.host_seconds == pytest.approx(60, abs=2)
    assert (cost.usd, cost.usd_per_hour, cost.kwh, cost.is_final) == (None, None, None, False)


def test_a_host_has_its_own_price_and_others_the_default_one(launch):
    HostPrice.objects.create(host="default", usd_per_hour=Decimal(1))
    HostPrice.objects.create(host="gpu-1", usd_per_hour=Decimal(36))
    dear, cheap = launch(), launch()
    hold(dear, 100, host="gpu-1")
    hold(cheap, 100, host="cpu-9")

    costs = run_costs(list(TrainingRun.objects.select_related("job")))

    assert float(costs[dear.pk].usd) == pytest.approx(1.0, rel=0.03)
    assert float(costs[cheap.pk].usd) == pytest.approx(100 / 3600, rel=0.05)


def test_a_run_on_several_hosts_costs_what_each_of_them_costs(launch):
    HostPrice.objects.create(host="default", usd_per_hour=Decimal(36))
    HostPrice.objects.create(host="gpu-2", usd_per_hour=Decimal(72))
    run = launch(device="cpu", overrides={"hosts": 2, "processes": 4, "strategy": "ddp"})
    part = Job.objects.create(kind=PART, title="Part", subject_id=run.job_id, spec={"rank": 1, "fence": 1})
    Job.objects.filter(pk=run.job_id).update(devices=4)
    hold(run, 100)
    hold_job(part.pk, 50, host="gpu-2")

    cost = run_cost(TrainingRun.objects.get(pk=run.pk))

    assert float(cost.usd) == pytest.approx(2.0, rel=0.05)
    assert (cost.host_seconds, cost.device_seconds) == (pytest.approx(150, abs=3), pytest.approx(300, abs=6))
    assert cost.usd_per_hour is None


def test_the_price_of_the_day_it_ended_stays_with_a_run(launch, tmp_path):
    HostPrice.objects.create(host="default", usd_per_hour=Decimal(36))
    run = launch()
    train(run, tmp_path, seconds=100)

    HostPrice.objects.update(usd_per_hour=Decimal(3600))
    found = run_cost(TrainingRun.objects.get(pk=run.pk))

    assert float(found.usd) == pytest.approx(1.0, rel=0.03)
    assert found.is_final


def test_a_resumed_run_is_counted_anew_with_both_its_attempts(launch, tmp_path):
    HostPrice.objects.create(host="default", usd_per_hour=Decimal(36))
    run = launch()
    hold(run, 100)
    end(run.job, "failed", error={"code": "x", "message": "x", "hint": ""})
    first = run_cost(TrainingRun.objects.get(pk=run.pk))
    Job.objects.filter(pk=run.job_id).update(state="queued")

    going = run_cost(TrainingRun.objects.get(pk=run.pk))

    assert first.is_final
    assert not going.is_final
    assert going.host_seconds == pytest.approx(first.host_seconds, abs=1)


def test_energy_is_the_sum_of_what_each_attempt_measured(launch):
    run = launch()
    for fence, kwh in ((1, 0.1), (1, 0.4), (2, 0.25)):
        report(run, "metric", fence=fence, step=1, energy_kwh=kwh)
    report(run, "metric", fence=2, step=2, loss=1.0)

    assert run_cost(TrainingRun.objects.get(pk=run.pk)).kwh == pytest.approx(0.65)


def test_energy_that_only_the_first_of_several_hosts_measured_is_not_told(launch):
    run = launch(device="cpu", overrides={"hosts": 2, "processes": 2, "strategy": "ddp"})
    report(run, "metric", fence=1, step=1, energy_kwh=0.4)

    assert run_cost(TrainingRun.objects.get(pk=run.pk)).kwh is None


def test_energy_of_one_of_several_hosts_that_was_kept_with_an_ended_run_is_not_told(launch, tmp_path):
    run = launch(device="cpu", overrides={"hosts": 2, "processes": 2, "strategy": "ddp"})
    train(run, tmp_path)
    run.refresh_from_db()
    TrainingRun.objects.filter(pk=run.pk).update(cost={**run.cost, "kwh": 0.4})

    found = run_cost(TrainingRun.objects.get(pk=run.pk))

    assert (found.is_final, found.kwh) == (True, None)


def test_many_runs_take_as_many_questions_as_one(launch, django_assert_num_queries):
    launch()
    one = list(TrainingRun.objects.select_related("job"))
    with CaptureQueriesContext(connection) as asked:
        run_costs(one)
    for _ in range(4):
        launch()
    many = list(TrainingRun.objects.select_related("job"))

    with django_assert_num_queries(len(asked)):
        run_costs(many)


def test_a_run_without_a_summary_is_counted_by_the_devices_it_was_claimed_for(launch):
    run = launch()
    Job.objects.filter(pk=run.job_id).update(devices=4)
    run.refresh_from_db()

    assert run_cost(run).devices == 4


def test_a_run_that_was_played_back_tells_the_recorded_time_and_no_price_of_this_host(launch):
    HostPrice.objects.create(host="default", usd_per_hour=Decimal(36))
    run = launch()
    hold(run, 1)
    TrainingRun.objects.filter(pk=run.pk).update(summary={"seconds": 66.0})
    Job.objects.filter(pk=run.job_id).update(spec={**run.job.spec, PLAYED_BACK: True, RECORDED_S: 87})

    cost = run_cost(TrainingRun.objects.get(pk=run.pk))

    # Its job held a host for longer than its engine took.
    assert (cost.host_seconds, cost.usd, cost.usd_per_hour) == (87.0, None, None)
