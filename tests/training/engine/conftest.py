"""Tiny students made from a config, rows for them, and a run started the way a supervisor starts it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from jobs.contracts import SpecEnvelope
from jobs.rundir import RunDir, write_spec
from tests import left_out
from tests.nursery import Child, nursery

if TYPE_CHECKING:
    from transformers import LlamaForCausalLM, PreTrainedTokenizerFast

TEMPLATE = (
    "{% for message in messages %}<|{{ message['role'] }}|>\n{{ message['content'] }}<|end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>\n{% endif %}"
)
PAIRS = [
    ("company: Northwind", "Subject: A depot for Northwind\n\nHi there, your depot opens soon."),
    ("company: Lattice", "Subject: Lattice and its looms\n\nHi there, the looms run day and night at Lattice."),
    ("company: Ostra", "Subject: Ostra ships early\n\nHi there, Ostra ships."),
    ("company: Quill & Sons", "Subject: Ink for Quill\n\nHi there, ink is what Quill & Sons sells best in May."),
]
SHAPE: dict[str, Any] = {
    "hidden_size": 64,
    "intermediate_size": 128,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 512,
}


def make_tokenizer(*, template: str | None = TEMPLATE, pad_is_end: bool = False) -> PreTrainedTokenizerFast:
    """A byte-level tokenizer with the demo's special tokens."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    inner = Tokenizer(models.BPE())
    inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    inner.decoder = decoders.ByteLevel()
    special = ["<|pad|>", "<|end|>", "<|system|>", "<|user|>", "<|assistant|>"]
    trainer = trainers.BpeTrainer(
        vocab_size=320,
        special_tokens=special,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    inner.train_from_iterator([text for pair in PAIRS for text in pair], trainer)
    pad = "<|end|>" if pad_is_end else "<|pad|>"
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=inner, eos_token="<|end|>", pad_token=pad)
    tokenizer.chat_template = template
    return tokenizer


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> None:
    """Tiny models are slower on several threads, and sums are the same on one."""
    with left_out.where_torch_is():
        import torch

        torch.set_num_threads(1)


def make_model(family: str, vocabulary: int) -> Any:
    """A freshly drawn model of a family's shape."""
    import torch
    from transformers import (
        Gemma3Config,
        Gemma3ForCausalLM,
        Gemma3ForConditionalGeneration,
        Gemma3TextConfig,
        LlamaConfig,
        LlamaForCausalLM,
        Qwen3Config,
        Qwen3ForCausalLM,
    )

    torch.set_num_threads(1)
    torch.manual_seed(7)
    ends = {"eos_token_id": 1, "pad_token_id": 0, "bos_token_id": None}
    if family in ("llama", "llama-wide"):
        model = LlamaForCausalLM(LlamaConfig(vocab_size=vocabulary, tie_word_embeddings=True, **ends, **SHAPE))
        # Tied to embeddings as small as they are drawn, an output layer that LoRA leaves alone tells no token apart.
        model.get_input_embeddings().weight.data.mul_(10)
        if family == "llama-wide":
            widen(model)
        return model
    if family in ("qwen", "qwen-wide-heads"):
        # vLLM's attention on a CPU knows no heads narrower than 32.
        width = 16 if family == "qwen" else 32
        return Qwen3ForCausalLM(Qwen3Config(vocab_size=vocabulary, head_dim=width, **ends, **SHAPE))
    text = {
        "head_dim": 16,
        "sliding_window": 32,
        "query_pre_attn_scalar": 16,
        "vocab_size": vocabulary,
        **ends,
        **SHAPE,
    }
    if family == "gemma":
        return Gemma3ForCausalLM(Gemma3TextConfig(final_logit_softcapping=30.0, **text))
    vision = {
        "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 1, "num_attention_heads": 2,
        "image_size": 28, "patch_size": 14,
    }  # fmt: skip
    config = Gemma3Config(text_config=text, vision_config=vision, mm_tokens_per_image=4, image_token_index=4)
    return Gemma3ForConditionalGeneration(config)


