"""Answers of a server that tells no token ids.

Its text, without thinking and cut before a stop string, and its figures.
"""

from __future__ import annotations

import asyncio
import random
import time
from math import fsum

from serving.backends.contracts import Ending, Piece, Question, ReadyModel, ServerLostError, TokenLogProb
from serving.engine.contracts import CHARS_PER_TOKEN, DEFAULT_MAX_TOKENS, GenerateRequest, ModelEntry
from serving.engine.errors import RequestRefused
from serving.engine.row import FinishedAnswer, StreamItem
from serving.engine.text_stream import VisibleText, places_of

_DIGITS = 6


class TextAnswer:
    """An answer whose template, tokens and grammar are the server's affair.

    The relay reads it as it reads `TokenAnswer`.
    """

    refusal: RequestRefused | None = None
    is_stuck = False

    def __init__(self, request: GenerateRequest, entry: ModelEntry, ready: ReadyModel) -> None:
        self.request, self.entry, self.ready = request, entry, ready
        self.caller, self.inbox = request.caller, asyncio.Queue[StreamItem]()
        self.is_cancelled = self.is_over = self.has_begun = False
        self._limit = request.max_tokens or DEFAULT_MAX_TOKENS
        self._seed = random.getrandbits(31) if request.seed is None else abs(request.seed) % (1 << 40)
        self._flow = VisibleText(request.stop)
        self._shown: list[str] = []
        self._tokens: list[tuple[str, TokenLogProb]] = []
        self._came = 0
        self._ending: Ending | None = None
        self._asked_s = time.perf_counter()
        self._first_s = 0.0

    @property
    def fingerprint(self) -> str:
        return self.ready.fingerprint

    @property
    def reach(self) -> int:
        """Tokens that it may write; how many its prompt has only the server knows."""
        return self._limit

    def question(self) -> Question:
        return Question(
            entry=self.entry,
            ready=self.ready,
            request=self.request,
            prompt=[],
            limit=self._limit,
            seed=self._seed,
            grammar=None,
            is_whole=not self.request.stream and not self.request.stop,
            tells_log_probs=self.request.logprobs,
        )

    def take(self, piece: Piece) -> str:
        """Take a piece in; returns the text that may be shown with it."""
        if not self.has_begun:
            self.has_begun, self._first_s = True, time.perf_counter() - self._asked_s
        self._came += len(piece.token_texts) or 1
        told = [each for each in piece.log_probs if each is not None]
        self._tokens += zip(piece.token_texts, told, strict=False)
        return self._show(self._flow.add(piece.text), is_stopped=self._flow.is_stopped)

    def end(self, ending: Ending, question: Question) -> str:
        """Take the server's end; returns the rest of the text.

        Raises:
            ServerLostError: It does not tell how many tokens it read and wrote, so that nothing could be counted.
        """
        if self.is_over:
            return ""
        if ending.prompt_tokens is None or ending.completion_tokens is None:
            raise ServerLostError("The server tells no usage.")
        self._ending = ending
        return self._show(self._flow.end(), is_stopped=True)

    @property
    def done(self) -> FinishedAnswer:
        seconds = time.perf_counter() - self._asked_s
        # Cut at a stop string before the server told: what came is counted, and the prompt as roughly as at the door.
        prompt_chars = sum(len(message.content) for message in self.request.messages)
        ending = self._ending or Ending("stop", prompt_chars // CHARS_PER_TOKEN, self._came)
        log_probs = [told.log_prob for _, told in self._tokens]
        return FinishedAnswer(
            ending.finish,
            ending.prompt_tokens or 0,
            ending.completion_tokens or 0,
            seconds,
            self._first_s,
            mean_log_prob=round(fsum(log_probs) / len(log_probs), _DIGITS) if log_probs else None,
            tokens=self._told() if self.request.logprobs else None,
        )

    def _told(self) -> list[tuple[str, float, list[tuple[str, float]]]]:
        pieces = [text for text, _ in self._tokens]
        told = []
        for at in places_of("".join(self._shown), pieces, self._flow.cut):
            text, known = self._tokens[at]
            told.append((text, round(known.log_prob, _DIGITS), [(str(name), value) for name, value in known.likeliest]))
        return told

    def _show(self, text: str, *, is_stopped: bool) -> str:
        self._shown.append(text)
        self.is_over = self.is_over or is_stopped
        return text
