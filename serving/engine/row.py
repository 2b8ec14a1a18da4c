"""One request under way: its prompt, what is written so far, and when it is done."""

from __future__ import annotations

import asyncio
import random
import time
from dataclasses import dataclass, field
from math import fsum
from typing import Any, Final, Literal

from serving.engine import answer_forms
from serving.engine.contracts import DEFAULT_MAX_TOKENS, GenerateRequest
from serving.engine.errors import RequestRefused
from serving.engine.score_changes import ScoreChanges, score_changes
from serving.engine.text_stream import StreamDecoder, VisibleText, places_of
from training.engine.data.chat import Chat
from training.engine.data.control_tokens import RowRefusedError
from training.engine.grammar.token_masks import GrammarState
from training.engine.model.generate import NGramHistory, Sampling, room_for_answer, seed_of

Finish = Literal["stop", "length"]
Likeliest = list[tuple[str, float]]
Probabilities = dict[str, dict[str, float]]
_DIGITS: Final = 6


@dataclass(frozen=True)
class FinishedAnswer:
    """End of an answer, with its figures."""

    finish: Finish
    prompt_tokens: int
    completion_tokens: int
    seconds: float
    first_token_s: float
    # Of a classifier: by field, of each label.
    probabilities: Probabilities | None = None
    # Of all tokens it wrote; None of a classifier, which writes none.
    mean_log_prob: float | None = None
    # Text and log probability of each token of the answer, where they were asked for, and the likeliest in its place.
    tokens: list[tuple[str, float, Likeliest]] | None = None


@dataclass
class ModelCounters:
    """Counts of what one model has done since the engine began."""

    requests: int = 0
    errors: int = 0
    cancelled: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0


StreamItem = str | FinishedAnswer | RequestRefused


