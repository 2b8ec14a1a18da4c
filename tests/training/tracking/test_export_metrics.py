"""Runs in TensorBoard's event files, read back by TensorBoard's own reader; and what MLflow is given."""

from __future__ import annotations

import sys
from io import StringIO
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from tests.training.miniatures import conclude, report
from training.management.commands.export_metrics import run_to_track
from training.tracking.figures import Figure, figures_of, totals_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shared_version")]


@pytest.fixture
def run(launch, tmp_path):
    made = launch()
    report(made, "metric", step=0, epoch=0.0, val_loss=2.5)
    report(made, "metric", step=1, epoch=0.5, loss=2.25, lr=0.001, grad_norm=None, tokens_per_s=400.0)
    report(made, "metric", step=2, epoch=1.0, loss=2.0, mfu=0.31)
    report(made, "metric", fence=2, step=2, epoch=1.0, loss=1.5, mfu=0.32)
    report(made, "log", level="info", message="canary-of-a-log")
    conclude(made, tmp_path / "run")
    return made


def read(folder):
    events = EventAccumulator(str(folder))
    events.Reload()
    return events


def test_tensorboard_reads_what_the_run_told(run, tmp_path):
    said = StringIO()

    call_command("export_metrics", str(run.pk), tensorboard=tmp_path / "logs", stdout=said)

    events = read(tmp_path / "logs" / f"{run.task.slug}-run-1")
    assert [(each.step, each.value) for each in events.Scalars("loss/train")] == [(1, 2.25), (2, 1.5)]
    assert [(each.step, each.value) for each in events.Scalars("loss/validation")] == [(0, 2.5)]
    assert events.Scalars("speed/mfu")[0].value == pytest.approx(0.32)
    assert events.Scalars("total/validation_loss")[0].value == pytest.approx(0.61)
    assert b"learning_rate" in events.Tensors("recipe")[0].tensor_proto.string_val[0]
    assert "optimiser/gradient_norm" not in events.Tags()["scalars"]
    assert "figures in" in said.getvalue()


def test_times_are_those_at_which_the_figures_were_told(run, tmp_path):
    call_command("export_metrics", str(run.pk), tensorboard=tmp_path, stdout=StringIO())

    (told,) = read(tmp_path / f"{run.task.slug}-run-1").Scalars("loss/validation")
    assert told.wall_time == pytest.approx(run.created_at.timestamp(), abs=60)


def test_exporting_again_draws_nothing_twice(run, tmp_path):
    for _ in range(2):
        call_command("export_metrics", task=run.task.slug, tensorboard=tmp_path, stdout=StringIO())

    folder = tmp_path / f"{run.task.slug}-run-1"
    assert len(list(folder.iterdir())) == 1
    assert len(read(folder).Scalars("loss/train")) == 2


def test_a_run_is_tracked_with_its_recipe_and_without_any_text_of_its_data(run):
    found = run_to_track(run)

    assert found.parameters["student"] == "tiny"
    assert found.parameters["learning_rate"] == str(run.recipe["learning_rate"])
    assert found.totals["total/steps"] == 8
    assert "canary" not in repr(found)


def test_of_a_step_told_twice_the_later_counts_and_what_is_no_number_is_left_out():
    told = [
        (10.0, {"step": 1, "loss": 2.0, "grad_norm": None, "note": "x", "done": True}),
        (20.0, {"step": 1, "loss": 1.0}),
    ]

    assert figures_of(told) == (Figure("loss/train", 1, 1.0, 20.0),)
    assert figures_of([(1.0, {"loss": 1.0}), (1.0, {"step": 1, "loss": float("nan")})]) == ()
    assert totals_of({"steps": 3, "device": "cpu", "rank": None}) == {"total/steps": 3.0}


@pytest.mark.parametrize(
    ("order", "said"),
    [
        ({"args": ["nonsense"], "tensorboard": "x"}, "is not an id"),
        ({"args": [], "tensorboard": "x"}, "No run matches"),
        ({"args": []}, "Say where to"),
    ],
)
def test_what_cannot_be_exported_is_said(run, tmp_path, order, said):
    if "tensorboard" in order:
        order["tensorboard"] = tmp_path

    with pytest.raises(CommandError, match=said):
        call_command("export_metrics", *order.pop("args"), **order)


@pytest.mark.parametrize("more", [{}, {"task": "another"}])
def test_an_id_that_matches_no_run_is_named_before_any_is_exported(run, tmp_path, more):
    gone = str(uuid4())

    with pytest.raises(CommandError, match=f"No run matches .*{gone}"):
        call_command("export_metrics", str(run.pk), gone, tensorboard=tmp_path / "logs", **more)

    assert not (tmp_path / "logs").exists()


def test_a_missing_package_is_named_with_what_to_install(run, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "mlflow", None)

    with pytest.raises(CommandError, match=r"pip install 'miniatures\[tracking\]'"):
        call_command("export_metrics", str(run.pk), mlflow=str(tmp_path))


def test_a_folder_that_cannot_be_written_is_said(run, tmp_path):
    (tmp_path / "file").write_text("")

    with pytest.raises(CommandError, match="cannot be written"):
        call_command("export_metrics", str(run.pk), tensorboard=tmp_path / "file")
