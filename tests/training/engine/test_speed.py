"""Whole runs with and without what makes them fast: other layouts, the same numbers."""

from __future__ import annotations

import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM

from tests.training.engine import ranks
from training.engine.contracts import TrainError
from training.engine.model import compilation

pytestmark = pytest.mark.engine


def losses(told):
    return [event["loss"] for event in told if "loss" in event]


def adapter(run_dir):
    return load_file(run_dir / "adapter" / "adapter_model.safetensors")


def messages(run_dir, events):
    return " ".join(event["message"] for event in events(run_dir, "log"))


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize("family", ["llama", "gemma"])
def test_a_packed_run_has_the_losses_and_weights_of_a_padded_one(student, lay_run, tune, events, family):
    recipe = {"accumulation": 2, "batch_size": 3, "learning_rate": 1e-3}
    packed, padded = (
        lay_run(packing, student(family), recipe=recipe | {"packing": packing}) for packing in ("on", "off")
    )

    statuses = [tune(packed), tune(padded)]

    assert statuses == [0, 0]
    assert "padded" not in messages(packed, events)
    assert "rows are padded, not packed: the recipe turns it off" in messages(padded, events)
    for kind in ("loss", "val_loss", "grad_norm"):
        got, expected = ([e[kind] for e in events(run, "metric") if kind in e] for run in (packed, padded))
        assert got == pytest.approx(expected, rel=1e-4), kind
    for name, tensor in adapter(padded).items():
        torch.testing.assert_close(adapter(packed)[name], tensor, atol=1e-4, rtol=1e-3, msg=name)


@pytest.mark.slow
def test_a_student_that_cannot_pack_is_padded_and_refused_where_packing_is_insisted_on(
    student, lay_run, tune, events, result, monkeypatch
):
    monkeypatch.setattr("training.engine.model.packed_reading.KNOWN_LAYERS", frozenset({"full_attention"}))
    by_itself, insisted = (
        lay_run(packing, student("gemma"), recipe={"epochs": 1, "packing": packing}) for packing in ("auto", "on")
    )

    statuses = [tune(by_itself), tune(insisted)]

    assert statuses == [0, 1]
    assert "rows are padded, not packed: it has layers other than" in messages(by_itself, events)
    assert result(insisted)["error"]["code"] == "cannot_pack"


@pytest.mark.slow
def test_runs_that_share_tokens_end_with_the_same_bits(student, lay_run, tune, tmp_path):
    alone = lay_run("alone", student())
    sharing = [lay_run(name, student(), token_cache=str(tmp_path / "cache")) for name in ("first", "second")]

    statuses = [tune(run) for run in (alone, *sharing)]

    assert statuses == [0, 0, 0]
    # One file of training rows, one of validation rows.
    assert len(list((tmp_path / "cache").glob("*.tokens"))) == 2
    for run in sharing:
        assert all(torch.equal(adapter(run)[name], tensor) for name, tensor in adapter(alone).items())


@pytest.mark.slow
def test_two_processes_have_the_losses_of_one_at_the_same_global_batch(student, lay_run, tune, events, rows, tmp_path):
    # Of lengths that differ, and a last step too small for both.
    train = [dict(row, completion=[{"role": "assistant", "content": "Hi there. " * (n % 5 + 1)}])
             for n, row in enumerate(rows[:13])]  # fmt: skip
    one = lay_run("one", student(), train=train, recipe={"batch_size": 2, "accumulation": 2, "epochs": 1})
    two = lay_run("two", student(), train=train, recipe={"batch_size": 2, "accumulation": 1, "epochs": 1})
    tune(one)

    log = two / "engine.log"
    with ranks.two("training.engine", two, log=log, ACCELERATE_USE_CPU="true") as processes:
        statuses = [process.wait(120) for process in processes]

    assert statuses == [0, 0], ranks.logs(log)
    assert "padded" not in messages(one, events) + messages(two, events)
    assert losses(events(two, "metric")) == pytest.approx(losses(events(one, "metric")), rel=1e-5)
    for name, tensor in adapter(one).items():
        torch.testing.assert_close(adapter(two)[name], tensor, atol=1e-5, rtol=1e-3, msg=name)


@pytest.mark.slow
def test_compiled_layers_compute_the_same(student, monkeypatch):
    # Traced and differentiated as for any compiler, but run as it is: the compiler itself takes a minute.
    plain, compiled = (AutoModelForCausalLM.from_pretrained(student("gemma"), dtype=torch.float32) for _ in range(2))
    monkeypatch.setattr(torch.nn.Module, "compile", _traced)
    ids = torch.randint(5, 300, (2, 40))

    count = compilation.compile_layers(compiled, torch.device("cpu"))
    expected, got = (model(input_ids=ids, labels=ids).loss for model in (plain, compiled))
    expected.backward()
    got.backward()

    assert count == 2
    torch.testing.assert_close(got, expected)
    for (name, mine), other in zip(compiled.named_parameters(), plain.parameters(), strict=True):
        torch.testing.assert_close(mine.grad, other.grad, atol=1e-5, rtol=1e-4, msg=name)


def _traced(module, *args, **kwargs):
    module._compiled_call_impl = torch.compile(module._call_impl, *args, backend="aot_eager", **kwargs)


def test_compiling_never_pays_on_a_cpu_and_is_refused_without_a_compiler(student, monkeypatch):
    model = AutoModelForCausalLM.from_pretrained(student(), dtype=torch.float32)
    cpu = torch.device("cpu")

    may_pay = compilation.is_worthwhile(cpu)
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(TrainError) as refused:
        compilation.compile_layers(model, cpu)

    assert not may_pay
    assert refused.value.code == "no_compiler"


@pytest.mark.slow
def test_a_long_run_on_a_cpu_times_both_layouts_and_keeps_one(student, lay_run, tune, events):
    recipe = {"batch_size": 1, "epochs": 8, "packing": "auto", "eval_every_steps": 1000, "sample_every_steps": 1000}
    timed = lay_run("timed", student(), recipe=recipe)
    padded = lay_run("padded", student(), recipe=recipe | {"packing": "off"})

    statuses = [tune(timed), tune(padded)]

    assert statuses == [0, 0]
    chosen = [line for line in messages(timed, events).split("rows are ") if "from here on" in line]
    assert len(chosen) == 1
    assert "over 4 steps each" in chosen[0]
    got, expected = (losses(events(run, "metric")) for run in (timed, padded))
    assert got == pytest.approx(expected, rel=1e-3)
