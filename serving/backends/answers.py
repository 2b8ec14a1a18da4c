"""Answers under way behind the relay: pieces of a server become text that may be shown, figures, and an end."""

from __future__ import annotations

import asyncio
import math
from dataclasses import replace
from math import fsum

from review.spec.task_spec import TaskSpec
from serving.backends.contracts import Ending, Piece, Question, ReadyModel, ServerLostError
from serving.backends.text_answers import TextAnswer
from serving.engine import answer_forms
from serving.engine.contracts import GenerateRequest, ModelEntry
from serving.engine.errors import RequestRefused
from serving.engine.row import FinishedAnswer, Row, StreamItem, open_row
from serving.engine.text_stream import VisibleText
from training.engine.data.chat import Chat
from training.engine.grammar.token_masks import GrammarState, grammars_of

_UNTOLD = math.nan


class TokenAnswer:
    """An answer whose tokens are decoded here, by the rules of our own engine's rows.

    Each token is fed to the task's grammar and to the rule against repetition once more: what a server let through is
    not shown.

    Args:
        ready: The model it is asked of, with its chat.
        grammar: What the server holds it to, in Lark; None where it is free.
        held: The same, begun for its tokens.
    """

    def __init__(
        self,
        request: GenerateRequest,
        entry: ModelEntry,
        ready: ReadyModel,
        *,
        chat: Chat,
        grammar: str | None,
        held: GrammarState | None,
    ) -> None:
        self.request, self.entry, self.ready, self._chat = request, entry, ready, chat
        self._grammar = grammar
        self.row: Row = open_row(
            request,
            chat=chat,
            context_length=ready.context_length,
            slot=0,
            no_repeat_ngram=ready.no_repeat_ngram,
            vocabulary=ready.vocabulary,
            grammar=held,
        )
        self._banned: frozenset[int] = frozenset()
        self.is_cancelled = False

    @property
    def caller(self) -> str:
        return self.row.caller

    @property
    def inbox(self) -> asyncio.Queue[StreamItem]:
        return self.row.inbox

    @property
    def fingerprint(self) -> str:
        return self.ready.fingerprint

    @property
    def reach(self) -> int:
        """Tokens it may come to, prompt included."""
        return self.row.reach

    @property
    def has_begun(self) -> bool:
        return bool(self.row.written)

    @property
    def is_over(self) -> bool:
        return self.row.finish is not None or self.row.refusal is not None

    @property
    def refusal(self) -> RequestRefused | None:
        return self.row.refusal

    def question(self) -> Question:
        """Return what is to be asked now: the whole question, or its rest where a token was banned."""
        row, request = self.row, self.request
        return Question(
            entry=self.entry,
            ready=self.ready,
            request=request,
            prompt=[*row.prompt, *row.written],
            limit=1 if self._banned else row.limit - len(row.written),
            seed=row.sampling.seed,
            grammar=self._grammar,
            is_whole=not request.stream and not request.stop,
            tells_log_probs=request.logprobs or request.tells_confidence,
            banned=self._banned,
        )

    def take(self, piece: Piece) -> str:
        """Take a piece in; returns the text that may be shown with it.

        Once `is_over` or `is_stuck` no more are taken.
        """
        shown = ""
        for at, token in enumerate(piece.tokens):
            if self.is_over:
                break
            if token in self.row.said.forbidden:
                if token in self._banned:
                    raise ServerLostError("The server wrote a token that was forbidden.")
                self._banned = frozenset(self.row.said.forbidden)
                break
            self._banned = frozenset()
            told = piece.log_probs[at] if at < len(piece.log_probs) else None
            if told is not None and self.row.top_logprobs:
                self.row.likeliest[len(self.row.written)] = [(int(token), each) for token, each in told.likeliest]
            shown += self.row.take(token, told.log_prob if told else _UNTOLD)
        return shown

    @property
    def is_stuck(self) -> bool:
        """Return whether the next token would repeat a run, so that the rest has to be asked for without it."""
        return bool(self._banned)

    def end(self, ending: Ending, question: Question) -> str:
        """Take the server's end of a question; returns the rest of the text.

        Raises:
            ServerLostError: It ended before the answer was whole or as long as was asked for.
        """
        if self.is_over or self.is_stuck:
            return ""
        if ending.finish == "stop":
            return self.row.take(self._chat.end_of_turn, _UNTOLD)
        if len(self.row.prompt) + len(self.row.written) < len(question.prompt) + question.limit:
            raise ServerLostError("The server ended an answer before its limit.")
        return ""

    @property
    def done(self) -> FinishedAnswer:
        done, told = self.row.done, [each for each in self.row.log_probs if not math.isnan(each)]
        tokens = None if done.tokens is None else [each for each in done.tokens if not math.isnan(each[1])]
        return replace(done, mean_log_prob=round(fsum(told) / len(told), 6) if told else None, tokens=tokens)


Answer = TokenAnswer | TextAnswer


async def open_answer(request: GenerateRequest, entry: ModelEntry, ready: ReadyModel) -> Answer:
    """Render a question's prompt and compile its grammar, which may take a second in a thread of its own.

    Raises:
        RequestRefused: 400, as our own engine: messages, length, schema, biases.
    """
    if ready.chat is None:
        return TextAnswer(request, entry, ready)
    grammar, held = None, None
    if request.form != "text":
        grammar, held = await asyncio.to_thread(_held, request, entry.task, ready.chat, ready.vocabulary)
    answer = TokenAnswer(request, entry, ready, chat=ready.chat, grammar=grammar, held=held)
    if held is not None:
        answer.row.flow = VisibleText(request.stop, opened=ready.chat.opened, is_held=True)
    return answer


def _held(
    request: GenerateRequest, task: TaskSpec, chat: Chat, vocabulary: int
) -> tuple[str | None, GrammarState | None]:
    held = answer_forms.begin(request, task=task, grammars=grammars_of(chat, vocabulary), chat=chat)
    return (None, None) if held is None else (answer_forms.grammar_of(request, task), held)


def fit(answer: Answer, *, is_asked: bool) -> None:
    """Limit an answer to the tokens that its model has room for; raise `RequestRefused` (400) if it never fits."""
    pool = answer.ready.pool_tokens
    if pool is None or not isinstance(answer, TokenAnswer):
        return
    row = answer.row
    if not is_asked:
        row.limit = max(1, min(row.limit, pool - len(row.prompt)))
    if row.reach > pool:
        room = pool - len(row.prompt)
        hint = f"Ask for at most {room} tokens (max_tokens)." if room > 0 else "Shorten the prompt."
        raise RequestRefused(
            400,
            "memory_exceeded",
            f"A prompt of {len(row.prompt)} tokens and an answer of up to {row.limit} are more than the {pool} tokens "
            f"that {answer.entry.name} has room for on this host (SERVING_MAX_KV_GIB). {hint}",
        )
