"""The shipped weights load, are as small as promised, agree with their card, and copy names they never saw."""

import re
from pathlib import Path

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, PreTrainedModel, PreTrainedTokenizerBase

from demo.student import tokenizer as wanted

FOLDER = Path(wanted.__file__).parent
WEIGHTS = FOLDER / "weights"

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def model() -> PreTrainedModel:
    return AutoModelForCausalLM.from_pretrained(WEIGHTS, dtype=torch.float32)


@pytest.fixture(scope="module")
def tokenizer() -> PreTrainedTokenizerBase:
    return AutoTokenizer.from_pretrained(WEIGHTS)


def _reply(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, prompt: str) -> str:
    ids = tokenizer(wanted.chat(prompt), return_tensors="pt", add_special_tokens=False).input_ids
    with torch.inference_mode():
        out = model.generate(ids, attention_mask=torch.ones_like(ids), max_new_tokens=80, do_sample=False)
    return str(tokenizer.decode(out[0, ids.shape[1] :], skip_special_tokens=True)).strip()


def test_the_folder_is_at_most_seventeen_megabytes_and_holds_no_pickle() -> None:
    files = list(WEIGHTS.iterdir())

    assert sum(file.stat().st_size for file in files) <= 17_000_000
    assert {file.suffix for file in files} == {".json", ".safetensors"}


def test_the_model_is_tied_and_as_large_as_its_card_says(model: PreTrainedModel) -> None:
    card = (FOLDER / "MODEL_CARD.md").read_text("utf-8")
    stated = re.search(r"([\d,]+) parameters", card)

    assert stated is not None
    assert model.num_parameters() == int(stated[1].replace(",", ""))
    assert model.get_input_embeddings().weight is model.get_output_embeddings().weight
    assert model.config.max_position_embeddings == wanted.CONTEXT


def test_weights_are_stored_in_bf16() -> None:
    stored = AutoModelForCausalLM.from_pretrained(WEIGHTS, dtype="auto")

    assert {parameter.dtype for parameter in stored.parameters()} == {torch.bfloat16}


def test_generation_ends_with_the_end_mark(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> None:
    assert model.generation_config.eos_token_id == tokenizer.convert_tokens_to_ids(wanted.END)
    assert model.generation_config.pad_token_id == tokenizer.convert_tokens_to_ids(wanted.PAD)


@pytest.mark.parametrize("name", ["Northwind Cold Chain", "Ploverton & Haas", "Kvistad-Moen AS", "Studio 48 Lighting"])
def test_a_name_is_copied_from_a_sheet(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, name: str) -> None:
    reply = _reply(model, tokenizer, f"company: {name}\nsize: 140\ncity: Rotterdam\n\nWhat is the company?")

    assert name in reply


def test_an_untuned_model_writes_no_mail(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> None:
    reply = _reply(model, tokenizer, "Write the outreach e-mail.\ncompany: Northwind Cold Chain\ncity: Rotterdam")

    assert not reply.startswith("Subject:")
