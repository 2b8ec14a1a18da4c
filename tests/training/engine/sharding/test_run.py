"""Sharded runs on two processes that talk by gloo, against one process with the same global batch."""

from __future__ import annotations

import signal

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM

from tests.training.engine import ranks
from tests.training.engine.objectives.test_run import imitated, once, preference, shelf  # noqa: F401

pytestmark = pytest.mark.engine
TWO = {"processes": 2, "strategy": "fsdp2"}
# Every step is clipped: the norm is one of all parts together.
FULL = {"method": "full", "learning_rate": 1e-3, "max_grad_norm": 0.5, "epochs": 3, "checkpoint_every_steps": 3}
WEIGHTS = {"lora": "adapter/adapter_model.safetensors", "full": "model/model.safetensors"}
SAMPLE = {"id": "one", "messages": [{"role": "user", "content": "company: Ostra"}]}


def curve(events, run_dir):
    return {e["step"]: (e["loss"], e["grad_norm"]) for e in events(run_dir, "metric") if "loss" in e}


def require_like(events, run_dir, other, *, rel=1e-5):
    mine, theirs = curve(events, run_dir), curve(events, other)
    assert mine.keys() == theirs.keys()
    assert all(mine[step] == pytest.approx(theirs[step], rel=rel) for step in mine)


def form_of(path):
    """All that a weights file says but its numbers."""
    with safe_open(path, "pt") as file:
        tensors = {name: file.get_slice(name) for name in file.keys()}  # noqa: SIM118
        return file.metadata(), {name: (part.get_shape(), part.get_dtype()) for name, part in tensors.items()}


def form_of_state(tree):
    if isinstance(tree, torch.Tensor):
        assert type(tree) is torch.Tensor
        return tree.dtype, tuple(tree.shape), str(tree.device)
    if isinstance(tree, dict):
        return {key: form_of_state(value) for key, value in tree.items()}
    return [form_of_state(value) for value in tree] if isinstance(tree, (list, tuple)) else type(tree)


def newest(run_dir):
    return sorted((run_dir / "checkpoints").iterdir())[-1]


@pytest.mark.slow
def test_all_weights_in_parts_are_tuned_as_in_one_process_and_a_stopped_run_ends_bit_for_bit_alike(
    student, lay_run, pair, tune, result, events
):  # fmt: skip
    more = {"sample_prompts": [SAMPLE], "sample_max_new_tokens": 4}
    alone = lay_run("alone", student(), recipe={**FULL, "accumulation": 4}, **more)
    together = lay_run("together", student(), recipe={**FULL, "accumulation": 2, **TWO}, **more)
    cut = lay_run("cut", student(), recipe={**FULL, "accumulation": 2, **TWO}, **more)

    tune(alone)
    with ranks.two("training.engine", cut, log=cut / "engine.log") as stopped:
        ranks.wait_for_step(cut, 2)
        for process in stopped:
            process.send_signal(signal.SIGTERM)
        statuses = [process.wait(240) for process in stopped]

    assert statuses == [0, 0], ranks.logs(cut / "engine.log")
    assert pair(run=together) == [0, 0]
    require_like(events, together, alone)
    one, two = result(alone)["summary"], result(together)["summary"]
    same = ("steps", "best_step", "trainable_parameters", "total_parameters", "artefact")
    assert {name: one[name] for name in same} == {name: two[name] for name in same}
    assert two["validation_loss"] == pytest.approx(one["validation_loss"], rel=1e-5)
    assert [e["text"] for e in events(together, "sample")] == [e["text"] for e in events(alone, "sample")]
    assert [file["path"] for file in result(together)["artefacts"]] == [f["path"] for f in result(alone)["artefacts"]]
    for name in (WEIGHTS["full"], "best/weights.safetensors"):
        assert form_of(together / name) == form_of(alone / name)
    saved = [
        torch.load(newest(run_dir) / "optimiser.pt", weights_only=True)["optimiser"] for run_dir in (together, alone)
    ]
    assert form_of_state(saved[0]) == form_of_state(saved[1])
    AutoModelForCausalLM.from_pretrained(together / "model")

    assert result(cut)["outcome"] == "stopped"
    resumed = lay_run("resumed", student(), recipe={**FULL, "accumulation": 2, **TWO}, resume_from=cut, **more)
    assert pair(run=resumed) == [0, 0]
    assert 1 <= result(resumed)["summary"]["resumed_from_step"] < two["steps"]
    assert (resumed / WEIGHTS["full"]).read_bytes() == (together / WEIGHTS["full"]).read_bytes()
    whole = curve(events, together)
    assert all(values == whole[step] for step, values in curve(events, resumed).items())


def test_adapters_in_parts_are_tuned_as_in_one_process_where_batches_do_not_come_out_even(
    student, lay_run, pair, tune, events, rows
):  # fmt: skip
    recipe = {"learning_rate": 1e-2, "max_grad_norm": 0.5, "packing": "off"}
    alone = lay_run("alone", student("gemma"), recipe={**recipe, "accumulation": 2}, train=rows[:6])
    together = lay_run("together", student("gemma"), recipe={**recipe, **TWO}, train=rows[:6])

    tune(alone)

    assert pair(run=together) == [0, 0]
    require_like(events, together, alone)
    assert form_of(together / WEIGHTS["lora"]) == form_of(alone / WEIGHTS["lora"])
    one, two = (load_file(run_dir / WEIGHTS["lora"]) for run_dir in (alone, together))
    # AdamW turns rounding of gradients near zero into steps of full length; as a whole they are the same.
    assert all((two[name] - one[name]).norm() < 1e-4 * one[name].norm() for name in one)


@pytest.mark.slow
def test_preferences_are_learnt_in_parts_as_in_one_process(student, imitated, preference, pair, tune, events):  # noqa: F811
    recipe = {"epochs": 1, "anchor": 0.5, "batch_size": 3}
    alone = preference("alone", student(), imitated / "adapter", "dpo", recipe={**recipe, "accumulation": 2})
    together = preference("together", student(), imitated / "adapter", "dpo", recipe={**recipe, **TWO})

    tune(alone)

    assert pair(run=together) == [0, 0]
    require_like(events, together, alone, rel=2e-5)
