"""An expert taken out of a mixture computes what the mixture computes when its router chooses nothing else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from transformers import MixtralConfig, MixtralForCausalLM

from tests.training.engine.conftest import make_model, make_tokenizer
from training.engine import isolate_expert

pytestmark = pytest.mark.engine


@pytest.fixture
def mixture() -> MixtralForCausalLM:
    torch.manual_seed(3)
    shape = {
        "hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 2, "num_attention_heads": 2, "num_key_value_heads": 1,
        "num_local_experts": 4, "num_experts_per_tok": 2, "max_position_embeddings": 256, "tie_word_embeddings": False,
    }  # fmt: skip
    model = MixtralForCausalLM(MixtralConfig(vocab_size=len(make_tokenizer()), eos_token_id=1, pad_token_id=0, **shape))
    for layer in model.model.layers:
        nn.init.normal_(layer.mlp.gate.weight)
    return model.eval()


def force(model: MixtralForCausalLM, experts: list[int]) -> None:
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


def test_the_dense_student_equals_the_mixture_with_forced_routing(mixture: MixtralForCausalLM) -> None:
    tokens = torch.randint(5, 200, (2, 12), generator=torch.Generator().manual_seed(1))
    dense = isolate_expert.isolate(mixture, [2, 1])
    free = mixture(tokens).logits

    force(mixture, [2, 1])

    forced = mixture(tokens).logits
    assert torch.allclose(dense(tokens).logits, forced, atol=1e-6)
    assert not torch.allclose(free, forced, atol=1e-3)


def test_the_router_tells_which_expert_a_tasks_texts_use_most(mixture: MixtralForCausalLM) -> None:
    counts = torch.zeros(2, 4)
    rows = [torch.arange(5, 25), torch.arange(60, 90)]
    for place, layer in enumerate(mixture.model.layers):

        def count(_module: nn.Module, _given: object, told: tuple[Tensor, ...], place: int = place) -> None:
            for scores, experts in zip(told[1].detach(), told[2], strict=True):
                counts[place, experts] += scores

        layer.mlp.gate.register_forward_hook(count)

    assert isolate_expert.most_used(mixture, rows) == counts.argmax(dim=1).tolist()


def test_what_is_not_there_is_named_with_the_way_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    texts, latin = tmp_path / "texts.txt", tmp_path / "latin.txt"
    texts.write_text("A short mail.")
    latin.write_bytes(b"Gr\xfc\xdfe")
    asked = [
        (
            [tmp_path / "moe", tmp_path / "none.txt"],
            "none.txt cannot be read: No such file or directory. Name a UTF-8 file",
        ),
        ([tmp_path / "moe", latin], "latin.txt cannot be read: it is not UTF-8."),
        ([tmp_path / "moe", texts], "it has no config.json. Name the folder of a Mixtral"),
    ]

    for paths, words in asked:
        assert isolate_expert.main([*map(str, paths), str(tmp_path / "out")]) == 1
        assert words in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_it_is_written_as_a_student_that_the_engine_tunes_and_others_are_refused(
    mixture: MixtralForCausalLM,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    lay_run: Callable[..., Path],
    tune: Callable[[Path], int],
    result: Callable[[Path], dict[str, Any]],
) -> None:
    tokenizer, texts = make_tokenizer(), tmp_path / "texts.txt"
    texts.write_text("A short mail.\n\nAnother one.\n")
    mixture.save_pretrained(tmp_path / "moe")
    make_model("llama", len(tokenizer)).save_pretrained(tmp_path / "llama")
    for folder in ("moe", "llama"):
        tokenizer.save_pretrained(tmp_path / folder)

    assert isolate_expert.main([str(tmp_path / "moe"), str(texts), str(tmp_path / "out")]) == 0
    assert "chosen with 2 texts" in capsys.readouterr().out
    run_dir = lay_run("run", tmp_path / "out", allowed_roots=[str(tmp_path)], recipe={"epochs": 1})
    assert tune(run_dir) == 0
    assert result(run_dir)["outcome"] == "succeeded"
    assert isolate_expert.main([str(tmp_path / "moe"), str(texts), str(tmp_path / "out")]) == 1
    assert isolate_expert.main([str(tmp_path / "llama"), str(texts), str(tmp_path / "new")]) == 1
    assert "its experts cannot be isolated" in capsys.readouterr().err
