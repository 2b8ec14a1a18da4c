"""Trains the demo encoder's tokenizer and writes it as a Hugging Face folder's two files.

Byte-level BPE, so that every spelling of every language comes back as it was; each digit is a token of its own.
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
    """A tokenizer of `vocabulary` entries, the special ones first, learnt from `texts`."""
    tokenizer = of_student.train(texts, special=SPECIAL, vocabulary=vocabulary)
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{BEGIN} $A {END}",
        pair=f"{BEGIN} $A {END} $B {END}",
        special_tokens=[(BEGIN, BEGIN_ID), (END, END_ID)],
    )
    return tokenizer


def save(tokenizer: Tokenizer, folder: Path) -> None:
    """Writes `tokenizer.json` and `tokenizer_config.json` into `folder`."""
    special = {"pad_token": PAD, "cls_token": BEGIN, "sep_token": END, "mask_token": MASK}
    of_student.write_files(tokenizer, folder, special, {})
