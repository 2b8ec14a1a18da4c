"""Refusing a run that no host's memory holds, with the nearest recipe that fits."""

from __future__ import annotations

import json
import math

import pytest

from jobs.rundir.machine import GIB, Machine
from jobs.scheduling import hosts
from training.models import Student, TrainingRun
from training.recipes.schema import Recipe
from training.runs import forecast, host_memory, preflight
from training.runs.run_request import RunRequest
from training.sizing.profile import RUNTIME_BYTES
from web.errors import Refusal

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shared_version")]
ROWS = [1024] * 64


def put(name: str, *, gpu_gib: float = 0, memory_gib: float = 0) -> None:
    gpus = [{"name": "A", "bytes": round(gpu_gib * GIB)}] if gpu_gib else []
    machine = Machine(name=name, gpus=gpus, cores=2, memory_bytes=round(memory_gib * GIB))
    hosts.register(name, boot_id=name, machine=machine, disk=(2, 1))


@pytest.fixture
def llama(tmp_path):
    """A folder with the config and the header of a Llama of 1.2 B parameters, and no numbers."""
    config = {"model_type": "llama", "hidden_size": 2048, "num_hidden_layers": 16, "num_attention_heads": 32,
              "num_key_value_heads": 8, "head_dim": 64, "intermediate_size": 8192, "vocab_size": 128256}  # fmt: skip
    (tmp_path / "config.json").write_text(json.dumps(config))
    shapes = {"model.embed_tokens.weight": (128256, 2048)}
    for layer in range(16):
        at = f"model.layers.{layer}"
        shapes |= {f"{at}.self_attn.{name}_proj.weight": (width, 2048) for name, width in
                   (("q", 2048), ("k", 512), ("v", 512), ("o", 2048))}  # fmt: skip
        shapes |= {f"{at}.mlp.gate_proj.weight": (8192, 2048), f"{at}.mlp.up_proj.weight": (8192, 2048)}
        shapes |= {f"{at}.mlp.down_proj.weight": (2048, 8192), f"{at}.input_layernorm.weight": (2048,)}
    header, end = {}, 0
    for name, sizes in shapes.items():
        begin, end = end, end + 4 * math.prod(sizes)
        header[name] = {"dtype": "F32", "shape": sizes, "data_offsets": [begin, end]}
    text = json.dumps(header).encode()
    with (tmp_path / "model.safetensors").open("wb") as handle:
        handle.write(len(text).to_bytes(8, "little") + text)
        # As long as such weights are, and empty: it takes no room on the disk.
        handle.truncate(8 + len(text) + end)
    return tmp_path


def test_a_run_that_no_gpu_holds_is_refused_with_the_nearest_recipe_that_fits(llama):
    put("small", gpu_gib=8)
    put("larger", gpu_gib=14)

    with pytest.raises(Refusal) as caught:
        host_memory.require_memory(llama, Recipe(batch_size=8, gradient_checkpointing="off"), ROWS, device="cuda")

    assert caught.value.code == "too_large"
    assert "the largest GPU has 14.0 GiB" in str(caught.value)
    assert caught.value.hint == "The nearest recipe that fits has batch_size 4, accumulation 2."


def test_left_to_itself_the_recipe_recomputes_and_fits(llama):
    put("larger", gpu_gib=14)

    host_memory.require_memory(llama, Recipe(batch_size=8), ROWS, device="cuda")


def test_what_fits_one_place_a_run_may_come_to_is_not_refused(llama):
    put("both", gpu_gib=2, memory_gib=512)

    host_memory.require_memory(llama, Recipe(gradient_checkpointing="off"), ROWS, device="auto")


def test_nothing_is_refused_of_hosts_that_say_nothing(llama):
    host_memory.require_memory(llama, Recipe(), [131_072] * 64, device="cuda")


def test_a_student_that_fits_in_no_way_is_to_be_smaller(llama):
    put("tiny", gpu_gib=1)

    with pytest.raises(Refusal) as caught:
        host_memory.require_memory(llama, Recipe(), ROWS, device="cuda")

    assert "smaller student" in caught.value.hint


def test_launching_what_does_not_fit_writes_no_run(launch):
    put("here", memory_gib=(RUNTIME_BYTES["cpu"] + 1000) / GIB)

    with pytest.raises(Refusal, match="largest host"):
        launch()

    assert not TrainingRun.objects.exists()


def test_a_teacher_takes_its_share_of_every_device(llama):
    put("gpu", gpu_gib=16)
    teacher, recipe = Student(parameters=4_000_000_000), Recipe(objective="distil", gradient_checkpointing="on")

    host_memory.require_memory(llama, recipe, ROWS, device="cuda")
    with pytest.raises(Refusal) as caught:
        host_memory.require_memory(llama, recipe, [4096] * 64, device="cuda", teacher=teacher)

    assert "7.5 of them for its teacher" in str(caught.value)
    assert "batch_size" in caught.value.hint


def test_a_run_is_given_to_a_gpu_that_holds_the_allowances_too(launch, student, monkeypatch):
    put("gpu", gpu_gib=80)
    monkeypatch.setattr(preflight, "GPU_NODES", ("/",))

    run = launch(device="cuda")

    wanted = run.job.spec["needs"]["gpu_bytes"]
    assert run.estimate["memory_on"] == "cuda"
    assert wanted == round(run.estimate["needed_gib"] * GIB)
    assert wanted > run.estimate["memory_gib"] * GIB + RUNTIME_BYTES["cuda"]


@pytest.mark.parametrize(
    ("hosts_gib", "device", "place"),
    [
        ((), "auto", "cpu"),
        ((80,), "auto", "cuda"),
        ((80, 0), "auto", "cpu"),
        ((80,), "cpu", "cpu"),
        ((), "cuda", "cuda"),
    ],
)
def test_memory_is_told_for_the_device_a_run_will_come_to(version, student, monkeypatch, hosts_gib, device, place):
    for number, size in enumerate(hosts_gib):
        put(f"host-{number}", gpu_gib=size, memory_gib=64)
    monkeypatch.setattr(preflight, "GPU_NODES", ("/",))

    guess = forecast.forecast_of_form(
        RunRequest(dataset_version=version, student=student, device=device), recipe="demo"
    )

    assert guess.memory_on == place
