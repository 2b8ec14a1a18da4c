"""The table of students in common use agrees with the models themselves and with the forecast of memory."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import TYPE_CHECKING

import pytest

from jobs.rundir.machine import GIB
from training.recipes.presets import PRESETS
from training.sizing import fit
from training.sizing.shape import shape_of
from training.students.catalogue import FORECAST_ROWS, KNOWN_STUDENTS, KnownStudent, find_known
from training.students.known_shapes import config_of
from training.students.published import PUBLISHED_STUDENTS, PublishedStudent
from training.students.servable import why_not_servable

if TYPE_CHECKING:
    import torch
    import transformers

BY_NAME = {known.name: known for known in KNOWN_STUDENTS}
# One of each family: the rest differ in numbers alone, and these the parameters tell.
MODELS = {
    "gemma-3-1b-it": "Gemma3TextConfig",
    "Qwen3-0.6B": "Qwen3Config",
    "SmolLM2-135M-Instruct": "LlamaConfig",
    "SmolLM3-3B": "SmolLM3Config",
    "Phi-4-mini-instruct": "Phi3Config",
    "Mistral-7B-Instruct-v0.3": "MistralConfig",
    "ModernBERT-base": "ModernBertConfig",
    "deberta-v3-base": "DebertaV2Config",
    "xlm-roberta-base": "XLMRobertaConfig",
    "flan-t5-base": "T5Config",
    "bart-base": "BartConfig",
}


@pytest.mark.parametrize("known", KNOWN_STUDENTS, ids=BY_NAME)
def test_its_numbers_come_to_the_parameters_that_its_card_names(known: KnownStudent):
    assert known.shape.parameters == known.parameters
    assert known.shape.text_parameters == known.parameters - (known.sees and known.sees + 1152 * (known.hidden + 1))


@pytest.mark.parametrize("name", MODELS)
def test_its_shape_is_that_of_the_model_transformers_builds(name: str):
    import torch
    import transformers

    # Transformers makes T5 with one embedding for both ends, and parts them where a checkpoint does.
    known = replace(BY_NAME[name], layers=2, is_tied=BY_NAME[name].is_tied or name.startswith("flan"))
    config = getattr(transformers, MODELS[name])(**config_of(known), tie_word_embeddings=known.is_tied, pad_token_id=0)
    with torch.device("meta"):
        model = built_of(known, config)
    weights = {name: tuple(parameter.shape) for name, parameter in model.named_parameters()}

    built, told = asdict(shape_of(config.to_dict(), weights)), asdict(known.shape)
    # In which order a layer names its parts is of no matter.
    assert sorted(built.pop("linear")) == sorted(told.pop("linear"))
    assert built == told


def built_of(known: KnownStudent, config: transformers.PretrainedConfig) -> torch.nn.Module:
    import transformers

    if known.family == "xlm-roberta":
        return transformers.XLMRobertaModel(config, add_pooling_layer=False)
    if known.is_encoder:
        return transformers.AutoModel.from_config(config)
    kind = transformers.AutoModelForSeq2SeqLM if known.kind == "encoder–decoder" else transformers.AutoModelForCausalLM
    return kind.from_config(config)


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize("known", KNOWN_STUDENTS, ids=BY_NAME)
def test_its_memory_is_what_a_run_of_it_would_be_forecast(known: KnownStudent):
    names = ("classifier-lora", "classifier") if known.is_encoder else ("paper-lora", "paper-full")
    lora, full = (PRESETS[name].recipe for name in names)

    assert known.lora_gib[1] == fit.required_bytes(known.shape, lora, FORECAST_ROWS, "cuda") / GIB
    assert known.full_gib[1] == fit.required_bytes(known.shape, full, FORECAST_ROWS, "cuda") / GIB
    assert known.lora_gib[0] < known.lora_gib[1] < known.full_gib[1]
    # Weights, gradients and two moments in fp32 are the least that all weights take.
    assert known.full_gib[0] > 16 * known.shape.text_parameters / GIB


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize("known", KNOWN_STUDENTS, ids=BY_NAME)
def test_its_recipe_is_the_papers_for_its_size_and_it_can_be_served(known: KnownStudent):
    assert known.rank == (16 if known.parameters <= 3e9 else 32)
    assert known.rates == ({"lora": 3e-4, "full": 3e-5} if known.is_encoder else {"lora": 2e-4, "full": 2e-5})
    assert not why_not_servable({"model_type": known.family})
    assert len(known.facts) == 3


def test_a_student_is_found_by_its_hub_id_or_by_its_family_and_size():
    qwen = BY_NAME["Qwen3-0.6B"]

    assert find_known(hub_id="qwen/qwen3-0.6b") is qwen
    assert find_known(family="qwen3", parameters=596_049_920) is qwen
    assert find_known(family="qwen3", parameters=596_049_920 + 151_936 * 1024) is qwen
    assert find_known(family="llama", parameters=596_049_920) is None
    assert find_known(hub_id="someone/else", family="qwen3", parameters=596_049_920) is None


@pytest.mark.parametrize("page", PUBLISHED_STUDENTS, ids=lambda page: page.name)
def test_a_published_student_is_served_and_listed_once(page: PublishedStudent):
    assert not why_not_servable({"model_type": page.family})
    assert find_known(hub_id=page.hub_id) is None
    assert [each.hub_id for each in PUBLISHED_STUDENTS].count(page.hub_id) == 1
    assert page.source and "://" not in page.source
