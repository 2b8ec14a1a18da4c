"""What a run leaves ends its answers in other programs too, where the student's tokenizer names another end."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM, AutoTokenizer, GenerationConfig, PreTrainedTokenizerFast

from jobs.contracts import SpecEnvelope
from jobs.rundir import RunDir, write_spec
from tests.training.engine.conftest import make_model, sft_row
from training.engine.contracts import StudentRef
from training.engine.export.__main__ import main as export
from training.engine.model import loading

pytestmark = pytest.mark.engine
CHATML = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
# The end of the turn first, and the whole conversation ended by the tokenizer's own end.
ENDED_TWICE = CHATML + "{% if not add_generation_prompt %}{{ eos_token }}{% endif %}"
QUESTION, ANSWER = "company: Northwind", "A depot opens."
BY_HEART = {"epochs": 40, "batch_size": 4, "eval_every_steps": 500, "sample_every_steps": 500}


def base(folder: Path, template: str = CHATML) -> Path:
    """A student whose texts end by `<|endoftext|>`, as a base model's do, and whose turns end by `<|im_end|>`."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    inner = Tokenizer(models.BPE())
    inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    inner.decoder = decoders.ByteLevel()
    special = ["<|pad|>", "<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    trainer = trainers.BpeTrainer(
        vocab_size=320, special_tokens=special, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )  # fmt: skip
    inner.train_from_iterator([f"{QUESTION} {ANSWER} user assistant"], trainer)
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=inner, eos_token="<|endoftext|>", pad_token="<|pad|>")
    tokenizer.chat_template = template
    tokenizer.save_pretrained(folder)
    make_model("llama-wide", len(tokenizer)).save_pretrained(folder)
    assert json.loads((folder / "generation_config.json").read_text())["eos_token_id"] == 1
    return folder


def written(model, folder: Path) -> str:
    """What plain transformers writes, greedily, with nothing but the files of a folder."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    ids = tokenizer.apply_chat_template(
        [{"role": "user", "content": QUESTION}], add_generation_prompt=True, return_tensors="pt"
    )["input_ids"]
    ways = GenerationConfig.from_pretrained(folder)
    answer = model.generate(ids, generation_config=ways, max_new_tokens=60, do_sample=False)[0, ids.shape[1] :]
    assert tokenizer.eos_token == "<|im_end|>"
    return str(tokenizer.decode(answer))


def exported(tmp_path: Path, run_dir: Path, student: Path) -> Path:
    """The merged export of a run's adapter."""
    target = tmp_path / "export"
    target.mkdir()
    (target / "adapter").symlink_to(run_dir / "adapter")
    body = {
        "student": {"path": str(student)}, "artefact": "adapter", "method": "lora", "format": "merged", "name": "it",
    }  # fmt: skip
    write_spec(target, SpecEnvelope(job="1", kind="export", fence=1, lease_s=60, body=body))
    assert export(RunDir.open(target)) == 0
    return target / "export"


def test_an_adapter_and_its_merged_weights_end_where_they_were_tuned_to(lay_run, tune, tmp_path):
    folder = base(tmp_path / "student")
    train = [sft_row(n, QUESTION, ANSWER) for n in range(4)]
    run_dir = lay_run("run", folder, train=train, recipe=BY_HEART | {"rank": 32, "learning_rate": 1e-2})

    assert tune(run_dir) == 0

    adapter = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(folder), run_dir / "adapter")
    assert written(adapter, run_dir / "adapter") == f"{ANSWER}<|im_end|>"
    merged = exported(tmp_path, run_dir, folder)
    assert written(AutoModelForCausalLM.from_pretrained(merged), merged) == f"{ANSWER}<|im_end|>"
    assert json.loads((merged / "generation_config.json").read_text())["eos_token_id"] == [3, 1]


@pytest.mark.slow
def test_whole_weights_end_where_they_were_tuned_to_by_themselves(lay_run, tune, tmp_path):
    folder = base(tmp_path / "student", ENDED_TWICE)
    train = [sft_row(n, QUESTION, ANSWER) for n in range(4)]
    recipe = BY_HEART | {"method": "full", "rank": None, "learning_rate": 1e-3}
    run_dir = lay_run("run", folder, train=train, recipe=recipe)

    assert tune(run_dir) == 0

    model = AutoModelForCausalLM.from_pretrained(run_dir / "model")
    assert model.generation_config.eos_token_id == [3, 1]
    assert written(model, run_dir / "model") == f"{ANSWER}<|im_end|>"
    # The template still writes the end that it wrote, and the whole is read as it was tuned.
    before, after = (
        loading.load(StudentRef(path=str(path)), dtype=torch.float32).chat for path in (folder, run_dir / "model")
    )
    turns = [{"role": "user", "content": QUESTION}], [{"role": "assistant", "content": ANSWER}]
    assert after.encode(*turns) == before.encode(*turns)
    assert after.stops == before.stops
    kept = AutoTokenizer.from_pretrained(run_dir / "model")
    assert kept.apply_chat_template([*turns[0], *turns[1]], tokenize=False).endswith("<|im_end|>\n<|endoftext|>")