def widen(model: LlamaForCausalLM) -> None:
    """Weights as spread as a trained model's: with layers as small as drawn, what LoRA learns by heart hangs by a hair,
    and a seed, or a processor that adds in another order, decides whether it is written again.
    """
    import torch

    with torch.no_grad():
        for name, weights in model.named_parameters():
            if "proj" in name:
                weights.mul_(5)
        model.get_input_embeddings().weight.mul_(3)


@pytest.fixture(scope="session")
def student(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """A folder as `save_pretrained` writes it, for a family: llama, llama-wide, qwen, gemma or gemma-vision."""
    made: dict[tuple[str, ...], Path] = {}

    def make(family: str = "llama", *, template: str | None = TEMPLATE, pad_is_end: bool = False) -> Path:
        key = (family, str(template), str(pad_is_end))
        if key not in made:
            folder = tmp_path_factory.mktemp(family)
            tokenizer = make_tokenizer(template=template, pad_is_end=pad_is_end)
            tokenizer.save_pretrained(folder)
            make_model(family, len(tokenizer)).save_pretrained(folder)
            made[key] = folder
        return made[key]

    return make


def sft_row(number: int, facts: str, text: str) -> dict[str, Any]:
    """One row as a frozen dataset holds it."""
    return {
        "id": f"row-{number}",
        "prompt": [{"role": "user", "content": facts}],
        "completion": [{"role": "assistant", "content": text}],
        "meta": "{}",
    }


@pytest.fixture
def rows() -> list[dict[str, Any]]:
    """Sixteen short rows."""
    return [sft_row(n, f"{PAIRS[n % 4][0]} {n}", PAIRS[n % 4][1]) for n in range(16)]


@pytest.fixture
def tokenizer() -> PreTrainedTokenizerFast:
    return make_tokenizer()


@pytest.fixture
def start() -> Callable[..., Child]:
    """Start the engine on a run directory as a supervisor does; its output goes to engine.log."""

    def run(run_dir: Path) -> Child:
        return nursery().start("training.engine", run_dir, log=run_dir / "engine.log", nice=5)

    return run


@pytest.fixture
def tune() -> Callable[[Path], int]:
    """Run the engine in this process; its exit status."""
    from training.engine.__main__ import main

    return lambda run_dir: main(RunDir.open(run_dir))


@pytest.fixture
def lay_run(tmp_path: Path, rows: list[dict[str, Any]]) -> Callable[..., Path]:
    """A run directory with spec and data; keyword arguments replace parts of the spec or of the recipe."""

    def make(
        name: str, folder: Path, *, train: list[dict[str, Any]] | None = None, resume_from: Path | None = None,
        recipe: dict[str, Any] | None = None, **spec: Any,
    ) -> Path:  # fmt: skip
        run_dir = tmp_path / name
        run_dir.mkdir()
        for split, content in (("train", rows if train is None else train), ("validation", rows[:4])):
            (run_dir / f"{split}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in content))
        base = {"rank": 4, "learning_rate": 5e-3, "epochs": 2, "batch_size": 2, "max_length": 256, "dtype": "fp32"}
        body = {
            "student": {"path": str(folder)},
            "train_file": "train.jsonl",
            "validation_file": "validation.jsonl",
            "device": "cpu",
            "recipe": base | (recipe or {}),
        } | spec
        write_spec(
            run_dir,
            SpecEnvelope(
                job="1", kind="training", fence=1, lease_s=60, body=body,
                resume_from=str(resume_from) if resume_from else None,
            ),
        )  # fmt: skip
        return run_dir

    return make


@pytest.fixture
def events() -> Callable[[Path, str], list[dict[str, Any]]]:
    """Payloads of one kind of event that a run reported."""

    def read(run_dir: Path, kind: str) -> list[dict[str, Any]]:
        lines = [json.loads(line) for line in (run_dir / "events.jsonl").read_text().splitlines()]
        return [line["payload"] for line in lines if line["kind"] == kind]

    return read


@pytest.fixture
def result() -> Callable[[Path], dict[str, Any]]:
    """What a run ended with."""

    def read(run_dir: Path) -> dict[str, Any]:
        return dict(json.loads((run_dir / "result.json").read_text()))

    return read
