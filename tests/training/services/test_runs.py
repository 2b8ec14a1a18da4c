"""Launching a run: what is written, and all that is refused beforehand."""

from __future__ import annotations

import shutil
from collections import namedtuple
from dataclasses import replace

import pytest
from django.core.exceptions import PermissionDenied

from jobs.models import Job
from jobs.rundir.machine import Machine
from jobs.scheduling import hosts, workers
from review.datasets import freezing
from tests.review import factories
from tests.training.conftest import freeze, write_student
from training.models import TrainingRun
from training.runs import compose_recipe, forecast, preflight
from training.runs.estimate import START_S
from training.runs.run_request import RunRequest
from training.students import registration
from web.errors import Refusal

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shared_version")]


def test_launching_writes_a_numbered_run_with_its_recipe_estimate_and_job(launch, task, version, student, admin):
    first, second = launch(), launch(overrides={"epochs": 2, "learning_rate": "1e-3"})

    assert (first.number, second.number) == (1, 2)
    assert second.recipe["epochs"] == 2
    assert second.overrides == {"epochs": 2, "learning_rate": 0.001}
    assert first.overrides == {}
    assert first.task_version.number == 1
    assert first.estimate["rows"] == version.counts["sft_splits"]["train"] == 10
    assert 0 < first.estimate["trainable_parameters"] < first.estimate["total_parameters"]
    job = Job.objects.get(pk=first.job_id)
    assert (job.kind, job.queue, job.state, job.task_slug) == ("training", "training", "queued", task.slug)
    assert job.subject_url == f"/training/{first.pk}/"


def test_a_reviewer_may_not_launch(launch, task, reviewer):
    factories.join(reviewer, task)

    with pytest.raises(PermissionDenied, match="role lead"):
        launch(by=reviewer)

    assert not TrainingRun.objects.exists()


@pytest.mark.parametrize(
    ("overrides", "field", "words"),
    [
        ({"epochs": -1}, "epochs", "greater than or equal to 0"),
        ({"epochs": 0}, "epochs", "only a classifier"),
        ({"learning_rate": "fast"}, "learning_rate", "valid number"),
        ({"warmth": 3}, "warmth", "not a field"),
        ({"betas": ["0.9"]}, "betas", ""),
    ],
)
def test_a_bad_override_is_refused_at_its_field(launch, overrides, field, words):
    with pytest.raises(Refusal) as caught:
        launch(overrides=overrides)

    assert caught.value.status == 400
    assert caught.value.code == "bad_recipe"
    assert words in caught.value.errors[field][0]


def test_an_unknown_recipe_names_those_there_are(launch):
    with pytest.raises(Refusal) as caught:
        launch(recipe="alchemy")

    assert "paper-lora" in caught.value.hint


def test_an_encoder_decoder_is_launched_by_imitation_with_its_memory_told_and_refused_preferences(
    launch, admin, tmp_path
):
    sizes = {"d_model": 8, "d_kv": 4, "d_ff": 16, "num_layers": 2, "num_heads": 2, "is_encoder_decoder": True}
    folder = write_student(tmp_path / "students" / "reader", model_type="t5", **sizes)
    student = registration.register_folder(path=str(folder), by=admin)

    run = launch(student=student)
    with pytest.raises(Refusal) as caught:
        launch(student=student, recipe="dpo")

    assert run.estimate["memory_gib"] > 0
    assert "by imitation alone" in caught.value.errors["objective"][0]


def test_too_few_golds_are_refused_with_their_numbers(launch, admin):
    small = freeze(factories.make_task(by=admin, slug="small"), admin, train=5, validation=0)

    with pytest.raises(Refusal) as caught:
        launch(dataset_version=small)

    assert caught.value.code == "too_few_golds"
    assert "5 training and 0 validation rows" in caught.value.message
    assert "at least 8 and 1" in caught.value.message
    # More verdicts could not help: no record of the task stands there.
    assert (
        "7 records of 7 companies: none is in validation. Import more records of other companies" in caught.value.hint
    )
    assert not TrainingRun.objects.exists()


def test_a_version_still_being_frozen_is_refused(launch, version, admin):
    unfrozen = freezing.freeze(version.dataset, by=admin, filters={"bulk": "all"})

    with pytest.raises(Refusal) as caught:
        launch(dataset_version=unfrozen)

    assert (caught.value.code, caught.value.status) == ("not_frozen", 409)


def test_a_disk_nearly_full_is_refused_with_what_is_free_and_wanted(launch, monkeypatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(10, 10, 1000))

    with pytest.raises(Refusal) as caught:
        launch()

    assert caught.value.code == "disk_nearly_full"
    assert "twice what it writes" in caught.value.message


@pytest.mark.parametrize("frees", [(1000, 2000), (1000, 1 << 40)])
def test_a_disk_is_asked_of_the_hosts_that_train_and_not_of_this_process(launch, monkeypatch, frees):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(10, 10, 1000))
    machine = Machine(name="", cores=4, memory_bytes=1 << 40, gpus=[], versions={})
    for name, free in zip(("first", "second"), frees, strict=True):
        hosts.register(name, boot_id=name, machine=replace(machine, name=name), disk=(1 << 41, free))
        workers.beat(worker=name, host=name, queues="training")
    hosts.register("web", boot_id="web", machine=replace(machine, name="web"), disk=(1 << 42, 1 << 41))

    if max(frees) > 2000:
        assert launch().number == 1
    else:
        with pytest.raises(Refusal, match="disk of the host second") as caught:
            launch()
        assert caught.value.code == "disk_nearly_full"


