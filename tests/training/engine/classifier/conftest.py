"""Tiny encoders made from a config, rows of a triage task, and a run directory for them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from jobs.contracts import SpecEnvelope
from jobs.rundir import write_spec

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

LABELS = ["billing", "bug", "how to", "other"]
TEXTS = [
    "The invoice is wrong, please refund.",
    "The page crashes with an error.",
    "How do I add a member?",
    "Good morning to all.",
]
HEADS = {"fields": [{"name": "category", "type": "choice", "labels": LABELS}], "is_bare": True}
SEVERAL: dict[str, Any] = {
    "fields": [
        {"name": "category", "type": "choice", "labels": LABELS},
        {"name": "urgent", "type": "boolean"},
        {"name": "amount", "type": "number", "minimum": 0, "maximum": 1000, "decimals": 1},
    ]
}
SIZES: dict[str, Any] = {
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "max_position_embeddings": 130,
    "pad_token_id": 0,
}
SPECIAL = ["[PAD]", "[CLS]", "[SEP]", "[UNK]", "[MASK]"]


def make_tokenizer() -> PreTrainedTokenizerFast:
    """A byte-level tokenizer that puts [CLS] and [SEP] around every text, as encoders' do."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
    from transformers import PreTrainedTokenizerFast

    inner = Tokenizer(models.BPE())
    inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    inner.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=320,
        special_tokens=SPECIAL,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    inner.train_from_iterator(TEXTS, trainer)
    inner.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 1), ("[SEP]", 2)]
    )
    named = {
        "pad_token": "[PAD]",
        "cls_token": "[CLS]",
        "sep_token": "[SEP]",
        "unk_token": "[UNK]",
        "mask_token": "[MASK]",
    }
    return PreTrainedTokenizerFast(tokenizer_object=inner, **named)


def make_encoder(family: str, vocabulary: int) -> Any:
    """A freshly drawn encoder of a family."""
    import torch
    from transformers import (
        BertConfig,
        BertModel,
        DebertaV2Config,
        DebertaV2Model,
        DistilBertConfig,
        DistilBertModel,
        ModernBertConfig,
        ModernBertModel,
        XLMRobertaConfig,
        XLMRobertaModel,
    )

    torch.set_num_threads(1)
    torch.manual_seed(7)
    sizes = {**SIZES, "vocab_size": vocabulary}
    if family == "modernbert":
        tokens = {"cls_token_id": 1, "bos_token_id": 1, "sep_token_id": 2, "eos_token_id": 2}
        return ModernBertModel(ModernBertConfig(local_attention=16, global_attn_every_n_layers=2, **tokens, **sizes))
    if family == "xlm-roberta":
        return XLMRobertaModel(XLMRobertaConfig(**sizes))
    if family == "deberta-v2":
        about = {"relative_attention": True, "pos_att_type": ["p2c", "c2p"], "position_buckets": 16}
        return DebertaV2Model(DebertaV2Config(max_relative_positions=-1, type_vocab_size=0, **about, **sizes))
    if family == "distilbert":
        return DistilBertModel(
            DistilBertConfig(
                vocab_size=vocabulary,
                dim=32,
                hidden_dim=48,
                n_layers=2,
                n_heads=4,
                max_position_embeddings=130,
                pad_token_id=0,
            )
        )
    return BertModel(BertConfig(**sizes))


@pytest.fixture(scope="session")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """A folder as `save_pretrained` writes it, for a family."""
    made: dict[str, Path] = {}

    def make(family: str = "modernbert") -> Path:
        if family not in made:
            folder = tmp_path_factory.mktemp(family)
            tokenizer = make_tokenizer()
            tokenizer.save_pretrained(folder)
            make_encoder(family, len(tokenizer)).save_pretrained(folder)
            made[family] = folder
        return made[family]

    return make


def label_row(number: int, label: str, text: str) -> dict[str, Any]:
    """One row of a task whose answer is a bare label."""
    return {
        "id": f"row-{number}",
        "prompt": [{"role": "system", "content": "Sort the ticket."}, {"role": "user", "content": text}],
        "completion": [{"role": "assistant", "content": label}],
        "meta": "{}",
    }


@pytest.fixture
def rows() -> list[dict[str, Any]]:
    """Sixteen rows of four labels."""
    return [label_row(n, LABELS[n % 4], TEXTS[n % 4]) for n in range(16)]


def several(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same rows with three fields; one of them says nothing of its amount."""
    made = []
    for number, row in enumerate(rows):
        amount = None if number == 3 else number % 4 * 100.0
        fields = {"category": LABELS[number % 4], "urgent": number % 2 == 0, "amount": amount}
        made.append({**row, "completion": [{"role": "assistant", "content": json.dumps(fields)}]})
    return made


@pytest.fixture
def lay_classifier(tmp_path: Path, rows: list[dict[str, Any]]) -> Callable[..., Path]:
    """A run directory with spec and data; keyword arguments replace parts of the spec or of the recipe."""

    def make(
        name: str,
        folder: Path,
        *,
        train: list[dict[str, Any]] | None = None,
        validation: list[dict[str, Any]] | None = None,
        recipe: dict[str, Any] | None = None,
        resume_from: Path | None = None,
        **spec: Any,
    ) -> Path:
        run_dir = tmp_path / name
        run_dir.mkdir()
        train = rows if train is None else train
        for split, content in (("train", train), ("validation", train[:6] if validation is None else validation)):
            (run_dir / f"{split}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in content))
        base = {
            "objective": "classify", "method": "full", "learning_rate": 5e-3, "epochs": 6, "batch_size": 4,
            "max_length": 128, "dtype": "fp32",
        }  # fmt: skip
        body = {
            "student": {"path": str(folder)},
            "train_file": "train.jsonl",
            "validation_file": "validation.jsonl",
            "device": "cpu",
            "heads": HEADS,
            "recipe": base | (recipe or {}),
        } | spec
        envelope = SpecEnvelope(
            job="1",
            kind="training",
            fence=1,
            lease_s=60,
            body=body,
            resume_from=str(resume_from) if resume_from else None,
        )
        write_spec(run_dir, envelope)
        return run_dir

    return make