@dataclass(eq=False)
class Row:
    """A question with its place in a batch. Made by the event loop, advanced by the compute thread.

    Attributes:
        prompt: Its token ids.
        limit: Most tokens it may write.
        fingerprint: Stands for the weights and the engine that write it.
        changes: Of its tokens' scores, by penalties and biases; None where it asks for none.
        refusal: Why it was given up while it was being written.
        inbox: Pieces of text, then one end; filled by the event loop alone.
        probabilities: What a classifier says of each label, by field; None of one that writes.
        is_object: Whether a classifier answers with a JSON object, also where its task's answer is a bare value.
        tells_tokens: Whether its end tells the log probability of each token.
        top_logprobs: How many of the likeliest tokens its end tells beside each.
        log_probs: Of the tokens written, by the model's own softmax.
        likeliest: By place, the likeliest token ids with their log probabilities.
    """

    model: str
    prompt: list[int]
    limit: int
    slot: int
    sampling: Sampling
    stream: bool
    has_stops: bool
    decoder: StreamDecoder
    flow: VisibleText
    stops: frozenset[int]
    inbox: asyncio.Queue[StreamItem]
    caller: str = ""
    fingerprint: str = ""
    grammar: GrammarState | None = None
    changes: ScoreChanges | None = None
    asked_s: float = field(default_factory=time.perf_counter)
    written: list[int] = field(default_factory=list)
    is_cancelled: bool = False
    finish: Finish | None = None
    refusal: RequestRefused | None = None
    first_token_s: float = 0.0
    probabilities: Probabilities | None = None
    is_object: bool = False
    tells_tokens: bool = False
    top_logprobs: int = 0
    log_probs: list[float] = field(default_factory=list)
    likeliest: dict[int, list[tuple[int, float]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        # As `training.engine.model.generate.generate` seeds its first prompt: the same seed gives the same text.
        self.seed = seed_of(self.sampling, 0)
        # What a grammar demands may be a run that was said before.
        self.said = NGramHistory(self.sampling.no_repeat_ngram if self.grammar is None else 0, self.prompt)
        self._pieces: list[str] = []

    def take(self, token: int, log_prob: float) -> str:
        """Note the next token with its log probability.

        Returns the text that may be shown with it, all of it at the end when not streaming.
        """
        if not self.written:
            self.first_token_s = time.perf_counter() - self.asked_s
        self.written.append(token)
        self.log_probs.append(log_prob)
        self.said.add(token)
        # Text is decoded where it is needed now: for the reader of a stream, or to find a stop string.
        shown = self._read(token) if self.stream or self.has_stops else ""
        if token in self.stops or self.flow.is_stopped:
            self.finish = "stop"
        elif len(self.written) >= self.limit:
            self.finish = "length"
        if self.grammar is not None:
            self._hold(self.grammar, token)
        if self.finish is not None:
            shown += self._rest()
        self._pieces.append(shown)
        if self.stream:
            return shown
        return "".join(self._pieces) if self.finish else ""

    def _hold(self, grammar: GrammarState, token: int) -> None:
        """Feed the token to the grammar; an answer that is cut before it is whole ends as `length`."""
        grammar.take(token)
        if grammar.is_over:
            self.finish = "stop"
        if self.finish is not None:
            self.finish = "stop" if grammar.is_whole else self.finish
            if problem := grammar.problem:
                self.refusal = answer_forms.gave_up(problem)

    def _read(self, token: int) -> str:
        return self.flow.add(self.decoder.add(token))

    def _rest(self) -> str:
        if self.flow.is_stopped:
            return ""
        if not (self.stream or self.has_stops):
            return self.flow.add(self.decoder.whole(self.written)) + self.flow.end()
        return self.flow.add(self.decoder.rest()) + self.flow.end()

    @property
    def reach(self) -> int:
        """Tokens it may come to."""
        return len(self.prompt) + self.limit

    @property
    def done(self) -> FinishedAnswer:
        seconds = time.perf_counter() - self.asked_s
        return FinishedAnswer(
            self.finish or "length",
            len(self.prompt),
            len(self.written),
            seconds,
            self.first_token_s,
            self.probabilities,
            round(fsum(self.log_probs) / len(self.log_probs), _DIGITS) if self.log_probs else None,
            self._told_tokens() if self.tells_tokens else None,
        )

    def _told_tokens(self) -> list[tuple[str, float, Likeliest]]:
        """Tokens of the visible answer: without thinking, text after a stop, and the end of the turn."""
        pieces = self.decoder.pieces(self.written)
        places = places_of("".join(self._pieces), pieces, self.flow.cut)
        return [(pieces[at], round(self.log_probs[at], _DIGITS), self._told_likeliest(at)) for at in places]

    def _told_likeliest(self, at: int) -> Likeliest:
        tokens = self.likeliest.get(at, [])
        return [(self.decoder.alone(token), round(log_prob, _DIGITS)) for token, log_prob in tokens]


def open_row(
    ask: GenerateRequest,
    *,
    chat: Chat,
    context_length: int | None,
    slot: int,
    no_repeat_ngram: int,
    vocabulary: int,
    grammar: GrammarState | None = None,
) -> Row:
    """A row for a question.

    Raises:
        Refused: 400: the prompt leaves no room for an answer in the model's context, the model's own template
            refuses the order of its turns, or a bias is for a token that the model does not have.
    """
    prompt = _prompt_ids(ask, chat)
    limit = ask.max_tokens or DEFAULT_MAX_TOKENS
    if context_length is not None:
        room = room_for_answer(chat, len(prompt), context_length)
        if room < 1:
            raise RequestRefused(
                400,
                "context_length_exceeded",
                f"The prompt has {len(prompt)} tokens; {ask.model} takes {context_length}"
                f"{'' if chat.is_apart else ', its answer included'}. Shorten the prompt.",
            )
        limit = min(limit, room)
    seed = random.getrandbits(31) if ask.seed is None else abs(ask.seed) % (1 << 40)
    return Row(
        model=ask.model,
        prompt=prompt,
        limit=limit,
        slot=slot,
        sampling=Sampling(ask.temperature, ask.top_p, seed, no_repeat_ngram, ask.top_k, ask.min_p),
        stream=ask.stream,
        has_stops=bool(ask.stop),
        decoder=StreamDecoder(chat),
        flow=VisibleText(ask.stop, opened=chat.opened, is_held=grammar is not None),
        stops=chat.stops,
        inbox=asyncio.Queue(),
        caller=ask.caller,
        grammar=grammar,
        changes=score_changes(ask, prompt, vocabulary),
        tells_tokens=ask.logprobs,
        top_logprobs=ask.top_logprobs,
    )


def _prompt_ids(ask: GenerateRequest, chat: Chat) -> list[int]:
    try:
        ids = chat.prompt_ids([message.model_dump() for message in ask.messages])
    except RowRefusedError as error:
        raise RequestRefused(400, "bad_messages", f"The messages are not valid: {error}.") from error
    except Exception as error:  # a template is a program of the model's makers
        raise RequestRefused(
            400, "bad_messages", f"The model's chat template refuses these messages: {error}"
        ) from error
    if not ids:
        raise RequestRefused(400, "bad_messages", "The messages hold no text.")
    return ids


def as_json(news: FinishedAnswer) -> dict[str, Any]:
    """The end of an answer on the wire."""
    done: dict[str, Any] = {
        "finish": news.finish,
        "prompt_tokens": news.prompt_tokens,
        "completion_tokens": news.completion_tokens,
        "seconds": round(news.seconds, 4),
        "first_token_s": round(news.first_token_s, 4),
    }
    more = {"probabilities": news.probabilities, "mean_log_prob": news.mean_log_prob, "tokens": news.tokens}
    return {"done": done | {name: value for name, value in more.items() if value is not None}}
