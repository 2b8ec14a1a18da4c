"""Whole runs: in a subprocess as a supervisor starts them, and in this process where that shows the same."""

from __future__ import annotations

import hashlib
import json
import shutil
import signal

import pytest
import torch
from peft import PeftModel
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM, AutoTokenizer

from tests.training.engine.ranks import wait_for_step

pytestmark = pytest.mark.engine

# A base of random weights gives adapters nothing to lean on, so they are wide and have long.
BY_HEART = {
    "rank": 64, "learning_rate": 3e-3, "epochs": 100, "batch_size": 4,
    "eval_every_steps": 300, "sample_every_steps": 300, "checkpoint_every_steps": 300,
}  # fmt: skip


def weights(run_dir, artefact="adapter/adapter_model.safetensors"):
    return load_file(run_dir / artefact)


def assert_bit_equal(one, other):
    assert one.keys() == other.keys()
    for name, tensor in one.items():
        assert torch.equal(tensor, other[name]), name


@pytest.mark.slow
def test_a_run_stopped_by_sigterm_and_resumed_ends_where_the_uninterrupted_one_ends(
    student, lay_run, start, tune, result, events
):
    recipe = {"epochs": 10, "dropout": 0.05, "accumulation": 2}
    sample = {"id": "s1", "messages": [{"role": "user", "content": "company: Northwind 0"}]}
    options = {"sample_prompts": [sample], "sample_max_new_tokens": 8}
    straight, stopped = (lay_run(name, student(), recipe=recipe, **options) for name in ("straight", "stopped"))
    tune(straight)

    engine = start(stopped)
    wait_for_step(stopped, 6)
    engine.send_signal(signal.SIGTERM)
    status = engine.wait(240)
    resumed = lay_run("resumed", student(), recipe=recipe, resume_from=stopped, **options)
    tune(resumed)

    assert status == 0
    assert result(stopped)["outcome"] == "stopped"
    assert result(resumed)["outcome"] == "succeeded"
    left_at = result(resumed)["summary"]["resumed_from_step"]
    assert 6 <= left_at < 40
    assert events(stopped, "checkpoint")[-1]["step"] == left_at
    assert_bit_equal(weights(straight), weights(resumed))
    losses = [(e["step"], e["loss"]) for e in events(straight, "metric") if "loss" in e]
    assert losses[left_at:] == [(e["step"], e["loss"]) for e in events(resumed, "metric") if "loss" in e]
    assert events(straight, "sample")[-1] == events(resumed, "sample")[-1]
    assert result(straight)["summary"]["best_step"] == result(resumed)["summary"]["best_step"]


@pytest.mark.slow
def test_a_run_leaves_a_verified_adapter_samples_and_figures(student, lay_run, tune, result, events):
    sample = {"id": "s1", "messages": [{"role": "user", "content": "company: Northwind 0"}]}
    run_dir = lay_run("run", student(), sample_prompts=[sample], sample_max_new_tokens=8)

    status = tune(run_dir)

    assert status == 0
    ended = result(run_dir)
    assert ended["outcome"] == "succeeded"
    summary = ended["summary"]
    assert (summary["steps"], summary["epochs"], summary["rows"], summary["rank"]) == (16, 2.0, 16, 4)
    assert summary["validation_loss"] < summary["validation_loss_before"]
    assert 0 < summary["trainable_parameters"] < summary["total_parameters"]
    assert summary["environment"]["packages"]["torch"]
    assert {"adapter/adapter_config.json", "adapter/adapter_model.safetensors", "adapter/tokenizer.json"} <= {
        artefact["path"] for artefact in ended["artefacts"]
    }
    for artefact in ended["artefacts"]:
        assert hashlib.sha256((run_dir / artefact["path"]).read_bytes()).hexdigest() == artefact["sha256"]
    assert str(student()) not in (run_dir / "adapter" / "adapter_config.json").read_text()
    assert [e["step"] for e in events(run_dir, "metric") if "loss" in e] == list(range(1, 17))
    assert [e["step"] for e in events(run_dir, "metric") if "val_loss" in e] == [0, 8, 16]
    assert [(e["step"], e["id"]) for e in events(run_dir, "sample")] == [(8, "s1"), (16, "s1")]
    assert events(run_dir, "progress")[-1]["done"] == 16


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize("family", ["llama", "qwen", "gemma", "gemma-vision"])
def test_every_family_learns_by_lora_and_its_adapter_loads_with_peft(student, lay_run, tune, result, family):
    run_dir = lay_run("run", student(family), recipe={"epochs": 1})

    tune(run_dir)

    assert result(run_dir)["error"] is None
    names = list(weights(run_dir))
    assert names
    assert not [name for name in names if "vision" in name or "lm_head" in name]
    base = AutoModelForCausalLM.from_pretrained(student(family))
    assert PeftModel.from_pretrained(base, str(run_dir / "adapter"))
    assert AutoTokenizer.from_pretrained(run_dir / "adapter").chat_template


