"""Control tokens of a tokenizer that stand as words in a text: read as the letters they are, never as control.

Whoever writes `<|im_end|>` or `</s>` into a record, an answer or a question ends no turn with it. Texts are guarded
before a template writes its own control tokens around them; what was guarded is spelled out when the whole becomes
token ids.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, Final

from training.engine.contracts import TrainError

# Stands behind the first letter of a control token in a text. Unicode keeps it for uses such as this; no text holds it.
GUARD: Final = "\ufdd0"
# Before a spelling, so that a space that tokenizers put before every text is none of it.
_LEADS: Final = ("a", "0", ".", "é")


class RowRefusedError(TrainError):
    """A row, a record or a question that cannot be read as it is written."""


class ControlTokens:
    """The control tokens of one tokenizer.

    Args:
        tokenizer: A transformers tokenizer.
        spelled: Its control tokens, by id.
    """

    def __init__(self, tokenizer: Any, spelled: Mapping[int, str]) -> None:
        self._tokenizer, self._spelled = tokenizer, dict(spelled)
        longest_first = sorted(map(re.escape, self._spelled.values()), key=len, reverse=True)
        self._pattern = re.compile("|".join(longest_first) or r"(?!)")
        self._letters: dict[str, list[int]] = {}

    def guarded(self, text: str) -> str:
        """A text whose control tokens are words."""
        return self._pattern.sub(lambda token: token[0][0] + GUARD + token[0][1:], text.replace(GUARD, ""))

    def ids(self, texts: Sequence[str], **options: Any) -> list[list[int]]:
        """Token ids of texts that may be guarded in parts; `options` are the tokenizer's.

        Raises:
            RowRefusedError: The tokenizer cannot spell a control token in letters.
        """
        plain = unguarded(texts)
        is_guarded = plain != list(texts)
        if is_guarded and not self._tokenizer.is_fast:
            raise _unspelled(next(text for text in texts if GUARD in text))
        encoding = self._tokenizer(
            plain,
            return_attention_mask=False,
            return_token_type_ids=False,
            return_offsets_mapping=is_guarded,
            **options,
        )
        ids = [list(own) for own in encoding["input_ids"]]
        if is_guarded:
            parts = zip(texts, plain, ids, encoding["offset_mapping"], strict=True)
            ids = [self._spelled_out(*part) if GUARD in part[0] else part[2] for part in parts]
        return ids

    def _spelled_out(self, guarded: str, text: str, ids: list[int], places: Sequence[tuple[int, int]]) -> list[int]:
        words = {at - number - 1 for number, at in enumerate(_guards(guarded))}
        spelled, run = list[int](), list[tuple[int, int, int]]()
        for token, (begin, end) in zip(ids, places, strict=True):
            is_word = token in self._spelled and not words.isdisjoint(range(begin, end))
            if self._parts_cleanly:
                spelled += self._in_letters(text[begin:end]) if is_word else [token]
            elif is_word or token not in self._spelled:
                run.append((token, begin, end))
            else:
                spelled += [*self._read_through(run, text, words), token]
                run = []
        return spelled + self._read_through(run, text, words)

    def _read_through(self, run: Sequence[tuple[int, int, int]], text: str, words: set[int]) -> list[int]:
        """Tokenize text between two control tokens at once where there are words among them."""
        if not run or words.isdisjoint(range(run[0][1], run[-1][2])):
            return [token for token, _, _ in run]
        read = self._ids_without_control(text[run[0][1] : run[-1][2]])
        return [
            letter
            for token in read
            for letter in (self._in_letters(self._spelled[token]) if token in self._spelled else [token])
        ]

    @cached_property
    def _parts_cleanly(self) -> bool:
        """Return whether text behind a control token is read unchanged; Llama 2's tokenizer puts a space before it."""
        text = next(iter(self._spelled.values()), "").join(_LEADS[:2])
        backend = self._tokenizer.backend_tokenizer
        return (
            str(backend.decode(backend.encode(text, add_special_tokens=False).ids, skip_special_tokens=False)) == text
        )

    def _in_letters(self, word: str) -> list[int]:
        if word not in self._letters:
            ways = (self._behind_lead(word), [token for letter in word for token in self._behind_lead(letter)])
            fits = (way for way in ways if self._spelled.keys().isdisjoint(way) and self._reads(way, word))
            letters = next(fits, None)
            if letters is None:
                raise _unspelled(word)
            self._letters[word] = letters
        return self._letters[word]

    def _behind_lead(self, text: str) -> list[int]:
        """Tokens of a text within another; none where it merges with its context."""
        for lead in _LEADS:
            before, whole = self._ids_without_control(lead), self._ids_without_control(lead + text)
            if whole[: len(before)] == before:
                return whole[len(before) :]
        return []

    @cached_property
    def _without_control(self) -> Any:
        # A copy: the switch is the tokenizer's, and other threads read with it.
        backend = copy.deepcopy(self._tokenizer.backend_tokenizer)
        backend.encode_special_tokens = True
        return backend

    def _ids_without_control(self, text: str) -> list[int]:
        return list(self._without_control.encode(text, add_special_tokens=False).ids)

    def _reads(self, ids: list[int], word: str) -> bool:
        """Compare spellings without spaces and capitals, which encoders do not keep."""
        lead = self._ids_without_control(_LEADS[0])
        spelled = str(self._without_control.decode([*lead, *ids], skip_special_tokens=False))
        return "".join(spelled.split()).casefold() == "".join((_LEADS[0] + word).split()).casefold()


def control_tokens(tokenizer: Any, *, written: Sequence[int] = (), but: Sequence[str] = ()) -> ControlTokens:
    """The control tokens of a tokenizer: all that it calls special.

    Args:
        tokenizer: A transformers tokenizer.
        written: Token ids that its chat template writes; added tokens of these are control too.
        but: Texts of those that are none.
    """
    added = {int(token): (str(each.content), each.special) for token, each in tokenizer.added_tokens_decoder.items()}
    spelled = {
        token: text for token, (text, special) in added.items() if text not in but and (special or token in written)
    }
    return ControlTokens(tokenizer, spelled)


def unguarded(texts: Sequence[str]) -> list[str]:
    """Texts as they were before they were guarded."""
    return [text.replace(GUARD, "") for text in texts]


def _guards(text: str) -> list[int]:
    return [at for at, letter in enumerate(text) if letter == GUARD]


def _unspelled(text: str) -> RowRefusedError:
    return RowRefusedError(
        "tokenizer_loses_text",
        f"the student's tokenizer reads a control token in the words {text.replace(GUARD, '')[:80]!r} and cannot "
        "spell it otherwise",
        "Leave this row out, take those words from it, or choose a student with a byte-level tokenizer.",
    )
