"""Students that load, and each way in which one may not."""

from __future__ import annotations

import json
import shutil

import pytest
import torch
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM

from training.engine.contracts import StudentRef, TrainError
from training.engine.model import loading

pytestmark = pytest.mark.engine


def load(folder, **options):
    return loading.load(StudentRef(path=str(folder)), dtype=torch.float32, **options)


@pytest.fixture
def copy(student, tmp_path):
    return shutil.copytree(student(), tmp_path / "student")


def refusal(folder, **options):
    with pytest.raises(TrainError) as refused:
        load(folder, **options)
    assert refused.value.hint
    return refused.value.code


def test_a_folder_loads_with_its_chat_and_context(student):
    loaded = load(student())

    assert (loaded.model_type, loaded.context_length) == ("llama", 512)
    assert loaded.parameters == sum(p.numel() for p in loaded.model.parameters())
    assert loaded.chat.end_of_turn == 1


def test_a_missing_folder_is_refused(tmp_path):
    assert refusal(tmp_path / "none") == "student_not_found"


def test_a_folder_outside_the_roots_is_refused_even_through_a_link(student, tmp_path):
    roots = tmp_path / "students"
    roots.mkdir()
    (roots / "linked").symlink_to(student(), target_is_directory=True)

    assert refusal(roots / "linked", allowed_roots=[str(roots)]) == "student_outside_roots"
    assert load(student(), allowed_roots=[str(student().parent)]).model_type == "llama"


def test_a_folder_without_a_config_is_refused(copy):
    (copy / "config.json").unlink()

    assert refusal(copy) == "student_without_config"


def test_a_folder_without_weights_is_refused(copy):
    (copy / "model.safetensors").unlink()

    assert refusal(copy) == "student_without_weights"


def test_a_folder_with_pickled_weights_only_is_refused(copy):
    (copy / "model.safetensors").rename(copy / "pytorch_model.bin")

    assert refusal(copy) == "student_pickle_only"


def test_an_unknown_architecture_is_refused(copy):
    config = json.loads((copy / "config.json").read_text())
    (copy / "config.json").write_text(json.dumps({**config, "model_type": "martian", "architectures": ["Martian"]}))

    assert refusal(copy) == "student_unknown_architecture"


def test_remote_code_is_never_run(copy):
    config = json.loads((copy / "config.json").read_text())
    custom = {"AutoConfig": "evil.EvilConfig", "AutoModelForCausalLM": "evil.Evil"}
    (copy / "config.json").write_text(json.dumps({**config, "model_type": "martian", "auto_map": custom}))
    (copy / "evil.py").write_text("raise SystemExit('remote code ran')")

    assert refusal(copy) == "student_unknown_architecture"


def test_damaged_weights_are_refused(copy):
    (copy / "model.safetensors").write_bytes(b"torn")

    assert refusal(copy) == "student_damaged"


@pytest.mark.parametrize("name", ["../elsewhere/model.safetensors", "below/model.safetensors", "model.bin", ""])
def test_an_index_that_names_a_file_elsewhere_is_refused(copy, name):
    (copy / "model.safetensors.index.json").write_text(json.dumps({"weight_map": {"lm_head.weight": name}}))

    assert refusal(copy) == "student_damaged"


@pytest.mark.parametrize("key", ["transformers_weights", "configuration_files"])
def test_a_config_that_leads_to_other_files_is_refused(copy, key):
    config = json.loads((copy / "config.json").read_text())
    value = "below/model.safetensors" if key == "transformers_weights" else ["config.4.0.0.json"]
    shutil.copy(copy / "config.json", copy / "config.4.0.0.json")
    (copy / "config.json").write_text(json.dumps({**config, key: value}))

    assert refusal(copy) == "student_bad_config"


@pytest.mark.parametrize(
    ("name", "change", "reason"),
    [
        ("config.json", {"num_attention_heads": 7}, "not a multiple of the number of attention heads"),
        ("config.json", {"max_position_embeddings": "512"}, "expected int, got str"),
        ("config.json", {"dtype": "float7"}, "float7"),
        ("config.json", {"quantization_config": {"quant_method": "gptq", "bits": 4}}, "requires"),
        ("tokenizer_config.json", [], "tokenizer"),
    ],
)
def test_what_a_library_makes_nothing_of_is_refused_with_its_reason(copy, name, change, reason):
    value = change and {**json.loads((copy / name).read_text()), **change}
    (copy / name).write_text(json.dumps(value))

    with pytest.raises(TrainError, match=reason):
        load(copy)


def test_a_folder_whose_weights_an_adapter_would_be_added_to_is_refused(copy):
    model = AutoModelForCausalLM.from_pretrained(copy)
    get_peft_model(model, LoraConfig(r=2, target_modules=["q_proj"])).save_pretrained(copy)

    assert refusal(copy) == "student_bad_config"


@pytest.mark.parametrize("index", ["[]", "{", '{"weight_map": []}'])
def test_an_index_that_cannot_be_read_is_refused(copy, index):
    (copy / "model.safetensors.index.json").write_text(index)

    assert refusal(copy) == "student_damaged"


def test_a_folder_without_a_tokenizer_is_refused(copy):
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (copy / name).unlink()

    assert refusal(copy) == "student_without_tokenizer"


def test_a_tokenizer_without_a_pad_token_or_a_template_is_given_both(copy):
    settings = json.loads((copy / "tokenizer_config.json").read_text())
    settings.pop("pad_token")
    (copy / "tokenizer_config.json").write_text(json.dumps(settings))
    (copy / "chat_template.jinja").unlink(missing_ok=True)

    loaded = load(copy)

    assert loaded.chat.pad == loaded.chat.end_of_turn
    assert loaded.chat.prompt_ids([{"role": "user", "content": "company: Northwind"}])
