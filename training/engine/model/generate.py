"""Generate text with a model: batched, greedy or sampled, reproducible by seed.

Used for the samples of a run and by the evaluation engine.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from review.spec.task_spec import TaskSpec
from training.engine.data.chat import Chat, Messages
from training.engine.data.control_tokens import RowRefusedError
from training.engine.grammar.token_masks import GrammarState, grammars_of, mask_scores
from training.engine.model.decoding import CausalDecoding, Seq2SeqDecoding
from training.engine.model.no_repeat_ngram import no_repeat_ngram
from training.engine.model.sampling import TokenSampling, sample_tokens

if TYPE_CHECKING:
    from training.engine.model_types import CausalModel


@dataclass(frozen=True)
class GeneratedText:
    """Text that a model wrote for one prompt.

    Attributes:
        index: Number of the prompt, from 0.
        text: Without special tokens.
        completion_tokens: Tokens it wrote, the end of the turn included.
        seconds: Its share of its batch's time.
        ended: Whether it ended its turn, or ran into the limit.
        is_unfit: Whether the prompt cannot be read, or leaves no room for an answer in the model's context, so that
            nothing was written.
        is_cut: Whether the limit it ran into was the end of the model's context.
        problem: Why its grammar gave up, where it did.
        refusal: Why the prompt cannot be read, where it cannot.
    """

    index: int
    text: str
    prompt_tokens: int
    completion_tokens: int
    seconds: float
    ended: bool
    is_unfit: bool = False
    is_cut: bool = False
    problem: str = ""
    refusal: str = ""

    @property
    def unfinished(self) -> str:
        """Why it did not end its turn, as a sentence; empty where it did."""
        if self.refusal:
            return f"The prompt cannot be read as it is written: {self.refusal}."
        if self.is_unfit:
            return (
                f"The prompt has {self.prompt_tokens} tokens and leaves no room for an answer in the student's "
                "context. Shorten the task's student template, or take a student that reads more."
            )
        if self.problem:
            return f"The text could not be held to the task's grammar: {self.problem}"
        if self.is_cut:
            return "The text reached the end of the student's context before it ended."
        return "" if self.ended else "The text reached its limit before it ended."


@dataclass(frozen=True)
class Sampling:
    """Settings by which the next token is drawn. Temperature 0 takes the likeliest; `top_p` keeps the likeliest mass.

    `no_repeat_ngram` forbids a token that would end a run of that many tokens written before in the same answer; 0
    forbids nothing. After tokens that stand together in the prompt nothing is forbidden, so that a long name can be
    written twice. `top_k` and `min_p` are those of `TokenSampling`.
    """

    temperature: float = 0.0
    top_p: float = 1.0
    seed: int = 1
    no_repeat_ngram: int = 0
    top_k: int = 0
    min_p: float = 0.0


GREEDY = Sampling()


def generate(
    model: CausalModel,
    chat: Chat,
    prompts: Sequence[Messages],
    *,
    max_new_tokens: int,
    sampling: Sampling = GREEDY,
    batch_size: int = 16,
    should_stop: Callable[[], bool] = lambda: False,
    context_length: int | None = None,
    grammar: str | None = None,
) -> Iterator[GeneratedText]:
    """Answer prompts, shortest first; yields each batch's answers as it ends.

    Prompts that do not fit come last, without an answer.

    A prompt's draws depend on the seed and its own number alone, not on what shares its batch. The model is left in
    the mode (training or not) it came in, and torch's global random state is not touched.

    Args:
        model: A language model, a decoder alone or with an encoder; may wear adapters.
        should_stop: Asked before each token; when true, the batch under way is dropped and no more are yielded.
        context_length: Tokens the model reads, prompt and answer together; None where it is not known.
        grammar: What each answer is held to, in llguidance's Lark; None for free text. A run may then be said again.
            Tokenizers whose tokens do not spell bytes write freely all the same.

    Raises:
        GrammarRefusedError: The grammar cannot be compiled.
    """
    grammars = grammars_of(chat, model.config.get_text_config().vocab_size)
    encoded, refusals = _encoded(chat, prompts)
    limits = [min(max_new_tokens, room_for_answer(chat, len(ids), context_length)) for ids in encoded]
    unfit = [index for index, limit in enumerate(limits) if limit < 1 or index in refusals]
    order = sorted(set(range(len(prompts))) - set(unfit), key=lambda index: (len(encoded[index]), index))
    was_training = model.training
    model.eval()
    try:
        for start in range(0, len(order), batch_size):
            chosen = order[start : start + batch_size]
            began = time.perf_counter()
            states = [grammars.begin_task(grammar, chat) for _ in chosen]
            written = _generate_batch(model, chat, chosen, encoded, limits, sampling, should_stop, states)
            if written is None:
                return
            seconds = (time.perf_counter() - began) / len(chosen)
            for index, ids, state in zip(chosen, written, states, strict=True):
                yield _answer(index, ids, state, chat, len(encoded[index]), seconds, limits[index] < max_new_tokens)
    finally:
        model.train(was_training)
    for index in unfit:
        refusal = refusals.get(index, "")
        yield GeneratedText(index, "", len(encoded[index]), 0, 0.0, ended=False, is_unfit=True, refusal=refusal)


def _encoded(chat: Chat, prompts: Sequence[Messages]) -> tuple[list[list[int]], dict[int, str]]:
    """Token ids of prompts without refused ones, and reasons of refusals by number."""
    encoded, refusals = list[list[int]](), dict[int, str]()
    for index, prompt in enumerate(prompts):
        try:
            encoded.append(chat.prompt_ids(prompt))
        except RowRefusedError as error:
            refusals[index] = error.message
            encoded.append([])
    return encoded, refusals


def _answer(
    index: int,
    ids: list[int],
    state: GrammarState | None,
    chat: Chat,
    prompt_tokens: int,
    seconds: float,
    is_short: bool,
) -> GeneratedText:
    has_stop = bool(ids) and ids[-1] in chat.stops
    spelled = ids[:-1] if has_stop else ids
    ended = has_stop if state is None else state.is_whole
    text = chat.text(spelled) if state is None else held_text(chat, spelled)
    problem = "" if state is None else state.problem
    is_cut = not ended and is_short
    return GeneratedText(index, text, prompt_tokens, len(ids), seconds, ended, is_cut=is_cut, problem=problem)


def held_text(chat: Chat, ids: Sequence[int]) -> str:
    """The text of an answer under a grammar: nothing within it is taken for thinking but what the prompt opened."""
    spelled = chat.spelled(ids)
    return spelled.partition(chat.opened)[2].lstrip() if chat.opened else spelled


def room_for_answer(chat: Chat, prompt_tokens: int, context_length: int | None) -> int:
    """Most tokens that the context leaves to an answer; an encoder–decoder's prompt takes nothing from it."""
    if context_length is None:
        return sys.maxsize
    if not chat.is_apart:
        return context_length - prompt_tokens
    return context_length - len(chat.begins) if prompt_tokens <= context_length else 0