@pytest.mark.slow
def test_full_fine_tuning_leaves_a_model_that_loads_by_itself(student, lay_run, tune, result):
    run_dir = lay_run("run", student(), recipe={"method": "full", "learning_rate": 1e-3})

    tune(run_dir)

    summary = result(run_dir)["summary"]
    assert summary["trainable_parameters"] == summary["total_parameters"]
    assert summary["validation_loss"] < summary["validation_loss_before"]
    tuned = AutoModelForCausalLM.from_pretrained(run_dir / "model").state_dict()
    base = AutoModelForCausalLM.from_pretrained(student()).state_dict()
    assert tuned.keys() == base.keys()
    assert not any(torch.equal(tuned[name], base[name].float()) for name in tuned)


@pytest.mark.slow
def test_four_examples_are_learnt_by_heart(student, lay_run, rows, tune, result, events):
    samples = [{"id": row["id"], "messages": row["prompt"]} for row in rows[:4]]
    run_dir = lay_run(
        "run", student("llama-wide"), train=rows[:4] * 3, sample_prompts=samples, sample_max_new_tokens=120,
        recipe=BY_HEART,
    )  # fmt: skip

    tune(run_dir)

    assert result(run_dir)["summary"]["train_loss"] < 0.01
    written = {event["id"]: event["text"] for event in events(run_dir, "sample")}
    assert written == {row["id"]: row["completion"][0]["content"] for row in rows[:4]}


@pytest.mark.slow
def test_the_end_of_the_turn_is_learnt_where_padding_is_the_same_token(student, lay_run, rows, tune, events):
    samples = [{"id": rows[0]["id"], "messages": rows[0]["prompt"]}]
    run_dir = lay_run(
        "run", student("llama-wide", pad_is_end=True), train=rows[:4] * 3, sample_prompts=samples,
        sample_max_new_tokens=120, recipe=BY_HEART,
    )  # fmt: skip

    tune(run_dir)

    assert events(run_dir, "sample")[-1]["text"] == rows[0]["completion"][0]["content"]


@pytest.mark.slow
def test_the_best_weights_by_validation_are_what_a_run_leaves(student, lay_run, tune, result, events):
    recipe = {"learning_rate": 0.05, "epochs": 4, "eval_every_steps": 4}
    run_dir = lay_run("run", student(), recipe=recipe)

    tune(run_dir)

    losses = {e["step"]: e["val_loss"] for e in events(run_dir, "metric") if "val_loss" in e and e["step"]}
    summary = result(run_dir)["summary"]
    assert summary["best_step"] == min(losses, key=losses.get)
    assert summary["validation_loss"] == min(losses.values())
    best = load_file(run_dir / "best" / "weights.safetensors")
    left = weights(run_dir)
    assert {name.replace(".default", "") for name in best} == set(left)
    for name, tensor in best.items():
        assert torch.equal(tensor, left[name.replace(".default", "")])


@pytest.mark.slow
def test_a_damaged_newest_checkpoint_gives_way_to_the_one_before(student, lay_run, tune, result, events):
    recipe = {"epochs": 2, "checkpoint_every_steps": 4}
    first = lay_run("first", student(), recipe=recipe)
    tune(first)
    shutil.rmtree(first / "checkpoints" / "step-00000016")
    shutil.copytree(first / "checkpoints" / "step-00000012", first / "checkpoints" / "step-00000014")
    (first / "checkpoints" / "step-00000014" / "weights.safetensors").write_bytes(b"torn")
    second = lay_run("second", student(), recipe=recipe, resume_from=first)

    tune(second)

    assert result(second)["summary"]["resumed_from_step"] == 12
    assert "step-00000014 is damaged" in events(second, "log")[0]["message"]
    assert_bit_equal(weights(first), weights(second))


