"""What the page tells of a run's memory on a CPU, against what the run's process held."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest
import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from jobs.contracts import SpecEnvelope
from jobs.rundir import write_spec
from training.engine.data.chat import open_chat
from training.recipes.schema import Recipe
from training.runs.estimate import estimate_run

pytestmark = pytest.mark.engine
ROWS: Final = 12
# The engine as it runs where memory is short.
SHORT: Final = """
import runpy
from training.engine.memory import memory_plan
memory_plan.enable_trim()
runpy.run_module("training.engine", run_name="__main__")
"""


@pytest.fixture
def student(tmp_path: Path) -> Path:
    """A student of 12 million parameters; a token of its tokenizer is a byte."""
    folder, inner = tmp_path / "student", Tokenizer(models.BPE())
    inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    inner.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    inner.train_from_iterator(
        [], trainers.BpeTrainer(vocab_size=300, special_tokens=["<pad>", "<end>"], initial_alphabet=alphabet)
    )
    PreTrainedTokenizerFast(tokenizer_object=inner, eos_token="<end>", pad_token="<pad>").save_pretrained(folder)
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=32_000, hidden_size=256, intermediate_size=688, num_hidden_layers=5,
        num_attention_heads=4, num_key_value_heads=4, max_position_embeddings=2048, tie_word_embeddings=True,
        pad_token_id=0, eos_token_id=1, bos_token_id=None,
    )  # fmt: skip
    LlamaForCausalLM(config).save_pretrained(folder)
    return folder


def write_run(run_dir: Path, student: Path, recipe: Recipe, length: int) -> int:
    """Write a run of rows of about `length` tokens; returns how many each has."""
    turns = [{"role": "user", "content": "a" * (length // 2)}], [{"role": "assistant", "content": "b" * (length // 2)}]
    rows = [{"id": str(n), "prompt": turns[0], "completion": turns[1], "meta": "{}"} for n in range(ROWS)]
    run_dir.mkdir()
    for name, content in (("train", rows), ("validation", rows[:2])):
        (run_dir / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in content))
    body = {
        "student": {"path": str(student)}, "recipe": recipe.model_dump(mode="json"), "device": "cpu",
        "train_file": "train.jsonl", "validation_file": "validation.jsonl",
    }  # fmt: skip
    write_spec(run_dir, SpecEnvelope(job="by-hand", kind="training", fence=1, lease_s=3600, body=body))
    return len(open_chat(PreTrainedTokenizerFast.from_pretrained(student)).encode(*turns)[0])


@pytest.mark.slow
def test_a_process_holds_about_what_was_told_of_it(tmp_path: Path, student: Path) -> None:
    recipe = Recipe(batch_size=4, epochs=1, max_length=512, dtype="fp32", gradient_checkpointing="off")
    run_dir = tmp_path / "run"
    tokens = write_run(run_dir, student, recipe, 256)

    subprocess.run([sys.executable, "-c", SHORT, run_dir], check=True, env={**os.environ, "OMP_NUM_THREADS": "1"})

    measured = json.loads((run_dir / "result.json").read_text())["summary"]["peak_memory_gib"]
    assert measured > 0.5
    assert estimate_run(student, recipe, [tokens] * ROWS).peak_gib == pytest.approx(measured, rel=0.1)