@torch.no_grad()
def _generate_batch(
    model: CausalModel,
    chat: Chat,
    chosen: Sequence[int],
    encoded: Sequence[list[int]],
    limits: Sequence[int],
    sampling: Sampling,
    should_stop: Callable[[], bool],
    states: Sequence[GrammarState | None],
) -> list[list[int]] | None:
    """Token ids for each chosen prompt, at most its limit; None after a stop."""
    prompts = [encoded[index] for index in chosen]
    decoding = (
        Seq2SeqDecoding(model, prompts, chat.begins, chat.pad)
        if chat.is_apart
        else CausalDecoding(model, prompts, chat.pad)
    )
    seeds = [seed_of(sampling, index) for index in chosen]
    written: list[list[int]] = [[] for _ in chosen]
    # What a grammar demands may be a run that was said before.
    histories = [
        NGramHistory(sampling.no_repeat_ngram if state is None else 0, prompt)
        for prompt, state in zip(prompts, states, strict=True)
    ]
    # Numbers in `written` of the rows still being written; finished rows leave the batch and the cache.
    live = list(range(len(chosen)))
    tokens: list[int] = []
    while True:
        if should_stop():
            return None
        scores = decoding.next(tokens) if tokens else decoding.first()
        scores = _mask_repeats(scores.float(), [histories[number] for number in live])
        mask_scores(scores, [states[number] for number in live])
        mass, fewest = (sampling.temperature, sampling.top_p), (sampling.top_k, sampling.min_p)
        samplings = [TokenSampling(*mass, seeds[number], len(written[number]), *fewest) for number in live]
        tokens = sample_tokens(scores, samplings)
        for number, token in zip(live, tokens, strict=True):
            written[number].append(token)
            histories[number].add(token)
        going = [
            at
            for at, (number, token) in enumerate(zip(live, tokens, strict=True))
            if not _is_over(states[number], token)
            and token not in chat.stops
            and len(written[number]) < limits[chosen[number]]
        ]
        if not going:
            return written
        if len(going) < len(live):
            live, tokens = [live[at] for at in going], [tokens[at] for at in going]
            decoding.keep(torch.tensor(going, device=model.device))


def _is_over(state: GrammarState | None, token: int) -> bool:
    """Feed a token to the row's grammar; return whether nothing can follow it."""
    if state is None:
        return False
    state.take(token)
    return state.is_over


class NGramHistory:
    """The runs of `length` tokens in one answer so far, and which tokens would end one of them again.

    Constant work a token. A length of 0 remembers nothing.

    Args:
        prompt: Tokens of the prompt: after `length - 1` of them in a row any token is free.
    """

    def __init__(self, length: int, prompt: Sequence[int] = ()) -> None:
        self._length = length
        self._recent: tuple[int, ...] = ()
        self._followers: dict[tuple[int, ...], set[int]] = {}
        self._free: set[tuple[int, ...]] = set()
        if length > 1:
            self._free.update(zip(*(prompt[start:] for start in range(length - 1)), strict=False))

    def add(self, token: int) -> None:
        if not self._length:
            return
        if len(self._recent) == self._length - 1 and self._recent not in self._free:
            self._followers.setdefault(self._recent, set()).add(token)
        self._recent = (*self._recent, token)[1 - self._length :] if self._length > 1 else ()

    @property
    def forbidden(self) -> set[int]:
        return self._followers.get(self._recent, set())


def _mask_repeats(scores: Tensor, histories: Sequence[NGramHistory]) -> Tensor:
    """Mask tokens in scores (B, V) that would repeat a run."""
    for row, history in enumerate(histories):
        if history.forbidden:
            scores[row, list(history.forbidden)] = -torch.inf
    return scores


def seed_of(sampling: Sampling, index: int) -> int:
    """The seed of one prompt's noise."""
    return sampling.seed * 1_000_003 + index


def sampling_for(task: TaskSpec) -> Sampling:
    """Return how texts of a task are drawn."""
    return Sampling(no_repeat_ngram=no_repeat_ngram(task))
