"""Pasted prompts of one template: what differs becomes columns, what all say alike the instruction."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import NamedTuple

from review.sources.imports.logs.induction import induce
from review.sources.imports.own_rows.pasted import as_file, texts_of

# Fewer prompts share words by chance; more are a log.
_FEWEST, _MOST = 8, 2_000
# What all prompts say alike has to be a sentence, or hardly less.
_LEAST_WORDS = 3
_WORD = re.compile(r"[^\W\d_]{2,}")
MOST_WORDING_CHARS = 1_000


class Brought(NamedTuple):
    """A paste as the bytes of a file with columns, and the instruction that its texts share, if any."""

    file: bytes
    wording: str = ""


def read(text: str, form: str = "") -> Brought:
    """Read a paste; prompts that one template makes, all of them, become its slots.

    Raises:
        Refusal: As `as_file`.
    """
    texts = [part.strip() for part in texts_of(text, form)]
    if not _FEWEST <= len(texts) <= _MOST:
        return Brought(as_file(text, form))
    return _parted(texts) or Brought(as_file(text, form))


def _parted(texts: Sequence[str]) -> Brought | None:
    prompts = [(text,) for text in texts]
    templates = induce(prompts)
    if len(templates) != 1 or len(templates[0].rows) != len(texts) or not templates[0].slots:
        return None
    template = templates[0].parts[0]
    if len(_WORD.findall(" ".join(template.constants))) < _LEAST_WORDS:
        return None
    rows = [templates[0].values_in(prompt) for prompt in prompts]
    wording = template.render({slot: f"[{slot.replace('_', ' ')}]" for slot in template.slots})
    if len(wording) > MOST_WORDING_CHARS:
        return None
    return Brought("\n".join(json.dumps(row, ensure_ascii=False) for row in rows).encode(), wording)
