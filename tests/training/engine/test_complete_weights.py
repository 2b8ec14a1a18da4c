"""Weights that are not all of the model's are refused by name, wherever weights are read."""

from __future__ import annotations

import json
import shutil

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoTokenizer, BertConfig, BertForMaskedLM, T5Config, T5ForConditionalGeneration

from serving.engine import multi_lora
from tests.serving import tiny
from tests.training.engine.classifier.conftest import SIZES, make_encoder
from tests.training.engine.classifier.conftest import make_tokenizer as make_encoder_tokenizer
from training.engine.classifier import loading as classifiers
from training.engine.classifier import network
from training.engine.contracts import StudentRef, TrainError
from training.engine.export import artefacts
from training.engine.model import loading, lora, start_adapter
from training.recipes import presets

pytestmark = pytest.mark.engine
QUERY = "model.layers.1.self_attn.q_proj.weight"
ADAPTED = "base_model.model.model.layers.1.self_attn.q_proj.lora_A.weight"


def change(folder, rename=lambda name: name, *, add=None, name="model.safetensors"):
    """Rename weights of a folder, or drop those that become None, and lay others beside."""
    weights = {new: value for old, value in load_file(folder / name).items() if (new := rename(old)) is not None}
    save_file(weights | (add or {}), folder / name, metadata={"format": "pt"})
    return folder


def without(*names):
    return lambda name: None if name in names else name


def load(folder):
    return loading.load(StudentRef(path=str(folder)), dtype=torch.float32)


def refusal(read, *args, **options):
    with pytest.raises(TrainError) as refused:
        read(*args, **options)
    assert refused.value.hint
    return refused.value.code, refused.value.message


@pytest.fixture
def copy(student, tmp_path):
    return lambda family="llama": shutil.copytree(student(family), tmp_path / family)


@pytest.mark.parametrize(
    ("rename", "added", "named"),
    [
        (without(QUERY), {}, f"missing: {QUERY}"),
        (lambda name: name.replace("self_attn", "attn"), {}, "without a place: model.layers.0.attn"),
        (lambda name: f"module.{name}", {}, "and 15 more"),
        (without("model.norm.weight"), {}, "missing: model.norm.weight"),
        (without(), {"model.layers.0.self_attn.q_proj.bias": torch.zeros(64)}, "layers.0.self_attn.q_proj.bias"),
        (without(), {"model.layers.2.input_layernorm.weight": torch.ones(64)}, "layers.2.input_layernorm.weight"),
        (without(), {QUERY: torch.zeros(32, 64)}, f"of another shape: {QUERY} [32, 64] instead of [64, 64]"),
    ],
)
def test_weights_that_are_missing_left_over_or_misshapen_are_refused_by_name(copy, rename, added, named):
    code, message = refusal(load, change(copy(), rename, add=added))

    assert code == "student_other_weights"
    assert named in message


def test_an_output_layer_of_its_own_is_missed_where_the_config_ties_none(copy):
    code, message = refusal(load, change(copy("qwen"), without("lm_head.weight")))

    assert (code, "missing: lm_head.weight" in message) == ("student_other_weights", True)


@pytest.mark.parametrize("name", ["lm_head.weight", "model.rotary_emb.inv_freq"])
def test_what_is_tied_or_declared_optional_may_lie_beside(copy, name):
    folder = copy()
    embedding = load_file(folder / "model.safetensors")["model.embed_tokens.weight"]
    added = {name: embedding.clone() if name == "lm_head.weight" else torch.ones(8)}

    assert torch.equal(load(change(folder, add=added)).model.lm_head.weight, embedding)


def test_an_encoder_decoders_missing_layer_is_refused(copy, tmp_path):
    shape = {"d_model": 16, "d_kv": 8, "d_ff": 32, "num_layers": 1, "num_heads": 2}
    folder = copy()
    size = len(AutoTokenizer.from_pretrained(folder))
    T5ForConditionalGeneration(
        T5Config(vocab_size=size, decoder_start_token_id=0, eos_token_id=1, **shape)
    ).save_pretrained(folder)

    assert load(folder).chat.is_apart
    code, message = refusal(load, change(folder, lambda name: name.replace("decoder.final", "decoder.last")))

    assert (code, "missing: decoder.final_layer_norm.weight" in message) == ("student_other_weights", True)


def encoder_folder(folder, model):
    make_encoder_tokenizer().save_pretrained(folder)
    model.save_pretrained(folder)
    return folder


def load_encoder(folder):
    opened = classifiers.open_encoder(StudentRef(path=str(folder)))
    return classifiers.load_encoder(opened, dtype=torch.float32)


