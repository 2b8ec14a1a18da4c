"""Memory of training: the closed formula against the engine's own step on tensors without content.

    python -m benchmarks.memory [--students llama-3.2-1b,gemma-3-1b] [--tokens 1024,8192]

Students of 1 B to 12 B parameters from their public sizes; no weights, no GPU (`benchmarks/fake_step.py`). Half of the
tokens are supervised; all weights are tuned in two passes at 8,192 tokens, so that gradients are held. Beside it stands
what bf16 saves against fp32, from the same counts. The last line is one JSON object with the largest departure.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from typing import Any, Final

from transformers import Gemma3TextConfig, LlamaConfig, PretrainedConfig, Qwen3Config

from benchmarks.fake_step import peak_bytes, shape_of_config
from training.recipes.schema import Recipe
from training.sizing.step import StepProfile
from training.sizing.step import peak_bytes as peak

GIB: Final = 1 << 30
RANK: Final = 16


def _sizes(vocabulary: int, hidden: int, inside: int, layers: int, heads: tuple[int, int, int]) -> dict[str, Any]:
    queries, keys, width = heads
    return {
        "vocab_size": vocabulary, "hidden_size": hidden, "intermediate_size": inside, "num_hidden_layers": layers,
        "num_attention_heads": queries, "num_key_value_heads": keys, "head_dim": width,
    }  # fmt: skip


STUDENTS: Final[dict[str, PretrainedConfig]] = {
    "gemma-3-1b": Gemma3TextConfig(**_sizes(262_144, 1152, 6912, 26, (4, 1, 256))),
    "gemma-3-4b": Gemma3TextConfig(**_sizes(262_208, 2560, 10_240, 34, (8, 4, 256))),
    "gemma-3-12b": Gemma3TextConfig(**_sizes(262_208, 3840, 15_360, 48, (16, 8, 256))),
    "llama-3.2-1b": LlamaConfig(**_sizes(128_256, 2048, 8192, 16, (32, 8, 64)), tie_word_embeddings=True),
    "llama-3.2-3b": LlamaConfig(**_sizes(128_256, 3072, 8192, 28, (24, 8, 128)), tie_word_embeddings=True),
    "qwen3-4b": Qwen3Config(**_sizes(151_936, 2560, 9728, 36, (32, 8, 128)), tie_word_embeddings=True),
    "qwen3-8b": Qwen3Config(**_sizes(151_936, 4096, 12_288, 36, (32, 8, 128)), tie_word_embeddings=False),
}


@dataclass(frozen=True)
class Way:
    """How a student is tuned, and what a table calls it."""

    name: str
    recipe: Recipe


def _way(name: str, **values: Any) -> Way:
    return Way(name, Recipe(**{"rank": RANK, "gradient_checkpointing": "off", **values}))


WAYS: Final = (
    _way("LoRA, bf16", dtype="bf16", dropout=0.05),
    _way("LoRA, bf16, recomputed", dtype="bf16", dropout=0.05, gradient_checkpointing="on"),
    _way("LoRA, fp32", dtype="fp32", dropout=0.05),
    _way("full, bf16", method="full", dtype="bf16"),
    _way("full, bf16, recomputed", method="full", dtype="bf16", gradient_checkpointing="on"),
    _way("full, fp32", method="full", dtype="fp32"),
)


def compare(config: PretrainedConfig, way: Way, tokens: int) -> tuple[int, int]:
    """Bytes counted, and bytes by the formula."""
    is_full = way.recipe.method == "full"
    passes = 2 if is_full and tokens >= 8192 else 1
    reading = StepProfile(
        tokens=tokens, supervised=tokens // 2, rank=None if is_full else RANK, is_half=way.recipe.dtype == "bf16",
        has_dropout=not is_full and way.recipe.dropout > 0, checkpoints=way.recipe.gradient_checkpointing == "on",
        holds_gradients=passes > 1,
    )  # fmt: skip
    counted = peak_bytes(config, way.recipe, tokens, tokens // 2, passes=passes)
    return counted, peak(shape_of_config(config), reading).total


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--students", default=",".join(STUDENTS))
    parser.add_argument("--tokens", default="1024,8192")
    options = parser.parse_args()
    worst, counts = 0.0, {}
    print("| student | way | tokens | counted, GiB | formula, GiB | off |\n| --- | --- | ---: | ---: | ---: | ---: |")
    for student in options.students.split(","):
        for tokens in map(int, options.tokens.split(",")):
            for way in WAYS:
                counted, told = compare(STUDENTS[student], way, tokens)
                off = told / counted - 1
                worst = max(worst, abs(off))
                counts[student, tokens, way.name] = counted
                print(
                    f"| {student} | {way.name} | {tokens} | {counted / GIB:.2f} | {told / GIB:.2f} | {off:+.1%} |",
                    flush=True,
                )
    saved = {
        f"{student} {method} {tokens}": round(1 - size / counts[student, tokens, f"{method}, fp32"], 3)
        for (student, tokens, name), size in counts.items()
        for method in ("LoRA", "full")
        if name == f"{method}, bf16"
    }
    print(json.dumps({"largest_departure": round(worst, 4), "bf16_saves": saved}))


if __name__ == "__main__":
    main()
