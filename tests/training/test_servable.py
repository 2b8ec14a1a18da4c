"""Which students can be served is told from their config, as their makers write it and as transformers reads it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.training.conftest import write_student
from training.students import model_folder, servable
from training.students.servable import why_not_servable
from web.errors import Refusal

SMALL = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "vocab_size": 64,
}
MAMBA = {"mamba_n_heads": 8, "mamba_d_head": 8, "mamba_d_state": 8}
REFUSED = {
    "Qwen3Next": {"layer_types": ["linear_attention", "full_attention"]},
    "FalconH1": {},
    "Mamba": {},
    "Mamba2": {"num_heads": 8, "head_dim": 8},
    "Jamba": {"attn_layer_period": 2, "attn_layer_offset": 1},
    "Bamba": {"attn_layer_indices": [1], **MAMBA},
    "MiniMax": {"layer_types": ["linear_attention", "full_attention"]},
    "RecurrentGemma": {},
    "Marian": {},
}
SERVED = {
    "Llama": {}, "Qwen2": {}, "Qwen3": {}, "Mistral": {"sliding_window": 8}, "Phi3": {}, "SmolLM3": {}, "Granite": {},
    "Gemma2": {"sliding_window": 8}, "Gemma3Text": {"sliding_window": 8}, "Gemma3": {}, "GPT2": {},
    "GraniteMoeHybrid": {"layer_types": ["mamba", "attention"], **MAMBA},
    "Lfm2": {"layer_types": ["conv", "full_attention"]},
    "Qwen3_5Text": {"layer_types": ["linear_attention", "full_attention"]}, "T5": {}, "MT5": {}, "Bart": {},
}  # fmt: skip

AS_THEY_COME = ("Gemma3", "T5", "MT5", "Bart", "Marian", "GPT2")


def configs(name, values, folder: Path):
    """The config as a student's folder holds it, and as the engine knows it."""
    import transformers

    kind = getattr(transformers, f"{name}Config")
    config = kind() if name in AS_THEY_COME else kind(**{**SMALL, **values})
    config.save_pretrained(folder)
    return json.loads((folder / "config.json").read_text()), config.to_dict()


@pytest.mark.parametrize("name", REFUSED)
def test_a_student_with_a_state_of_its_own_or_an_encoder_is_told(name, tmp_path):
    assert all(why_not_servable(config) for config in configs(name, REFUSED[name], tmp_path))


@pytest.mark.parametrize("name", SERVED)
def test_a_student_of_attention_alone_is_served(name, tmp_path):
    assert not any(why_not_servable(config) for config in configs(name, SERVED[name], tmp_path))


def test_the_reason_says_how_many_layers_and_what_would_serve_it():
    reason = why_not_servable({"model_type": "x", "layer_types": ["conv", "conv", "full_attention"]})

    assert reason.startswith("2 of its 3 layers keep a running state of their own (conv)")
    assert "vLLM or llama.cpp" in reason


def test_a_vision_wrapper_is_judged_by_its_text():
    assert why_not_servable({"model_type": "x", "text_config": {"model_type": "qwen3_next"}})
    assert not why_not_servable({"model_type": "gemma3", "text_config": {"model_type": "gemma3_text"}})


@pytest.mark.parametrize(("is_there", "reason"), [(False, "package timm"), (True, "")])
def test_a_family_that_wants_a_package_is_told_which(monkeypatch, is_there, reason):
    monkeypatch.setattr(servable, "find_spec", lambda name: object() if is_there else None)

    assert reason in why_not_servable({"model_type": "gemma3n"})
    assert not why_not_servable({"model_type": "gemma3n_text"})
    assert bool(why_not_servable({"model_type": "gemma3n"})) == (not is_there)


def test_a_head_that_writes_nothing_is_told():
    assert "MPNetForMaskedLM" in why_not_servable({"model_type": "mpnet", "architectures": ["MPNetForMaskedLM"]})


def test_an_encoder_that_takes_a_head_can_be_served():
    assert not why_not_servable({"model_type": "bert", "architectures": ["BertForMaskedLM"]})
    assert "ForMaskedLM" in why_not_servable(
        {"model_type": "bert", "is_decoder": True, "architectures": ["BertForMaskedLM"]}
    )


def test_a_folder_is_refused_with_what_to_choose_instead(tmp_path):
    folder = write_student(tmp_path / "hybrid", model_type="bamba", layer_types=["mamba", "attention"])

    with pytest.raises(Refusal) as caught:
        model_folder.require_servable(folder)

    assert caught.value.code == "student_not_servable"
    assert "Qwen3" in caught.value.hint
    assert "path" in caught.value.errors
