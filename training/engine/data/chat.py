"""Messages to token ids and back, the same way for tuning, samples, evaluation and serving.

The template is the tokenizer's own, settled (`chat_template`); a tokenizer without one gets `PLAIN_TEMPLATE`. Nothing
is truncated here, and no text becomes control: tokens such as `</s>` in a turn are spelled in letters.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from review.spec import thinking
from training.engine.contracts import TrainError, Ways
from training.engine.data import chat_template, kept_text, rendering
from training.engine.data.control_tokens import ControlTokens, RowRefusedError, control_tokens
from training.engine.seq2seq import encoding as apart

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

Messages = Sequence[Mapping[str, str]]

PLAIN_WAYS: Final = Ways()
# A line with the role, the text, a blank line; the assistant's text ends with the tokenizer's end token.
PLAIN_TEMPLATE: Final = (
    "{{ bos_token or '' }}"
    "{% for message in messages %}"
    "{{ message['role'].capitalize() + ':\n' + message['content'] }}"
    "{{ eos_token if message['role'] == 'assistant' else '\n\n' }}"
    "{% endfor %}"
    "{{ 'Assistant:\n' if add_generation_prompt else '' }}"
)


@dataclass(frozen=True)
class Chat:
    """A tokenizer with its template and what ends a turn.

    Attributes:
        tokenizer: A transformers tokenizer with a chat template set.
        end_of_turn: Token the model must learn to end its answer with.
        stops: Tokens at which generation ends; holds `end_of_turn`.
        pad: Token that fills batches; may equal `end_of_turn`, since padding is told by position, never by token.
        ways: What its template is told of the day and of thinking.
        folds_system: Whether a system turn's text opens the user's first turn, as the template has no place for it.
        opened: The end of the thinking that every prompt opens; empty where none does.
        thoughts: Token ids that begin and end thinking and that decoding leaves out, so that text does not tell.
        begins: What the decoder of an encoder–decoder is given before it writes; empty for a decoder alone.
        template_ids: Tokens that its template writes around turns.
        vocabulary: How many tokens its model has embeddings for; None where that is not known.
    """

    tokenizer: Any
    end_of_turn: int
    stops: frozenset[int]
    pad: int
    ways: Ways = field(default_factory=Ways)
    folds_system: bool = False
    opened: str = ""
    thoughts: Mapping[int, str] = field(default_factory=dict)
    begins: tuple[int, ...] = ()
    template_ids: tuple[int, ...] = ()
    vocabulary: int | None = None

    @cached_property
    def _control(self) -> ControlTokens:
        written = (self.end_of_turn, *self.stops, *self.template_ids)
        return control_tokens(self.tokenizer, written=written, but=rendering.THINKING)

    @property
    def is_apart(self) -> bool:
        """Return whether prompts and answers are read apart, by an encoder and a decoder."""
        return bool(self.begins)

    @property
    def begin(self) -> list[int]:
        """The token every text begins with, where the tokenizer or the template puts one there; else nothing."""
        first = self.tokenizer.bos_token_id
        if first is None:
            return []
        plain = self.tokenizer("a")["input_ids"]
        return [first] if first in (plain[0], self.prompt_ids([{"role": "user", "content": "a"}])[0]) else []

    def prompt_ids(self, messages: Messages) -> list[int]:
        """Token ids a model is given before it answers.

        Raises:
            RowRefusedError: The template or the tokenizer loses text of the messages, or the model has no such token.
        """
        turns = self._turns(messages)
        (text,) = self._render([turns], answer_next=True)
        (ids,) = self._ids([text])
        self._require_kept(turns, text, ids)
        return ids

    def encode(self, prompt: Messages, completion: Messages) -> tuple[list[int], int]:
        """Token ids of a whole example, ending with the end of the turn, and how many of them are prompt.

        Raises:
            RowRefusedError: As `prompt_ids`, of prompt or answer; or the template renders the prompt otherwise once an
                answer follows, so that the model would be tuned on prompts it never sees.
        """
        return self.encode_many([(prompt, completion)])[0]

    def encode_many(self, examples: Sequence[tuple[Messages, Messages]]) -> list[tuple[list[int], int]]:
        """Encode several examples as `encode` does, in one call of the tokenizer, which uses all cores.

        Raises:
            RowRefusedError: As `encode`, for any of them.
        """
        prompts = [self._turns(prompt) for prompt, _ in examples]
        befores = self._render(prompts, answer_next=True)
        answers, encode = (
            [completion for _, completion in examples],
            self._encode_apart if self.is_apart else self._encode,
        )
        rows = encode(prompts, befores, answers)
        for (ids, length), turns, before, (_, answer) in zip(rows, prompts, befores, examples, strict=True):
            self._require_kept(turns, before, ids[:length])
            kept_text.require_spelled([turn["content"] for turn in answer], self.tokenizer, ids[length:])
            kept_text.require_within(ids, self.vocabulary)
        return rows

    def _encode_apart(
        self, _: Sequence[Messages], befores: Sequence[str], answers: Sequence[Messages]
    ) -> list[tuple[list[int], int]]:
        written = ["\n\n".join(self._control.guarded(turn["content"]) for turn in answer) for answer in answers]
        return apart.joined(self._ids(befores), self._ids(written), end_of_turn=self.end_of_turn)

    def _encode(
        self, prompts: Sequence[Messages], befores: Sequence[str], answers: Sequence[Messages]
    ) -> list[tuple[list[int], int]]:
        whole_turns = [[*prompt, *answer] for prompt, answer in zip(prompts, answers, strict=True)]
        rendered = self._render(whole_turns, answer_next=False)
        wholes = [_joined(before, whole) for before, whole in zip(befores, rendered, strict=True)]
        if not all(whole.startswith(before) for before, whole in zip(befores, wholes, strict=True)):
            raise _not_prefix("the chat template renders this prompt differently once an answer follows it")
        for before, whole, answer in zip(befores, wholes, answers, strict=True):
            kept_text.require_written([turn["content"] for turn in answer], whole[len(before) :], is_answer=True)
        ids = self._ids([*befores, *wholes])
        return [
            (self._ended(self._behind(prompt_ids, whole_ids, before, whole), len(prompt_ids)), len(prompt_ids))
            for prompt_ids, whole_ids, before, whole in zip(
                ids[: len(befores)], ids[len(befores) :], befores, wholes, strict=True
            )
        ]

    def _require_kept(self, turns: Messages, rendered: str, ids: Sequence[int]) -> None:
        """Refuse a prompt of which template or tokenizer lose text; an encoder may read less than a decoder must."""
        contents = [
            thinking.without_thinking(turn["content"]) if turn["role"] == "assistant" else turn["content"]
            for turn in turns
        ]
        kept_text.require_written(contents, rendered)
        if not self.is_apart:
            kept_text.require_spelled(contents, self.tokenizer, ids)
        kept_text.require_within(ids, self.vocabulary)

    def _behind(self, prompt_ids: list[int], ids: list[int], before: str, whole: str) -> list[int]:
        """Tokens of a whole example that begin with those of its prompt."""
        if ids[: len(prompt_ids)] == prompt_ids:
            return ids
        # A token grew across the seam. Generation starts from the prompt's own tokens, so tuning does too.
        apart = [*prompt_ids, *self._ids([whole[len(before) :]])[0]]
        if self.tokenizer.decode(apart) != self.tokenizer.decode(ids):
            raise _not_prefix("the prompt's tokens are not the beginning of the example's tokens")
        return apart

    def text(self, ids: Sequence[int]) -> str:
        """Text of generated token ids, without special tokens and without thinking."""
        return thinking.without_thinking(self.spelled(ids), opened=self.opened)

    def spelled(self, ids: Sequence[int]) -> str:
        """Text of token ids without special tokens, but for the tags of thinking."""
        if not any(token in self.thoughts for token in ids):
            return self._decoded(ids)
        parts, run = [], list[int]()
        for token in ids:
            if (tag := self.thoughts.get(token)) is None:
                run.append(token)
            else:
                parts += [self._decoded(run), tag]
                run = []
        return "".join([*parts, self._decoded(run)])

    def decode(self, ids: Sequence[int], *, skip_special_tokens: bool = True) -> str:
        """The same under the name a tokenizer has for it, for readers of a stream."""
        return self.spelled(ids) if skip_special_tokens else str(self.tokenizer.decode(list(ids)))

    def _decoded(self, ids: Sequence[int]) -> str:
        # A tokenizer that cleans up takes the spaces before signs from what a model wrote.
        clean = {"clean_up_tokenization_spaces": False}
        return str(self.tokenizer.decode(list(ids), skip_special_tokens=True, **clean)) if ids else ""

    def _ended(self, ids: list[int], prompt_length: int) -> list[int]:
        """Cut text that the template writes after the end of the turn; add the end where it writes none."""
        for index in range(len(ids) - 1, prompt_length - 1, -1):
            if ids[index] == self.end_of_turn:
                return ids[: index + 1]
        return [*ids, self.end_of_turn]

    def _ids(self, texts: Sequence[str]) -> list[list[int]]:
        return self._control.ids(texts, add_special_tokens=self.is_apart)

    def _turns(self, messages: Messages) -> list[dict[str, str]]:
        turns = [dict(message) for message in messages]
        return _without_system(turns) if self.folds_system and turns[0]["role"] == "system" else turns

    def _render(self, conversations: Sequence[Messages], *, answer_next: bool) -> list[str]:
        guarded = [
            [{**turn, "content": self._control.guarded(turn["content"])} for turn in turns] for turns in conversations
        ]
        return rendering.render(self.tokenizer, guarded, answer_next=answer_next)


def open_chat(
    tokenizer: PreTrainedTokenizerBase,
    ways: Ways = PLAIN_WAYS,
    *,
    begins: tuple[int, ...] = (),
    vocabulary: int | None = None,
) -> Chat:
    """Prepare a tokenizer for conversations; gives it the plain template where it has none, and settles the one it has.

    Args:
        tokenizer: A transformers tokenizer; its `chat_template` is set.
        ways: The day its template is told, and whether the student thinks before it answers.
        begins: What an encoder–decoder's decoder begins with.
        vocabulary: How many tokens the model has embeddings for.

    Raises:
        TrainError: The tokenizer has no end token, or writes one that the model does not know; its template goes past a
            bound.
    """
    if tokenizer.eos_token_id is None:
        raise TrainError(
            "tokenizer_without_end",
            "the student's tokenizer has no end token",
            "Set eos_token in the student's tokenizer_config.json.",
        )
    if not tokenizer.chat_template:
        tokenizer.chat_template = apart.SOURCE_TEMPLATE if begins else PLAIN_TEMPLATE
    tokenizer.chat_template = chat_template.with_fixed_day(tokenizer.chat_template, ways)

    def render(turns: Messages, answer_next: bool) -> str:
        return rendering.render(tokenizer, [turns], answer_next=answer_next)[0]

    if added := chat_template.opening(render, thinks=ways.thinks):
        tokenizer.chat_template = chat_template.with_opening(tokenizer.chat_template, added)
    opened = thinking.open_end(render([{"role": "user", "content": "?"}], True))
    end_of_turn = rendering.end_of_turn(tokenizer)
    template_ids = rendering.written_ids(tokenizer)
    kept_text.require_within([end_of_turn, *begins, *template_ids], vocabulary)
    pad = tokenizer.pad_token_id if tokenizer.pad_token_id is not None else tokenizer.eos_token_id
    return Chat(
        tokenizer=tokenizer,
        end_of_turn=end_of_turn,
        stops=frozenset({end_of_turn, tokenizer.eos_token_id}),
        # One that was added without an embedding: any token fills as well.
        pad=end_of_turn if vocabulary is not None and pad >= vocabulary else pad,
        ways=ways,
        folds_system=chat_template.folds_system(render),
        opened=opened,
        thoughts=rendering.thinking_tokens(tokenizer),
        begins=begins,
        template_ids=template_ids,
        vocabulary=vocabulary,
    )


def _not_prefix(message: str) -> RowRefusedError:
    return RowRefusedError(
        "template_not_prefix", message, "Use a student whose chat template keeps the prompt as it is."
    )


def _joined(before: str, whole: str) -> str:
    """Add the empty thinking that the prompt ends with, where the template omits it from a whole example."""
    stem = thinking.without_empty_block(before)
    return whole if whole.startswith(before) or not whole.startswith(stem) else before + whole[len(stem) :]


def _without_system(turns: list[dict[str, str]]) -> list[dict[str, str]]:
    """Put the system text into the first user turn, for templates without a system turn."""
    system, *rest = turns
    if not rest or rest[0]["role"] != "user":
        return [{**system, "role": "user"}, *rest]
    return [{**rest[0], "content": f"{system['content']}\n\n{rest[0]['content']}"}, *rest[1:]]
