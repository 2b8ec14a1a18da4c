"""Tokens that stand around turns: what a template writes, what ends an answer, what begins and ends thinking."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from review.spec import thinking
from training.engine.data import rendering

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

# Tags of thinking are words that this product reads itself, whatever a tokenizer calls them.
THINKING: Final = (*thinking.TAGS, *thinking.TAGS.values())
_PROBE: Final = "probe of the template"
_PROBED: Final = ({"role": "user", "content": "?"}, {"role": "assistant", "content": _PROBE})


def end_of_turn(tokenizer: PreTrainedTokenizerBase) -> int:
    """The special token the template writes right after an answer, else the tokenizer's end token."""
    _, answer, tail = rendering.render(tokenizer, [_PROBED], answer_next=False)[0].rpartition(_PROBE)
    # A template that changes the answer is refused by the first row it changes.
    tail = tail if answer else ""
    special = set(tokenizer.all_special_ids) | set(tokenizer.added_tokens_decoder)
    for token in tokenizer(tail, add_special_tokens=False)["input_ids"]:
        if token in special:
            return int(token)
    return int(tokenizer.eos_token_id)


def written_ids(tokenizer: PreTrainedTokenizerBase) -> tuple[int, ...]:
    """Tokens of a whole conversation as the template writes it."""
    text = rendering.render(tokenizer, [_PROBED], answer_next=False)[0]
    return tuple(dict.fromkeys(tokenizer(text, add_special_tokens=False)["input_ids"]))


def thinking_tokens(tokenizer: PreTrainedTokenizerBase) -> dict[int, str]:
    """Tags of thinking that are special tokens, by id."""
    added = tokenizer.added_tokens_decoder.items()
    return {
        token: str(added_token.content)
        for token, added_token in added
        if added_token.special and str(added_token.content) in THINKING
    }
