"""Methods: what each tunes, what it leaves alone, and adapters scaled as the recipe says."""

from __future__ import annotations

import json
import math
import shutil

import pytest
import torch
from peft import PeftModel
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM, Qwen2VLConfig, Qwen2VLForConditionalGeneration

from tests.training.engine.conftest import SHAPE, make_tokenizer
from training.engine.contracts import StudentRef, TrainError
from training.engine.export import artefacts
from training.engine.model import loading, lora, placement

pytestmark = pytest.mark.engine


@pytest.fixture
def qwen_vl(tmp_path):
    tokenizer = make_tokenizer()
    torch.manual_seed(3)
    vision = {"depth": 1, "embed_dim": 32, "hidden_size": 64, "num_heads": 2, "patch_size": 14, "mlp_ratio": 2}
    text = {**SHAPE, "vocab_size": len(tokenizer), "eos_token_id": 1, "pad_token_id": 0, "bos_token_id": None,
            "rope_parameters": {"rope_type": "default", "mrope_section": [2, 3, 3], "rope_theta": 1e4}}  # fmt: skip
    model = Qwen2VLForConditionalGeneration(Qwen2VLConfig(text_config=text, vision_config=vision))
    model.save_pretrained(tmp_path / "qwen-vl")
    tokenizer.save_pretrained(tmp_path / "qwen-vl")
    return tmp_path / "qwen-vl"


@pytest.mark.slow
def test_a_full_run_on_a_student_that_sees_leaves_its_eyes_alone(student, lay_run, tune, result):
    run_dir = lay_run("run", student("gemma-vision"), recipe={"method": "full", "learning_rate": 1e-3, "epochs": 1})

    tune(run_dir)

    assert result(run_dir)["error"] is None
    before, after = (load_file(folder / "model.safetensors") for folder in (student("gemma-vision"), run_dir / "model"))
    assert before.keys() == after.keys()
    sight = {name for name in before if "vision_tower" in name or "multi_modal_projector" in name}
    assert sight
    assert {name for name in before if before[name].equal(after[name])} == sight
    assert result(run_dir)["summary"]["trainable_parameters"] == sum(
        before[name].numel() for name in before if name not in sight
    )


def test_no_adapter_is_put_on_what_a_student_sees_with(student, qwen_vl):
    for folder in (student("gemma-vision"), qwen_vl):
        base = loading.load(StudentRef(path=str(folder)), dtype=torch.float32)

        tuned = lora.attach(base.model, rank=2, alpha=4, dropout=0.0, seed=1)

        names = list(lora.tuned_parameters(tuned))
        assert any("q_proj" in name for name in names)
        assert not [name for name in names if "visual" in name or "vision" in name or "projector" in name]


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize("method", ["lora", "full"])
def test_a_qwen_that_sees_learns_from_text_alone(qwen_vl, lay_run, tune, result, method):
    run_dir = lay_run("run", qwen_vl, recipe={"method": method, "epochs": 1})

    tune(run_dir)

    assert result(run_dir)["error"] is None
    assert result(run_dir)["summary"]["validation_loss"] < result(run_dir)["summary"]["validation_loss_before"]


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize("rslora", [False, True])
def test_adapters_are_scaled_as_the_recipe_says_and_load_so_elsewhere(student, lay_run, tune, rslora):
    run_dir = lay_run("run", student(), recipe={"epochs": 1, "rank": 16, "alpha": 8.0, "rslora": rslora})

    tune(run_dir)

    assert json.loads((run_dir / "adapter" / "adapter_config.json").read_text())["use_rslora"] is rslora
    base = AutoModelForCausalLM.from_pretrained(student())
    loaded = PeftModel.from_pretrained(base, str(run_dir / "adapter"))
    layer = loaded.base_model.model.model.layers[0].self_attn.q_proj
    assert layer.scaling["default"] == pytest.approx(8 / math.sqrt(16) if rslora else 8 / 16)


def test_four_bits_without_their_package_are_refused_before_weights_are_read(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    monkeypatch.setattr(placement.importlib.util, "find_spec", lambda name: None)

    with pytest.raises(TrainError) as refused:
        placement.place("cuda", "fp32", "lora", "nf4")

    assert refused.value.code == "no_bitsandbytes"
    assert "qlora" in refused.value.hint


def test_a_student_is_known_again_wherever_its_folder_lies(student, tmp_path):
    moved = shutil.copytree(student(), tmp_path / "moved")
    other = shutil.copytree(student(), tmp_path / "other")
    tensors = load_file(other / "model.safetensors")
    save_file({**tensors, "more": torch.zeros(1)}, other / "model.safetensors", metadata={"format": "pt"})

    known, again, changed = (loading.identity_of(StudentRef(path=str(f))) for f in (student(), moved, other))

    assert known == again != changed


@pytest.mark.slow
def test_a_student_inside_the_run_directory_is_found_after_the_directory_has_moved(student, lay_run, tune, result):
    run_dir = lay_run("run", student(), recipe={"epochs": 1})
    shutil.copytree(student(), run_dir / "student" / "tiny")
    spec = json.loads((run_dir / "spec.json").read_text())
    spec["body"]["student"] = {"path": "student/tiny"}
    (run_dir / "spec.json").write_text(json.dumps(spec))
    moved = run_dir.rename(run_dir.with_name("moved"))

    tune(moved)

    assert result(moved)["outcome"] == "succeeded"
    assert json.loads((moved / "adapter" / "adapter_config.json").read_text())["base_model_name_or_path"] == "tiny"


@pytest.mark.parametrize(
    ("source", "name", "revision"),
    [
        (StudentRef(hub_id="maker/open", revision="a" * 40), "maker/open", "a" * 40),
        (StudentRef(path="/host/weights", name="Our 1B"), "Our 1B", None),
        (StudentRef(path="/host/tiny"), "tiny", None),
    ],
)
def test_an_adapter_names_its_base_as_others_know_it(tmp_path, source, name, revision):
    file = tmp_path / "adapter_config.json"
    file.write_text(json.dumps({"base_model_name_or_path": "/host/weights", "r": 4}))

    artefacts.name_base(file, source)

    told = json.loads(file.read_text())
    assert (told["base_model_name_or_path"], told["revision"]) == (name, revision)
    assert "name" not in source.model_dump()


def test_the_same_adapter_is_described_in_the_same_bytes_by_every_process(tmp_path):
    # PEFT keeps modules as a set, whose order differs from process to process.
    described = []
    for modules in (["q_proj", "up_proj", "k_proj"], ["k_proj", "q_proj", "up_proj"]):
        config = {"target_modules": modules, "exclude_modules": modules, "r": 4}
        (tmp_path / "adapter_config.json").write_text(json.dumps(config))
        artefacts.name_base(tmp_path / "adapter_config.json", StudentRef(path="/host/tiny"))
        described.append((tmp_path / "adapter_config.json").read_bytes())

    assert described[0] == described[1]
