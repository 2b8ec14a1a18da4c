"""An expert taken out of a mixture computes what the mixture computes when its router chooses nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from transformers import MixtralConfig, MixtralForCausalLM, Qwen3MoeConfig, Qwen3MoeForCausalLM

from jobs.contracts import SpecEnvelope
from jobs.rundir import RunDir, write_spec
from tests.training.engine.conftest import make_model, make_tokenizer
from training.engine import isolate_expert

pytestmark = pytest.mark.engine
SHAPE = {
    "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "num_key_value_heads": 1,
    "num_experts_per_tok": 2, "max_position_embeddings": 256, "tie_word_embeddings": False,
    "eos_token_id": 1, "pad_token_id": 0,
}  # fmt: skip
OWN = {
    "mixtral": (MixtralForCausalLM, MixtralConfig, {"intermediate_size": 24, "num_local_experts": 4}),
    "qwen3_moe": (
        Qwen3MoeForCausalLM,
        Qwen3MoeConfig,
        {"intermediate_size": 40, "moe_intermediate_size": 24, "num_experts": 4, "head_dim": 8, "norm_topk_prob": True},
    ),
}


def mixture_of(family: str, **more: Any) -> Any:
    torch.manual_seed(3)
    model_class, config_class, own = OWN[family]
    model = model_class(config_class(vocab_size=len(make_tokenizer()), **{**SHAPE, **own, **more}))
    for layer in model.model.layers:
        if hasattr(layer.mlp, "gate"):
            nn.init.normal_(layer.mlp.gate.weight)
    return model.eval()


@pytest.fixture(params=OWN)
def mixture(request: pytest.FixtureRequest) -> Any:
    return mixture_of(request.param)


def force(model: Any, experts: list[int]) -> None:
    """Have each layer's router give all weight to one expert."""
    for layer, expert in zip(model.model.layers, experts, strict=True):

        def chosen(
            _module: nn.Module, _given: object, told: tuple[Tensor, ...], expert: int = expert
        ) -> tuple[Tensor, ...]:
            logits, scores, places = told
            only = torch.zeros_like(scores)
            only[:, 0] = 1.0
            other = torch.full_like(places, (expert + 1) % 4)
            other[:, 0] = expert
            return logits, only, other

        layer.mlp.gate.register_forward_hook(chosen)


def test_the_dense_student_equals_the_mixture_with_forced_routing(mixture: Any) -> None:
    tokens = torch.randint(5, 200, (2, 12), generator=torch.Generator().manual_seed(1))
    dense = isolate_expert.isolate(mixture, [2, 1])
    free = mixture(tokens).logits

    force(mixture, [2, 1])

    forced = mixture(tokens).logits
    assert torch.allclose(dense(tokens).logits, forced, atol=1e-6)
    assert not torch.allclose(free, forced, atol=1e-3)


def test_the_router_tells_how_much_a_tasks_texts_use_each_expert(mixture: Any) -> None:
    counts = torch.zeros(2, 4)
    rows = [torch.arange(5, 25), torch.arange(60, 90)]
    for place, layer in enumerate(mixture.model.layers):

        def count(_module: nn.Module, _given: object, told: tuple[Tensor, ...], place: int = place) -> None:
            for scores, experts in zip(told[1].detach(), told[2], strict=True):
                counts[place, experts] += scores

        layer.mlp.gate.register_forward_hook(count)
    read: list[int] = []

    shares = isolate_expert.routed_weight(mixture, rows, read.append)

    assert torch.allclose(shares, counts / counts.sum(dim=1, keepdim=True), atol=1e-6)
    assert read == [1, 2]


@pytest.fixture
def isolate(tmp_path: Path, rows: list[dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    """Runs the engine on a model, as a supervisor does, and returns what it ended with."""

    def run(name: str, model: Any) -> dict[str, Any]:
        folder, run_dir = tmp_path / "roots" / "model", tmp_path / name
        make_tokenizer().save_pretrained(folder)
        model.save_pretrained(folder)
        run_dir.mkdir()
        (run_dir / "train.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
        out = {choice: str(tmp_path / "roots" / choice) for choice in ("most", "least")}
        body = {
            "student": {"path": str(folder)},
            "texts_file": "train.jsonl",
            "allowed_roots": [str(folder.parent)],
            **out,
        }
        write_spec(run_dir, SpecEnvelope(job="1", kind="isolation", fence=1, lease_s=60, body=body))
        isolate_expert.main(RunDir.open(run_dir))
        return dict(json.loads((run_dir / "result.json").read_text()))

    return run


@pytest.mark.slow
def test_two_students_are_written_that_the_engine_tunes_and_a_second_attempt_writes_none_anew(
    mixture: Any,
    isolate: Callable[..., dict[str, Any]],
    lay_run: Callable[..., Path],
    tune: Callable[[Path], int],
    result: Callable[[Path], dict[str, Any]],
    tmp_path: Path,
) -> None:
    first = isolate("first", mixture)

    assert first["outcome"] == "succeeded", first
    most, least = (Path(first["summary"][choice]["path"]) for choice in ("most", "least"))
    about = [json.loads((folder / isolate_expert.MANIFEST).read_text()) for folder in (most, least)]
    for layer, shares in enumerate(about[0]["shares"]):
        assert shares[about[0]["experts"][layer]] == max(shares) > min(shares) == shares[about[1]["experts"][layer]]
    assert (about[0]["texts"], about[0]["mixture"]["path"]) == (16, str(tmp_path / "roots" / "model"))
    assert first["summary"]["most"]["parameters"] == first["summary"]["least"]["parameters"]
    run_dir = lay_run("run", most, allowed_roots=[str(most.parent)], recipe={"epochs": 1})
    assert tune(run_dir) == 0
    assert result(run_dir)["outcome"] == "succeeded"
    written = (most / "model.safetensors").stat().st_mtime_ns
    assert isolate("second", mixture)["summary"] == first["summary"]
    assert (most / "model.safetensors").stat().st_mtime_ns == written


@pytest.mark.slow
@pytest.mark.parametrize("name", ["llama", "some layers without experts"])
def test_what_has_other_layers_is_refused_before_its_weights_are_read(
    name: str, isolate: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    dense_too = {"mlp_only_layers": [1]}
    model = make_model("llama", len(make_tokenizer())) if name == "llama" else mixture_of("qwen3_moe", **dense_too)

    refused = isolate("run", model)

    assert (refused["outcome"], refused["error"]["code"]) == ("failed", "no_mixture")
    assert "Choose a Mixtral or a Qwen3 with experts" in refused["error"]["hint"]
    assert not (tmp_path / "roots" / "most").exists()
