"""Whole runs on encoder–decoders: what they learn and leave, how they resume, and what they are refused for."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from accelerate.state import AcceleratorState
from peft import PeftModel
from safetensors.torch import load_file
from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

from training.engine.contracts import StudentRef
from training.engine.model import generate, loading

pytestmark = pytest.mark.engine
QUESTION = [{"role": "user", "content": "company: Northwind 0"}]


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize(
    ("family", "method"),
    [
        ("t5-untied", "lora"),
        ("umt5", "lora"),
        ("bart", "lora"),
        ("pegasus", "lora"),
        ("t5-untied", "full"),
        ("bart", "full"),
    ],
)
def test_every_family_learns_and_leaves_what_transformers_loads(
    family: str,
    method: str,
    seq2seq: Callable[..., Path],
    lay_run: Callable[..., Path],
    tune: Callable[[Path], int],
    result: Callable[[Path], dict[str, Any]],
    events: Callable[[Path, str], list[dict[str, Any]]],
) -> None:
    sample = {"id": "s1", "messages": QUESTION}
    run_dir = lay_run(
        "run", seq2seq(family), recipe={"method": method, "epochs": 1},
        sample_prompts=[sample], sample_max_new_tokens=8,
    )  # fmt: skip

    tune(run_dir)

    assert result(run_dir)["error"] is None
    summary = result(run_dir)["summary"]
    assert summary["validation_loss"] < summary["validation_loss_before"]
    assert any("padded, not packed" in line["message"] for line in events(run_dir, "log"))
    assert [line["id"] for line in events(run_dir, "sample")] == ["s1"]
    ours, theirs = tuned_here(seq2seq(family), run_dir, method), tuned_elsewhere(seq2seq(family), run_dir, method)
    ids = torch.tensor([ours.chat.prompt_ids(QUESTION)])
    assert torch.allclose(logits(ours.model, ids), logits(theirs, ids), atol=1e-5)
    assert AutoTokenizer.from_pretrained(run_dir / ("adapter" if method == "lora" else "model")).eos_token == "</s>"


def tuned_here(base: Path, run_dir: Path, method: str) -> loading.LoadedStudent:
    if method == "full":
        return loading.load(StudentRef(path=str(run_dir / "model")), dtype=torch.float32)
    return loading.load_tuned(loading.load(StudentRef(path=str(base)), dtype=torch.float32), run_dir / "adapter")


def tuned_elsewhere(base: Path, run_dir: Path, method: str) -> Any:
    """As PEFT or transformers reads it, with the best weights as the run kept them."""
    model: Any = AutoModelForSeq2SeqLM.from_pretrained(base)
    if method == "lora":
        return PeftModel.from_pretrained(model, str(run_dir / "adapter")).eval()
    missing, unexpected = model.load_state_dict(load_file(run_dir / "best" / "weights.safetensors"), strict=False)
    assert not unexpected
    model.tie_weights()
    return model.eval()


@torch.no_grad()
def logits(model: Any, ids: torch.Tensor) -> torch.Tensor:
    return model(input_ids=ids, decoder_input_ids=torch.tensor([[0, 20, 30, 40]])).logits


@pytest.fixture
def another_precision() -> Iterator[None]:
    """Accelerate keeps one precision for the life of a process: this test's goes when it ends."""
    before = dict(AcceleratorState._shared_state)
    AcceleratorState._reset_state()
    yield
    AcceleratorState._reset_state()
    AcceleratorState._shared_state.update(before)


@pytest.mark.slow(after_first=True)
@pytest.mark.usefixtures("another_precision")
@pytest.mark.parametrize(("family", "method"), [("t5-untied", "lora"), ("t5", "full"), ("bart", "lora")])
def test_half_precision_and_recomputed_activations_learn_as_well(
    family: str,
    method: str,
    seq2seq: Callable[..., Path],
    lay_run: Callable[..., Path],
    tune: Callable[[Path], int],
    result: Callable[[Path], dict[str, Any]],
) -> None:
    recipe = {"method": method, "epochs": 1, "dtype": "bf16", "gradient_checkpointing": "on"}
    run_dir = lay_run("run", seq2seq(family), recipe=recipe)

    tune(run_dir)

    assert result(run_dir)["error"] is None
    summary = result(run_dir)["summary"]
    assert summary["dtype"] == "bf16"
    assert summary["validation_loss"] < summary["validation_loss_before"]


