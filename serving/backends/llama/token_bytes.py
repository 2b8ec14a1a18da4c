"""Bytes of a tokenizer's tokens, to name the tokens within a character that a stream of text leaves out."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from llguidance.hf import from_tokenizer


class TokenBytes:
    """The bytes that each token of a tokenizer spells.

    Read when first needed, which takes a second for a large vocabulary.
    """

    def __init__(self, tokenizer: Any, vocabulary: int) -> None:
        self._tokenizer, self._vocabulary = tokenizer, vocabulary

    @cached_property
    def _of_tokens(self) -> dict[int, bytes]:
        tokens = from_tokenizer(self._tokenizer, n_vocab=self._vocabulary)
        return {token: tokens.decode_bytes([token]) for token in range(self._vocabulary)}

    @cached_property
    def _tokens(self) -> dict[bytes, int]:
        return {spelled: token for token, spelled in reversed(self._of_tokens.items()) if spelled}

    def before(self, text: bytes, last: int, count: int) -> list[int] | None:
        """Return `count` tokens which, with the last one behind them, spell a text; any such tokens where several do.

        None where none do: bytes that are no text come as U+FFFD.
        """
        spelled = self._of_tokens[last]
        return self._split(text[: len(text) - len(spelled)], count) if text.endswith(spelled) else None

    def _split(self, text: bytes, count: int) -> list[int] | None:
        if count == 0:
            return None if text else []
        # Shortest first: what stands within a character is mostly single bytes.
        for end in range(1, len(text) - count + 2):
            if (token := self._tokens.get(text[:end])) is not None:
                rest = self._split(text[end:], count - 1)
                if rest is not None:
                    return [token, *rest]
        return None
