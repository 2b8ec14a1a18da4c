"""A sweep goes on run by run under its budget: it holds no worker, survives what dies, and says what did best."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from evaluation.models import Evaluation
from jobs.lifecycle import control
from jobs.models import Job
from members.models import Member
from tests.training.sweeping import end, finish_all, hold, look, runs_of, train
from training.miniatures import queries
from training.models import HostPrice, Miniature, Sweep, TrainingRun
from training.runs import queries as run_selectors
from training.sweeps import launch_sweep
from training.sweeps import queries as selectors
from web.errors import Refusal

pytestmark = pytest.mark.django_db(transaction=True)


def states(sweep: Sweep) -> list[str]:
    return [str(each.state) for each in selectors.cell_statuses(sweep)]


def test_one_run_is_begun_and_no_worker_is_held_meanwhile(sweep_of: Callable[..., Sweep]) -> None:
    sweep = sweep_of()

    job = look(sweep)

    assert states(sweep) == ["queued", "open", "open", "open"]
    assert (job.state, job.worker, job.waiting_reason) == ("waiting", "", "No. 1 is under way")
    assert job.progress == {"done": 0, "total": 4, "unit": "runs"}
    (run,) = runs_of(sweep)
    assert (run.purpose, run.recipe["epochs"], run.recipe["learning_rate"]) == ("sweep", 1, 1e-3)


@pytest.mark.slow
def test_looking_again_begins_nothing_twice(sweep_of: Callable[..., Sweep]) -> None:
    sweep = sweep_of(at_once=2)

    for _ in range(3):
        look(sweep)

    assert len(runs_of(sweep)) == 2


@pytest.mark.slow
def test_it_ends_with_the_best_run_in_the_lists_and_no_test_record_asked(
    sweep_of: Callable[..., Sweep], admin: Member, tmp_path: Path
) -> None:
    sweep = sweep_of()

    job = finish_all(sweep, tmp_path, lambda run: 0.4 if run.recipe["learning_rate"] == 1e-2 else 0.7)

    best = TrainingRun.objects.get(pk=job.result["best"]["run"])
    assert (job.result["done"], job.result["failed"], job.result["left_out"]) == (4, 0, 0)
    assert best.recipe["learning_rate"] == 1e-2
    assert [run.pk for run in run_selectors.listed(admin, task=sweep.task)] == [best.pk]
    assert [each.run_id for each in queries.listed(admin, task=sweep.task)] == [best.pk]
    assert Miniature.objects.count() == 4
    assert not Evaluation.objects.exists()


@pytest.mark.slow
def test_a_share_of_the_data_is_a_nested_sample_and_all_of_it_is_none(
    sweep_of: Callable[..., Sweep], tmp_path: Path
) -> None:
    sweep = sweep_of(learning_rate=(), epochs=(1,), share=(0.5, 1.0))

    finish_all(sweep, tmp_path)

    samples = [run.sample for run in TrainingRun.objects.filter(sweep_cells__sweep=sweep).order_by("number")]
    assert samples[0]["records"] == 10
    assert samples[1] == {}


@pytest.mark.slow
def test_it_stops_before_the_run_that_would_not_fit(sweep_of: Callable[..., Sweep], tmp_path: Path) -> None:
    first_s = sweep_of().cells.get(position=1).estimated_s
    sweep = sweep_of(hours=2.2 * first_s / 3600, learning_rate=(1e-4, 1e-3, 1e-2, 1e-1), epochs=(1,))

    job = finish_all(sweep, tmp_path, seconds=first_s)

    assert states(sweep) == ["done", "done", "left_out", "left_out"]
    assert job.result["left_out"] == 2
    assert job.result["spent_hours"] * 3600 == pytest.approx(2 * first_s, abs=2)
    assert "of the hours are left" in sweep.cells.get(position=3).problem


@pytest.mark.slow
def test_a_run_that_takes_longer_than_expected_costs_the_others_their_place(
    sweep_of: Callable[..., Sweep], tmp_path: Path
) -> None:
    first_s = sweep_of().cells.get(position=1).estimated_s
    sweep = sweep_of(hours=4.5 * first_s / 3600, learning_rate=(1e-4, 1e-3, 1e-2, 1e-1), epochs=(1,))

    finish_all(sweep, tmp_path, seconds=2 * first_s)

    assert states(sweep) == ["done", "done", "left_out", "left_out"]


@pytest.mark.slow
def test_a_run_that_spends_the_budget_is_paused_and_can_be_resumed_by_hand(
    sweep_of: Callable[..., Sweep], admin: Member, tmp_path: Path
) -> None:
    sweep = sweep_of(hours=0.1)
    look(sweep)
    (run,) = runs_of(sweep)
    hold(run, 400)

    look(sweep)
    job = look(sweep)

    run.job.refresh_from_db()
    assert run.job.state == "pausing"
    assert states(sweep) == ["left_out"] * 4
    assert (job.state, job.result["best"]) == ("succeeded", None)
    Job.objects.filter(pk=run.job_id).update(state="paused")
    control.resume(Job.objects.get(pk=run.job_id), by=admin)
    train(run, tmp_path)
    assert states(sweep)[0] == "done"


@pytest.mark.slow
def test_dollars_are_spent_by_the_price_of_the_host(sweep_of: Callable[..., Sweep], tmp_path: Path) -> None:
    HostPrice.objects.create(host="default", usd_per_hour=Decimal(36))
    HostPrice.objects.create(host="gpu-1", usd_per_hour=Decimal(72))
    sweep = sweep_of(hours=None, usd=1.0, learning_rate=(1e-4, 1e-3, 1e-2, 1e-1), epochs=(1,))

    job = finish_all(sweep, tmp_path, seconds=20)

    # 20 s at 72 $/h are 0.40 $; the third run is reckoned with the default price, 0.20 $, and takes the last of it.
    assert job.result["spent_usd"] == pytest.approx(0.02 * job.result["spent_hours"] * 3600, rel=0.01)
    assert job.result["done"] < 4
    assert job.result["left_out"] > 0


@pytest.mark.slow
def test_a_failed_run_is_said_and_the_others_go_on(sweep_of: Callable[..., Sweep], tmp_path: Path) -> None:
    sweep = sweep_of()
    look(sweep)
    end(runs_of(sweep)[0].job, "failed", error={"code": "diverged", "message": "step 3: the loss is nan", "hint": ""})

    job = finish_all(sweep, tmp_path)

    assert (job.state, job.result["done"], job.result["failed"]) == ("succeeded", 3, 1)
    assert "step 3: the loss is nan" in sweep.cells.get(position=1).problem


@pytest.mark.slow
def test_what_an_earlier_sweep_measured_is_not_run_again(sweep_of: Callable[..., Sweep], tmp_path: Path) -> None:
    finish_all(sweep_of(), tmp_path)
    before = TrainingRun.objects.count()

    again = sweep_of(learning_rate=(1e-3, 1e-2, 1e-1))
    finish_all(again, tmp_path)

    assert TrainingRun.objects.count() == before + 2
    assert [cell.is_reused for cell in again.cells.order_by("values__learning_rate", "position")].count(True) == 4


@pytest.mark.slow
def test_cancelling_cancels_what_is_under_way_and_begins_nothing_more(
    sweep_of: Callable[..., Sweep], admin: Member
) -> None:
    sweep = sweep_of()
    look(sweep)
    (run,) = runs_of(sweep)

    control.cancel(Job.objects.get(pk=sweep.job_id), by=admin)
    look(sweep)

    assert Job.objects.get(pk=run.job_id).state == "cancelled"
    assert states(sweep)[1:] == ["open"] * 3


@pytest.mark.slow
def test_a_run_that_ends_between_a_look_and_its_wait_is_news(sweep_of: Callable[..., Sweep], tmp_path: Path) -> None:
    sweep = sweep_of()
    look(sweep)
    before = selectors.has_news(sweep.pk)

    train(runs_of(sweep)[0], tmp_path)

    assert not before
    assert selectors.has_news(sweep.pk)
    look(sweep)
    assert not selectors.has_news(sweep.pk)


@pytest.mark.slow
def test_keeping_another_run_puts_it_into_the_lists_once(
    sweep_of: Callable[..., Sweep], admin: Member, lead: Member, viewer: Member, tmp_path: Path
) -> None:
    sweep = sweep_of()
    finish_all(sweep, tmp_path, lambda run: 0.4 if run.recipe["learning_rate"] == 1e-2 else 0.7)

    for _ in range(2):
        kept = launch_sweep.keep_run(sweep, position=1, by=lead)

    assert kept.pk in {run.pk for run in run_selectors.listed(admin, task=sweep.task)}
    with pytest.raises(Exception, match="role"):
        launch_sweep.keep_run(sweep, position=2, by=viewer)
    with pytest.raises(Refusal, match="has no cell 9"):
        launch_sweep.keep_run(sweep, position=9, by=lead)


@pytest.mark.slow
def test_a_cell_that_has_not_ended_well_cannot_be_kept(sweep_of: Callable[..., Sweep], lead: Member) -> None:
    sweep = sweep_of()
    look(sweep)

    with pytest.raises(Refusal) as refused:
        launch_sweep.keep_run(sweep, position=1, by=lead)

    assert refused.value.status == 409


@pytest.mark.slow
def test_a_run_that_cannot_be_launched_is_said_and_the_next_is_tried(
    sweep_of: Callable[..., Sweep], monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Path
) -> None:
    sweep = sweep_of()
    (Path(str(sweep.student.path)) / "model.safetensors").write_bytes(b"gone")

    job = look(sweep)

    assert job.state in ("succeeded", "waiting")
    assert set(states(sweep)) <= {"failed", "queued", "open"}
