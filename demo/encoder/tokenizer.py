"""Tokenizer of the demo encoder: training, and export as the two files of a Hugging Face folder.

Byte-level BPE, so that every spelling of every language is reversible; each digit is a token.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from tokenizers import Tokenizer, processors

from demo.student import tokenizer as of_student

PAD, BEGIN, END, MASK = SPECIAL = ("[PAD]", "[CLS]", "[SEP]", "[MASK]")
PAD_ID, BEGIN_ID, END_ID, MASK_ID = range(len(SPECIAL))
VOCABULARY: Final = 8192
CONTEXT: Final = of_student.CONTEXT


def train(texts: Iterable[str], *, vocabulary: int = VOCABULARY) -> Tokenizer:
    """Train a tokenizer of `vocabulary` entries, the special ones first."""
    tokenizer = of_student.train(texts, special=SPECIAL, vocabulary=vocabulary)
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{BEGIN} $A {END}",
        pair=f"{BEGIN} $A {END} $B {END}",
        special_tokens=[(BEGIN, BEGIN_ID), (END, END_ID)],
    )
    return tokenizer


def save(tokenizer: Tokenizer, folder: Path) -> None:
    """Write `tokenizer.json` and `tokenizer_config.json` into `folder`."""
    special = {"pad_token": PAD, "cls_token": BEGIN, "sep_token": END, "mask_token": MASK}
    of_student.write_files(tokenizer, folder, special, {})
