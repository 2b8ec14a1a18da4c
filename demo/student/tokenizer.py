"""Tokenizer of the demo student: training, and export as the two files of a Hugging Face folder.

Byte-level BPE, so that any spelling can be copied; every digit is a token. Knows the chat format.
"""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

PAD: Final = "<|pad|>"
END: Final = "<|end|>"
SYSTEM: Final = "<|system|>"
USER: Final = "<|user|>"
ASSISTANT: Final = "<|assistant|>"
PAD_ID: Final = 0
END_ID: Final = 1
SPECIAL: Final = (PAD, END, SYSTEM, USER, ASSISTANT)
VOCABULARY: Final = 2048
CONTEXT: Final = 1024

CHAT_TEMPLATE: Final = (
    "{% for message in messages %}<|{{ message['role'] }}|>\n{{ message['content'] }}<|end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>\n{% endif %}"
)


def train(texts: Iterable[str], *, special: Sequence[str] = SPECIAL, vocabulary: int = VOCABULARY) -> Tokenizer:
    """Train a byte-level tokenizer of `vocabulary` entries, the special ones first."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=list(special),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def chat(prompt: str) -> str:
    """Return the text before a completion: the user's turn and the assistant's opening mark."""
    return f"{USER}\n{prompt}{END}\n{ASSISTANT}\n"


def save(tokenizer: Tokenizer, folder: Path) -> None:
    """Write `tokenizer.json` and `tokenizer_config.json`, with the chat template, into `folder`."""
    special = {"eos_token": END, "additional_special_tokens": [SYSTEM, USER, ASSISTANT]}
    write_files(tokenizer, folder, {"pad_token": PAD, **special}, {"chat_template": CHAT_TEMPLATE})


def write_files(tokenizer: Tokenizer, folder: Path, special: dict[str, Any], rest: dict[str, str]) -> None:
    """Write a tokenizer, and its configuration with special tokens, for `from_pretrained`."""
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
    config = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "model_max_length": CONTEXT,
        **special,
        "clean_up_tokenization_spaces": False,
        "padding_side": "right",
        **rest,
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(config, indent=2) + "\n", "utf-8")
