"""Tokens that may come next under a grammar: compiled once for a tokenizer, then one state a text.

llguidance does the parsing (https://github.com/guidance-ai/llguidance); a mask takes microseconds on the CPU.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from typing import Final
from weakref import WeakKeyDictionary

import numpy as np
import torch
from llguidance import LLMatcher, LLTokenizer
from llguidance.hf import from_tokenizer
from torch import Tensor

from training.engine.data.chat import Chat
from training.engine.grammar.text_patterns import SLICES

# Grammars kept compiled for one tokenizer: task versions in use, and schemas of requests.
KEPT: Final = 64
_TAG_TOKENS: Final = 24


class GrammarRefusedError(ValueError):
    """A grammar that cannot be compiled for this tokenizer, with the compiler's reason."""


class GrammarState:
    """Progress of one text under a grammar.

    Args:
        matcher: A state of its own.
        chat: The student's, for thinking that its prompts open: what comes before its end is not held to the grammar.
    """

    def __init__(self, matcher: LLMatcher, chat: Chat) -> None:
        self._matcher, self._chat = matcher, chat
        self._thinking: list[int] = []
        self._is_thinking = bool(chat.opened)

    def take(self, token: int) -> None:
        if self._is_thinking:
            # The tag is a few tokens long.
            self._thinking = [*self._thinking[-_TAG_TOKENS:], token]
            self._is_thinking = self._chat.opened not in self._chat.spelled(self._thinking)
        elif token not in self._chat.stops:
            self._matcher.consume_token(token)

    @property
    def mask(self) -> bytes | None:
        """One bit a token, the first the lowest; None where every token may come."""
        if self._is_thinking:
            return None
        return self._matcher.compute_bitmask()

    @property
    def is_over(self) -> bool:
        """Return whether nothing can follow: the text is whole, or the parser gave up."""
        return not self._is_thinking and self._matcher.is_stopped()

    @property
    def is_whole(self) -> bool:
        return not self._is_thinking and not self._matcher.is_error() and self._matcher.is_accepting()

    @property
    def problem(self) -> str:
        """Why the parser gave up; empty where it has not."""
        return _reason(self._matcher.get_error()) if self._matcher.is_error() else ""


class TokenGrammars:
    """Compiled grammars of one tokenizer.

    Args:
        chat: The tokenizer, with the tokens that end a turn.
        vocabulary: How many scores the model gives.
    """

    def __init__(self, chat: Chat, vocabulary: int) -> None:
        self._chat, self._vocabulary = chat, vocabulary
        self._tokenizer: LLTokenizer | None = None
        self._compiled: OrderedDict[str, LLMatcher] = OrderedDict()
        self._lock = threading.Lock()

    def begin(self, grammar: str, chat: Chat | None = None) -> GrammarState:
        """A state at the beginning of a text. May be called from any thread; the first time takes longest.

        Args:
            grammar: In llguidance's Lark.
            chat: The student's own chat, where it differs from the tokenizer's in how it thinks.

        Raises:
            GrammarRefusedError: It cannot be compiled.
        """
        with self._lock:
            compiled = self._compiled.get(grammar)
            if compiled is None:
                compiled = self._compiled[grammar] = self._compile(grammar)
                while len(self._compiled) > KEPT:
                    self._compiled.popitem(last=False)
            self._compiled.move_to_end(grammar)
            return GrammarState(compiled.deep_copy(), chat or self._chat)

    def begin_task(self, grammar: str | None, chat: Chat) -> GrammarState | None:
        """The state of an answer to a task, in evaluations and in serving alike.

        Args:
            grammar: The task's own; None where it has none.
            chat: The student's own.

        Returns:
            None where the answer is free: no grammar, or a tokenizer whose tokens do not spell bytes.

        Raises:
            GrammarRefusedError: It cannot be compiled.
        """
        return None if grammar is None or not self.can_hold else self.begin(grammar, chat)

    @property
    def can_hold(self) -> bool:
        """Return whether the tokenizer is of a kind whose tokens spell bytes, which grammars are about."""
        try:
            with self._lock:
                self._read_tokenizer()
        except GrammarRefusedError:
            return False
        return True

    def _read_tokenizer(self) -> LLTokenizer:
        if self._tokenizer is None:
            try:
                self._tokenizer = from_tokenizer(
                    self._chat.tokenizer,
                    n_vocab=self._vocabulary,
                    eos_token=sorted(self._chat.stops),
                    slices=SLICES,
                )
            except ValueError as error:
                raise GrammarRefusedError(f"the student's tokenizer cannot be held to a grammar: {error}") from error
        return self._tokenizer

    def _compile(self, grammar: str) -> LLMatcher:
        matcher = LLMatcher(self._read_tokenizer(), LLMatcher.grammar_from_lark(grammar), log_level=0)
        if matcher.is_error():
            raise GrammarRefusedError(_reason(matcher.get_error()))
        return matcher


def problem_of(grammar: str) -> str:
    """Why no tokenizer could be held to a grammar; empty where nothing is wrong with it."""
    error = LLMatcher.validate_grammar(LLMatcher.grammar_from_lark(grammar))
    return _reason(error) if error else ""


def _reason(error: str) -> str:
    lines = error.splitlines()
    return next((line.removeprefix("error: ") for line in lines if line.startswith("error: ")), lines[0])


_OF_TOKENIZERS: WeakKeyDictionary[object, TokenGrammars] = WeakKeyDictionary()


def grammars_of(chat: Chat, vocabulary: int) -> TokenGrammars:
    """The grammars of a chat's tokenizer, which live as long as it does."""
    grammars = _OF_TOKENIZERS.get(chat.tokenizer)
    if grammars is None:
        grammars = _OF_TOKENIZERS[chat.tokenizer] = TokenGrammars(chat, vocabulary)
    return grammars


def mask_scores(scores: Tensor, states: Sequence[GrammarState | None]) -> None:
    """Put tokens out of reach, in place, that a row's grammar does not allow next.

    Args:
        scores: Float scores, (B, V).
        states: One for each row; None for rows without a grammar.
    """
    masks = {row: mask for row, state in enumerate(states) if state is not None and (mask := state.mask) is not None}
    if not masks:
        return
    bits = np.frombuffer(b"".join(masks.values()), dtype=np.uint8).reshape(len(masks), -1)
    if scores.device.type == "cpu":
        forbidden = torch.from_numpy(np.unpackbits(~bits, axis=1, count=scores.shape[1], bitorder="little")).bool()
    else:
        # Bits are a thirty-second of the scores: they are spread out on the device.
        spread = torch.from_numpy(bits.copy()).to(scores.device).unsqueeze(-1) >> torch.arange(8, device=scores.device)
        forbidden = (spread & 1 == 0).flatten(1)[:, : scores.shape[1]]
    if len(masks) == len(scores):
        scores.masked_fill_(forbidden, -torch.inf)
        return
    rows = torch.tensor(list(masks), device=scores.device)
    scores[rows] = scores[rows].masked_fill_(forbidden, -torch.inf)
