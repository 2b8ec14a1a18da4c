"""The parts objectives are made of: layouts, log-probabilities, references, stacked adapters."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from accelerate import Accelerator
from peft import LoraConfig, get_peft_model
from safetensors.torch import load_file

from tests.training.engine.objectives.conftest import gradients, twin
from training.engine.data.completion_batch import collate_completions
from training.engine.data.pairs import AnswerPair
from training.engine.data.sft_rows import TokenRow
from training.engine.loss.log_probs import log_probs, token_log_probs
from training.engine.model import start_adapter
from training.engine.model.merged_lora import ADAPTER
from training.engine.objectives.prompt_sharing import can_share_prompts
from training.engine.objectives.reference import ReferenceLogProbs, adapter_switched_off

pytestmark = pytest.mark.engine
CPU = torch.device("cpu")


def groups(pairs: list[AnswerPair]) -> list[list[TokenRow]]:
    return [[pair.chosen, pair.rejected] for pair in pairs]


@pytest.mark.parametrize("family", ["llama", "qwen"])
def test_completions_behind_one_prompt_are_as_likely_as_alone(
    model: Any, network: Any, pairs: list[AnswerPair], family: str
) -> None:
    seen = network(model(family))

    with torch.no_grad():
        alone = log_probs(seen, collate_completions(groups(pairs), 0, share=False))
        shared = log_probs(seen, collate_completions(groups(pairs), 0, share=True))

    torch.testing.assert_close(shared, alone, atol=1e-4, rtol=1e-5)


def test_a_shared_prompt_is_read_once(pairs: list[AnswerPair]) -> None:
    alone, shared = (collate_completions(groups(pairs[:1]), 0, share=share) for share in (False, True))

    prompt = pairs[0].chosen.prompt_length
    assert alone.input_ids.shape[0] == 2
    assert shared.input_ids.numel() == pairs[0].length - prompt - 2
    assert sorted(shared.targets.tolist()) == sorted(alone.targets.tolist())


def test_students_share_prompts_where_they_read_them_alike(model: Any, network: Any) -> None:
    llama, gemma = network(model("llama")), network(model("gemma"))

    assert can_share_prompts(llama, longest=200)
    assert not can_share_prompts(gemma, longest=200)
    assert llama.model.training == model("llama").training


@pytest.mark.parametrize("bias", [False, True])
def test_a_tuned_output_layer_gets_the_gradient_autograd_gives(
    model: Any, network: Any, sequence: Callable[..., TokenRow], bias: bool
) -> None:
    ours = model("qwen", bare=True)
    if bias:
        ours.lm_head.bias = torch.nn.Parameter(torch.randn(97, generator=torch.Generator().manual_seed(1)))
    theirs = twin(ours)
    layout = collate_completions([[sequence(n, 5 + n, 9 - n)] for n in range(3)], 0, share=False)
    weights = torch.linspace(-1, 2, len(layout.targets))

    found = token_log_probs(network(ours), layout)
    (found * weights).sum().backward()
    scores = theirs(input_ids=layout.input_ids).logits.flatten(0, 1)[layout.positions]
    expected = torch.log_softmax(scores, 1).gather(1, layout.targets.unsqueeze(1)).squeeze(1)
    (expected * weights).sum().backward()

    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-5)
    for name, value in gradients(theirs).items():
        torch.testing.assert_close(gradients(ours)[name], value, atol=1e-4, rtol=1e-4, msg=name)


def test_the_reference_is_the_model_without_its_adapter_and_the_model_is_as_before(
    model: Any, network: Any, pairs: list[AnswerPair], measured: Any
) -> None:
    tuned, references = model(), ReferenceLogProbs()
    bare = network(model(bare=True))
    before = {name: p.requires_grad for name, p in tuned.named_parameters()}
    rows = [row for group in groups(pairs) for row in group]

    measured(references, network(tuned), rows)

    with torch.no_grad():
        expected = log_probs(bare, collate_completions([rows], 0, share=False))
    torch.testing.assert_close(references.of(rows, CPU), expected, atol=1e-4, rtol=1e-5)
    assert {name: p.requires_grad for name, p in tuned.named_parameters()} == before
    with torch.no_grad():
        assert not torch.allclose(
            log_probs(network(tuned), collate_completions([rows], 0, share=False)), expected, atol=0.1
        )


def test_the_reference_is_asked_once_and_again_only_when_its_file_is_damaged(
    model: Any, network: Any, pairs: list[AnswerPair], tmp_path: Path
) -> None:
    seen, rows = network(model()), [pair.chosen for pair in pairs]
    order = {"batch_size": 2, "folders": [tmp_path], "stop_if_asked": lambda: None}

    def ask(weights: str) -> bool:
        with adapter_switched_off(seen.model):
            return ReferenceLogProbs().measure(seen, Accelerator(cpu=True), rows, weights=weights, **order)  # type: ignore[arg-type]

    asked = [ask("a"), ask("a"), ask("b")]
    for file in tmp_path.rglob("*.safetensors"):
        file.write_bytes(file.read_bytes()[:20])
    asked.append(ask("a"))

    assert asked == [True, False, True, True]


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize("rslora", [False, True])
def test_stacked_adapters_are_the_sum_of_both(
    model: Any, network: Any, sequence: Callable[..., TokenRow], tmp_path: Path, rslora: bool
) -> None:
    rows = collate_completions([[sequence(n, 5, 7)] for n in range(3)], 0, share=False)
    for name, seed, rank in (("before", 5, 4), ("after", 6, 3)):
        config = LoraConfig(task_type="CAUSAL_LM", r=rank, lora_alpha=9, target_modules="all-linear", use_rslora=rslora)
        adapter = get_peft_model(model(bare=True), config)
        torch.manual_seed(seed)
        for key, parameter in adapter.named_parameters():
            if "lora_B" in key:
                torch.nn.init.normal_(parameter, std=0.2)
        adapter.save_pretrained(tmp_path / name)
    both = get_peft_model(model(bare=True), LoraConfig(task_type="CAUSAL_LM", r=1, target_modules="all-linear"))
    for name in ("before", "after"):
        both.load_adapter(tmp_path / name, adapter_name=name)
    both.base_model.set_adapter(["before", "after"])

    start_adapter.stack(tmp_path / "after", tmp_path / "before")

    stacked = get_peft_model(model(bare=True), LoraConfig(task_type="CAUSAL_LM", r=1, target_modules="all-linear"))
    stacked.load_adapter(tmp_path / "after", adapter_name="stacked")
    stacked.base_model.set_adapter("stacked")
    with torch.no_grad():
        torch.testing.assert_close(
            log_probs(network(stacked), rows), log_probs(network(both), rows), atol=1e-3, rtol=1e-5
        )
    assert json.loads((tmp_path / "after" / "adapter_config.json").read_text())["r"] == 7
    assert {
        value.shape[0]
        for key, value in load_file(tmp_path / "after" / start_adapter.WEIGHTS).items()
        if "lora_A" in key
    } == {7}


def test_an_adapter_beside_the_fresh_one_stays_frozen_while_that_is_switched_off(
    model: Any, network: Any, sequence: Callable[..., TokenRow], tmp_path: Path
) -> None:
    begun = model()
    begun.save_pretrained(tmp_path)
    fresh = get_peft_model(model(bare=True), LoraConfig(task_type="CAUSAL_LM", r=2, target_modules="all-linear"))
    start_adapter.load_beside(fresh, tmp_path)
    rows = collate_completions([[sequence(n, 5, 7)] for n in range(3)], 0, share=False)

    with adapter_switched_off(fresh):
        reference = log_probs(network(fresh), rows)

    with torch.no_grad():
        torch.testing.assert_close(reference, log_probs(network(begun), rows), atol=1e-4, rtol=1e-5)
    tuned = [name for name, parameter in fresh.named_parameters() if parameter.requires_grad]
    assert tuned
    assert all(f".{ADAPTER}." in name for name in tuned)