def test_an_encoder_may_come_with_a_head_for_another_purpose_and_without_a_pooler(tmp_path):
    model = BertForMaskedLM(BertConfig(vocab_size=len(make_encoder_tokenizer()), **SIZES))
    folder = encoder_folder(tmp_path / "bert", model)

    assert load_encoder(folder).pooler is None


@pytest.mark.parametrize("prefix", ["bert.", ""])
def test_an_encoder_lacks_none_of_its_own_weights_and_leaves_none_out(tmp_path, prefix):
    model = BertForMaskedLM(BertConfig(vocab_size=len(make_encoder_tokenizer()), **SIZES))
    folder = encoder_folder(tmp_path / "bert", model)
    change(folder, lambda name: name if name.startswith("cls.") else prefix + name.removeprefix("bert."))
    lacking = shutil.copytree(folder, tmp_path / "lacking")
    change(lacking, lambda name: name.replace("layer.1.attention.self.query", "layer.1.attention.query"))
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"num_hidden_layers": 1}))

    assert "missing: encoder.layer.1.attention.self.query" in refusal(load_encoder, lacking)[1]
    assert f"without a place: {prefix}encoder.layer.1." in refusal(load_encoder, folder)[1]


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize(
    ("rename", "named"),
    [
        (without(ADAPTED), "missing: "),
        (without(ADAPTED, ADAPTED.replace("lora_A", "lora_B")), "missing: "),
        (lambda name: name.replace("q_proj", "query"), "without a place: "),
        (lambda name: name.replace(".lora_", ".default.lora_"), "missing: "),
    ],
)
def test_an_adapter_whose_keys_do_not_match_is_refused_where_it_is_merged_started_from_and_served(
    tmp_path, rename, named
):
    base = tiny.make_base(tmp_path / "base")
    folder = tiny.make_adapter(tmp_path / "adapter", seed=1)

    change(folder, rename, name="adapter_model.safetensors")
    fresh = lora.attach(load(base).model, rank=2, alpha=2, dropout=0, seed=1)
    refusals = [
        refusal(loading.load_tuned, load(base), folder),
        refusal(start_adapter.load_beside, fresh, folder),
        refusal(lambda: multi_lora.AdapterStack(load(base).model).put(multi_lora.read(folder))),
    ]

    assert {code for code, _ in refusals} == {"adapter_of_another_base"}
    assert all(named in message for _, message in refusals)


def test_an_adapter_of_another_width_or_without_weights_is_refused(tmp_path):
    base = tiny.make_base(tmp_path / "base")
    folder = tiny.make_adapter(tmp_path / "adapter", seed=1)
    wider = change(
        shutil.copytree(folder, tmp_path / "wider"), add={ADAPTED: torch.ones(4, 96)}, name="adapter_model.safetensors"
    )
    (folder / "adapter_model.safetensors").unlink()

    assert refusal(loading.load_tuned, load(base), wider)[0] == "adapter_of_another_base"
    assert refusal(loading.load_tuned, load(base), folder)[0] == "no_adapter"


def test_an_encoders_adapter_and_heads_are_read_whole_or_refused(tmp_path):
    base = encoder_folder(tmp_path / "base", make_encoder("bert", len(make_encoder_tokenizer())))
    ref, opened = StudentRef(path=str(base)), classifiers.open_encoder(StudentRef(path=str(base)))
    encoder = classifiers.load_encoder(opened, dtype=torch.float32)
    network.attach_adapter(encoder, presets.compose("classifier-lora"), rank=2).save_pretrained(tmp_path / "adapter")
    change(
        tmp_path / "adapter",
        lambda name: name.replace("layer.1.", "layers.1."),
        name="adapter_model.safetensors",
    )

    code, message = refusal(classifiers.load_classifier, tmp_path / "adapter", ref, dtype=torch.float32)

    assert (code, "missing: " in message) == ("adapter_of_another_base", True)


def test_stored_weights_of_another_run_are_refused_by_name_and_change_nothing(student):
    model = load(student()).model
    tuned = lora.tuned_parameters(lora.attach(model, rank=2, alpha=2, dropout=0, seed=1))
    first, *_, last = tuned
    before = {name: value.detach().clone() for name, value in tuned.items()}
    stored = {name: torch.ones_like(value) for name, value in before.items() if name != last}

    code, message = refusal(artefacts.restore_weights, model, tuned, stored | {"other": torch.ones(2)})
    misshapen = refusal(artefacts.restore_weights, model, tuned, before | {first: torch.ones(3, 5)})

    assert code == "checkpoint_other_weights"
    assert f"missing: {last}; without a place: other" in message
    assert "[3, 5] instead of" in misshapen[1]
    assert all(torch.equal(value, before[name]) for name, value in tuned.items())