def test_a_gpu_is_refused_where_no_worker_has_one(launch, monkeypatch):
    monkeypatch.setattr(preflight, "GPU_NODES", ("/nowhere/nvidia0",))

    with pytest.raises(Refusal) as caught:
        launch(device="cuda")

    assert caught.value.code == "no_gpu"


@pytest.mark.parametrize("device", ["cpu", "auto"])
def test_a_base_in_four_bits_is_refused_where_no_gpu_will_hold_it(launch, monkeypatch, device):
    monkeypatch.setattr(preflight, "GPU_NODES", ("/nowhere/nvidia0",))

    with pytest.raises(Refusal) as caught:
        launch(recipe="qlora", device=device)

    assert caught.value.code == "qlora_needs_gpu"
    assert not TrainingRun.objects.exists()


def test_a_gpu_may_be_asked_for_when_a_worker_stands_on_another_host(launch, monkeypatch):
    monkeypatch.setattr(preflight, "GPU_NODES", ("/nowhere/nvidia0",))
    workers.beat(worker="gpu-1", host="another-host", queues="training")

    run = launch(device="cuda")

    assert run.device == "cuda"


def test_a_run_on_a_gpu_says_nothing_of_the_time_on_a_cpu(launch):
    on_gpu, on_cpu = launch(), launch()
    told = {"tokens": 4000, "epochs": 3.0, "tokens_per_s": 50_000.0, "device": "cuda"}
    TrainingRun.objects.filter(pk=on_gpu.pk).update(summary=told)

    before = launch(device="cpu").estimate
    TrainingRun.objects.filter(pk=on_cpu.pk).update(summary={**told, "tokens_per_s": 500.0, "device": "cpu"})
    after = launch(device="cpu").estimate

    assert any("worked out for two CPU cores" in note for note in before["notes"])
    assert any("run 2: 500 tokens a second on cpu" in note for note in after["notes"])


def test_a_measured_run_gives_the_time_of_the_next(launch):
    first = launch()
    TrainingRun.objects.filter(pk=first.pk).update(
        summary={"tokens": 4000, "epochs": float(first.recipe["epochs"]), "tokens_per_s": 500.0, "device": "cpu"}
    )

    second = launch()

    assert second.estimate["tokens"] == pytest.approx(4000, rel=0.02)
    assert second.estimate["seconds"] == pytest.approx(START_S + 8.0, rel=0.02)
    assert any("run 1: 500 tokens a second on cpu" in note for note in second.estimate["notes"])


def test_words_alone_take_a_start_and_no_measured_speed(launch):
    first = launch()
    summary = {"tokens": 4000, "epochs": 3.0, "tokens_per_s": 500.0, "device": "cpu"}
    TrainingRun.objects.filter(pk=first.pk).update(summary=summary, cost={"host_seconds": 100})

    recipe = compose_recipe.compose("demo", {}, first.student).model_copy(update={"epochs": 0})
    guess = forecast.forecast(RunRequest(dataset_version=first.dataset_version, student=first.student), recipe=recipe)

    assert guess.seconds == START_S
    assert not any("tokens a second" in note for note in guess.notes)


@pytest.mark.parametrize(("held_s", "around_s"), [(0, START_S), (8 + START_S, START_S), (100, 92)])
def test_what_a_host_was_held_for_beside_the_steps_is_expected_again(launch, held_s, around_s):
    first = launch()
    TrainingRun.objects.filter(pk=first.pk).update(
        summary={"tokens": 4000, "epochs": float(first.recipe["epochs"]), "tokens_per_s": 500.0, "device": "cpu"},
        cost={"host_seconds": held_s},
    )

    estimate = launch().estimate

    assert estimate["seconds"] == pytest.approx(8 + around_s, rel=0.02)
    assert any(f"{first}: 500 tokens a second on cpu, and " in note for note in estimate["notes"])


@pytest.mark.parametrize(("device", "speed"), [("cuda", 1000), ("cpu", 500)])
def test_a_measured_speed_is_scaled_to_the_devices_of_the_next_run(launch, device, speed):
    workers.beat(worker="gpu-1", host="another-host", queues="training")
    on_one, on_two = launch(), launch()
    told = {"tokens": 4000, "epochs": float(on_one.recipe["epochs"]), "tokens_per_s": 500.0, "device": device}
    TrainingRun.objects.filter(pk=on_one.pk).update(summary={**told, "processes": 1})
    on_both = {"device": device, "overrides": {"processes": 2, "strategy": "ddp"}}

    scaled = launch(**on_both).estimate
    summary = {**told, "tokens": 400, "tokens_per_s": 800.0, "processes": 2}
    TrainingRun.objects.filter(pk=on_two.pk).update(summary=summary)
    measured = launch(**on_both).estimate

    assert scaled["seconds"] == pytest.approx(START_S + scaled["tokens"] / speed, rel=0.02)
    assert measured["seconds"] == pytest.approx(START_S + measured["tokens"] / 800, rel=0.02)