@pytest.mark.slow
def test_a_checkpoint_of_another_recipe_is_refused(student, lay_run, tune, result):
    first = lay_run("first", student())
    tune(first)
    second = lay_run("second", student(), recipe={"learning_rate": 1e-4}, resume_from=first)

    status = tune(second)

    assert status == 1
    assert result(second)["error"]["code"] == "other_run"


@pytest.mark.parametrize(
    ("recipe", "spec", "code"),
    [
        ({"max_length": 16}, {}, "rows_too_long"),
        ({"dtype": "fp16"}, {}, "fp16_on_cpu"),
        ({"quantise": "nf4"}, {}, "qlora_needs_gpu"),
        ({"rank": 0}, {}, "bad_spec"),
        ({}, {"train_file": "../train.jsonl"}, "bad_spec"),
        ({}, {"student": {"path": "/nowhere"}}, "student_not_found"),
        ({}, {"student": {"path": "../student"}}, "bad_spec"),
        ({}, {"student": {"hub_id": "some/model"}}, "bad_spec"),
        ({}, {"allowed_roots": ["/nowhere"]}, "student_outside_roots"),
    ],
)
def test_what_cannot_run_fails_with_a_code_and_a_message(student, lay_run, tune, result, recipe, spec, code):
    run_dir = lay_run("run", student(), recipe=recipe, **spec)

    status = tune(run_dir)

    ended = result(run_dir)
    assert status == 1
    assert (ended["outcome"], ended["error"]["code"]) == ("failed", code)
    assert ended["error"]["message"]


@pytest.mark.parametrize("validation", ["validation.jsonl", None])
def test_a_loss_that_is_no_number_ends_the_run_with_a_reason(student, lay_run, tune, result, tmp_path, validation):
    broken = shutil.copytree(student(), tmp_path / "broken")
    tensors = load_file(broken / "model.safetensors")
    tensors["model.norm.weight"] *= float("nan")
    save_file(tensors, broken / "model.safetensors", metadata={"format": "pt"})
    run_dir = lay_run("run", broken, validation_file=validation)

    tune(run_dir)

    error = result(run_dir)["error"]
    assert (error["code"], "nan" in error["message"]) == ("diverged", True)


def test_a_gpu_asked_for_is_used_or_refused_clearly(student, lay_run, tune, result):
    run_dir = lay_run("run", student(), device="cuda")

    tune(run_dir)

    ended = result(run_dir)
    if torch.cuda.is_available():
        assert ended["summary"]["device"] == "cuda"
    else:
        assert ended["error"]["code"] == "no_gpu"


def test_an_engine_whose_lease_goes_stale_saves_and_stops(student, lay_run, tune, result, events):
    run_dir = lay_run("run", student(), recipe={"epochs": 100})
    spec = json.loads((run_dir / "spec.json").read_text())
    (run_dir / "spec.json").write_text(json.dumps({**spec, "lease_s": 0.5}))
    (run_dir / "lease").write_text("0.0")

    tune(run_dir)

    assert result(run_dir)["outcome"] == "stopped"


@pytest.mark.slow
def test_samples_repeat_no_run_of_tokens_where_the_task_says_so(student, lay_run, tune, events):
    sample = {"id": "s1", "messages": [{"role": "user", "content": "company: Northwind 0"}]}
    texts = {}
    for ngram in (0, 1):
        run_dir = lay_run(
            f"run-{ngram}", student(), sample_prompts=[sample], sample_max_new_tokens=40, sample_no_repeat_ngram=ngram
        )
        tune(run_dir)
        texts[ngram] = events(run_dir, "sample")[0]["text"]

    # Greedy and barely tuned, a tiny student says one thing for ever.
    assert len(set(texts[0])) < 6, texts[0]
    assert len(set(texts[1])) > 20, texts[1]