@pytest.mark.slow
def test_four_answers_are_learnt_by_heart_and_written_again(
    seq2seq: Callable[..., Path],
    rows: list[dict[str, Any]],
    lay_run: Callable[..., Path],
    tune: Callable[[Path], int],
) -> None:
    recipe = {"method": "full", "learning_rate": 1e-2, "epochs": 100, "batch_size": 2, "eval_every_steps": 200}
    run_dir = lay_run("run", seq2seq("bart"), train=rows[:4], recipe=recipe)

    tune(run_dir)

    student = loading.load(StudentRef(path=str(run_dir / "model")), dtype=torch.float32)
    prompts = [row["prompt"] for row in rows[:4]]
    answers = generate.generate(student.model, student.chat, prompts, max_new_tokens=100)
    assert {answer.index: answer.text for answer in answers} == {
        number: row["completion"][0]["content"] for number, row in enumerate(rows[:4])
    }


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize("method", ["lora", "full"])
def test_a_resumed_run_ends_with_the_bits_of_the_uninterrupted_one(
    method: str,
    seq2seq: Callable[..., Path],
    lay_run: Callable[..., Path],
    tune: Callable[[Path], int],
    result: Callable[[Path], dict[str, Any]],
) -> None:
    recipe = {"method": method, "epochs": 3, "accumulation": 2, "checkpoint_every_steps": 2}
    folder = seq2seq("t5", dropout=0.1)
    straight = lay_run("straight", folder, recipe=recipe, keep_checkpoints=100)
    tune(straight)
    stopped = lay_run("stopped", folder, recipe=recipe)
    shutil.copytree(straight / "checkpoints", stopped / "checkpoints")
    kept = sorted((stopped / "checkpoints").iterdir())
    for later in kept[1:]:
        shutil.rmtree(later)

    resumed = lay_run("resumed", folder, recipe=recipe, resume_from=stopped)
    tune(resumed)

    assert len(kept) > 1
    assert 0 < result(resumed)["summary"]["resumed_from_step"] < result(straight)["summary"]["steps"]
    file = "adapter/adapter_model.safetensors" if method == "lora" else "model/model.safetensors"
    ours, theirs = load_file(straight / file), load_file(resumed / file)
    assert ours.keys() == theirs.keys()
    assert all(torch.equal(tensor, theirs[name]) for name, tensor in ours.items())


@pytest.mark.parametrize(
    ("recipe", "spec", "code"),
    [
        ({"objective": "dpo"}, {"start": {"path": "before", "method": "lora"}}, "not_for_encoder_decoders"),
        ({"objective": "kto"}, {"start": {"path": "before", "method": "lora"}}, "not_for_encoder_decoders"),
        ({"strategy": "fsdp2", "processes": 2}, {}, "not_for_encoder_decoders"),
        ({"packing": "on"}, {}, "cannot_pack"),
    ],
)
def test_what_is_made_for_decoders_alone_is_refused(
    recipe: dict[str, Any],
    spec: dict[str, Any],
    code: str,
    seq2seq: Callable[..., Path],
    lay_run: Callable[..., Path],
    tune: Callable[[Path], int],
    result: Callable[[Path], dict[str, Any]],
) -> None:
    run_dir = lay_run("run", seq2seq("t5"), recipe=recipe, **spec)

    tune(run_dir)

    error = result(run_dir)["error"]
    assert error["code"] == code
    assert error["hint"]


@pytest.mark.parametrize("is_teacher", [True, False])
def test_an_encoder_decoder_neither_teaches_nor_learns_by_distillation(
    is_teacher: bool,
    seq2seq: Callable[..., Path],
    student: Callable[..., Path],
    lay_run: Callable[..., Path],
    tune: Callable[[Path], int],
    result: Callable[[Path], dict[str, Any]],
) -> None:
    taught, teacher = (student(), seq2seq("t5")) if is_teacher else (seq2seq("t5"), student())
    run_dir = lay_run("run", taught, recipe={"objective": "distil"}, teacher={"path": str(teacher)})

    tune(run_dir)

    assert result(run_dir)["error"]["code"] == "not_for_encoder_decoders"


@pytest.mark.slow
def test_a_run_goes_on_from_a_tuned_encoder_decoder(
    seq2seq: Callable[..., Path],
    lay_run: Callable[..., Path],
    tune: Callable[[Path], int],
    result: Callable[[Path], dict[str, Any]],
) -> None:
    first = lay_run("first", seq2seq("bart"), recipe={"epochs": 1})
    tune(first)
    again = lay_run("again", seq2seq("bart"), recipe={"epochs": 1}, start={"path": "before", "method": "lora"})
    shutil.copytree(first / "adapter", again / "before")

    tune(again)

    before = result(first)["summary"]["validation_loss"]
    assert result(again)["summary"]["validation_loss_before"] == pytest.approx(before, abs=1e-5)
