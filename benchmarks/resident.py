"""Memory of training on a CPU: what the page tells before a run against what the run's process then held.

    python -m benchmarks.resident [--students small,middle] [--ways lora,full]

Each run is the engine in a process of its own, as it runs where memory is short: a Llama-shaped student made from a config, one
epoch of rows of one length, batch 4. Told is `training.runs.estimate`'s peak; measured is the resident memory that the run
reports at its end. The last line is one JSON object with the largest departure.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from jobs.contracts import SpecEnvelope
from jobs.rundir import write_spec
from training.engine.data.chat import open_chat
from training.recipes.schema import Recipe
from training.runs.estimate import estimate_run

GIB: Final = 1 << 30
ROWS: Final = 12
# Width, width inside, layers, vocabulary: of 3.5, 12, 34 and 110 million parameters.
STUDENTS: Final = {
    "demo": (192, 512, 6, 4096),
    "small": (256, 688, 5, 32_000),
    "middle": (512, 1376, 6, 32_000),
    "large": (768, 2048, 12, 32_000),
}
WAYS: Final[dict[str, dict[str, Any]]] = {
    "lora": {},
    "lora with dropout": {"dropout": 0.05},
    "lora recomputed": {"gradient_checkpointing": "on"},
    "lora padded": {"packing": "off"},
    "lora in bf16": {"dtype": "bf16"},
    "full": {"method": "full"},
    "full recomputed": {"method": "full", "gradient_checkpointing": "on"},
    "full in bf16": {"method": "full", "dtype": "bf16"},
}

# The engine as it runs where memory is short.
SHORT: Final = """
import runpy
from training.engine.memory import memory_plan
memory_plan.enable_trim()
runpy.run_module("training.engine", run_name="__main__")
"""


@dataclass(frozen=True)
class Found:
    """GiB told beforehand, and measured."""

    told: float
    measured: float

    @property
    def off(self) -> float:
        """Departure of what was told."""
        return self.told / self.measured - 1


def make_student(folder: Path, name: str) -> None:
    """A student's folder; a token of its tokenizer is a byte."""
    hidden, inside, layers, vocabulary = STUDENTS[name]
    inner = Tokenizer(models.BPE())
    inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    inner.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    inner.train_from_iterator(
        [], trainers.BpeTrainer(vocab_size=300, special_tokens=["<pad>", "<end>"], initial_alphabet=alphabet)
    )
    PreTrainedTokenizerFast(tokenizer_object=inner, eos_token="<end>", pad_token="<pad>").save_pretrained(folder)
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=vocabulary, hidden_size=hidden, intermediate_size=inside, num_hidden_layers=layers,
        num_attention_heads=4, num_key_value_heads=4, max_position_embeddings=2048, tie_word_embeddings=True,
        pad_token_id=0, eos_token_id=1, bos_token_id=None,
    )  # fmt: skip
    LlamaForCausalLM(config).save_pretrained(folder)


def measure(student: Path, run_dir: Path, recipe: Recipe, length: int) -> Found:
    """One run of rows of about `length` tokens."""
    turns = [{"role": "user", "content": "a" * (length // 2)}], [{"role": "assistant", "content": "b" * (length // 2)}]
    tokens = len(open_chat(PreTrainedTokenizerFast.from_pretrained(student)).encode(*turns)[0])
    rows = [{"id": str(n), "prompt": turns[0], "completion": turns[1], "meta": "{}"} for n in range(ROWS)]
    for name, content in (("train", rows), ("validation", rows[:2])):
        run_dir.mkdir(exist_ok=True)
        (run_dir / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in content))
    body = {
        "student": {"path": str(student)}, "recipe": recipe.model_dump(mode="json"), "device": "cpu",
        "train_file": "train.jsonl", "validation_file": "validation.jsonl",
    }  # fmt: skip
    write_spec(run_dir, SpecEnvelope(job="by-hand", kind="training", fence=1, lease_s=3600, body=body))
    subprocess.run([sys.executable, "-c", SHORT, str(run_dir)], check=True, env=os.environ)
    summary = json.loads((run_dir / "result.json").read_text())["summary"]
    return Found(estimate_run(student, recipe, [tokens] * ROWS).peak_gib, summary["peak_memory_gib"])


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--students", default=",".join(STUDENTS))
    parser.add_argument("--ways", default=",".join(WAYS))
    parser.add_argument("--lengths", default="256,1024")
    options = parser.parse_args()
    worst = 0.0
    print(
        "| student | way | tokens in a row | told, GiB | measured, GiB | off |\n| --- | --- | ---: | ---: | ---: | ---: |"
    )
    with tempfile.TemporaryDirectory() as scratch:
        for name in options.students.split(","):
            make_student(Path(scratch) / name, name)
            for way in options.ways.split(","):
                for length in map(int, options.lengths.split(",")):
                    recipe = Recipe(**{"batch_size": 4, "epochs": 1, "max_length": 2048, "dtype": "fp32",
                                       "gradient_checkpointing": "off", **WAYS[way]})  # fmt: skip
                    run_dir = Path(scratch) / f"{name}-{way}-{length}".replace(" ", "-")
                    found = measure(Path(scratch) / name, run_dir, recipe, length)
                    worst = max(worst, abs(found.off))
                    print(f"| {name} | {way} | {length} | {found.told:.2f} | {found.measured:.2f} | {found.off:+.0%} |",
                          flush=True)  # fmt: skip
    print(json.dumps({"largest_departure": round(worst, 3)}))


if __name__ == "__main__":
    main()
