"""Messages to token ids and back, the same way for tuning, samples and evaluation.

The template is the tokenizer's own; a tokenizer without one gets `PLAIN_TEMPLATE`. It does not know rows, files or
batches. Nothing is truncated here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from jinja2.exceptions import TemplateError

from training.engine.contracts import TrainError

Messages = Sequence[Mapping[str, str]]

# A line with the role, the text, a blank line; the assistant's text ends with the tokenizer's end token.
PLAIN_TEMPLATE: Final = (
    "{{ bos_token or '' }}"
    "{% for message in messages %}"
    "{{ message['role'].capitalize() + ':\n' + message['content'] }}"
    "{{ eos_token if message['role'] == 'assistant' else '\n\n' }}"
    "{% endfor %}"
    "{{ 'Assistant:\n' if add_generation_prompt else '' }}"
)
_PROBE: Final = "probe of the template"


class PromptMismatchError(ValueError):
    """The rendered prompt is not the beginning of the rendered conversation."""


@dataclass(frozen=True)
class Chat:
    """A tokenizer with its template and what ends a turn.

    Attributes:
        tokenizer: A transformers tokenizer with a chat template set.
        end_of_turn: Token the model must learn to end its answer with.
        stops: Tokens at which generation ends; holds `end_of_turn`.
        pad: Token that fills batches; may equal `end_of_turn`, since padding is told by position, never by token.
    """

    tokenizer: Any
    end_of_turn: int
    stops: frozenset[int]
    pad: int

    def prompt_ids(self, messages: Messages) -> list[int]:
        """Token ids a model is given before it answers."""
        return self._ids(self._render(messages, answer_next=True))

    def encode(self, prompt: Messages, completion: Messages) -> tuple[list[int], int]:
        """Token ids of a whole example, ending with the end of the turn, and how many of them are prompt.

        Raises:
            PromptMismatchError: The template renders the prompt otherwise once an answer follows, so that the model
                would be tuned on prompts it never sees.
        """
        return self.encode_many([(prompt, completion)])[0]

    def encode_many(self, examples: Sequence[tuple[Messages, Messages]]) -> list[tuple[list[int], int]]:
        """What `encode` gives for each of several examples, in one call of the tokenizer, which uses all cores.

        Raises:
            PromptMismatchError: As `encode`, for any of them.
        """
        befores = [self._render(prompt, answer_next=True) for prompt, _ in examples]
        wholes = [self._render([*prompt, *completion], answer_next=False) for prompt, completion in examples]
        if not all(whole.startswith(before) for before, whole in zip(befores, wholes, strict=True)):
            raise PromptMismatchError("the chat template renders this prompt differently once an answer follows it")
        ids = self._batch_ids([*befores, *wholes])
        prompts, answered = ids[: len(examples)], ids[len(examples) :]
        return [
            (self._ended(self._behind(prompt_ids, whole_ids, before, whole), len(prompt_ids)), len(prompt_ids))
            for prompt_ids, whole_ids, before, whole in zip(prompts, answered, befores, wholes, strict=True)
        ]

    def _behind(self, prompt_ids: list[int], ids: list[int], before: str, whole: str) -> list[int]:
        """Tokens of a whole example that begin with those of its prompt."""
        if ids[: len(prompt_ids)] == prompt_ids:
            return ids
        # A token grew across the seam. Generation starts from the prompt's own tokens, so tuning does too.
        apart = [*prompt_ids, *self._ids(whole[len(before) :])]
        if self.tokenizer.decode(apart) != self.tokenizer.decode(ids):
            raise PromptMismatchError("the prompt's tokens are not the beginning of the example's tokens")
        return apart

    def text(self, ids: Sequence[int]) -> str:
        """Text of generated token ids, without special tokens."""
        return str(self.tokenizer.decode(list(ids), skip_special_tokens=True)).strip()

    def _ended(self, ids: list[int], prompt_length: int) -> list[int]:
        """Cut what the template writes after the end of the turn; add the end where it writes none."""
        for index in range(len(ids) - 1, prompt_length - 1, -1):
            if ids[index] == self.end_of_turn:
                return ids[: index + 1]
        return [*ids, self.end_of_turn]

    def _ids(self, text: str) -> list[int]:
        return list(self.tokenizer(text, add_special_tokens=False)["input_ids"])

    def _batch_ids(self, texts: list[str]) -> list[list[int]]:
        found = self.tokenizer(
            texts, add_special_tokens=False, return_attention_mask=False, return_token_type_ids=False
        )
        return [list(ids) for ids in found["input_ids"]]

    def _render(self, messages: Messages, *, answer_next: bool) -> str:
        turns = [dict(message) for message in messages]
        try:
            return self._apply(turns, answer_next)
        except TemplateError:
            if turns[0]["role"] != "system":
                raise
            return self._apply(_without_system(turns), answer_next)

    def _apply(self, turns: list[dict[str, str]], answer_next: bool) -> str:
        return str(self.tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=answer_next))


def open_chat(tokenizer: Any) -> Chat:
    """Prepare a tokenizer for conversations; gives it the plain template where it has none.

    Args:
        tokenizer: A transformers tokenizer; its `chat_template` may be set.

    Raises:
        TrainError: The tokenizer has no end token.
    """
    if tokenizer.eos_token_id is None:
        raise TrainError("tokenizer_without_end", "the student's tokenizer has no end token",
                         "Set eos_token in the student's tokenizer_config.json.")  # fmt: skip
    if not tokenizer.chat_template:
        tokenizer.chat_template = PLAIN_TEMPLATE
    end_of_turn = _end_of_turn(tokenizer)
    pad = tokenizer.pad_token_id if tokenizer.pad_token_id is not None else tokenizer.eos_token_id
    stops = frozenset({end_of_turn, tokenizer.eos_token_id})
    return Chat(tokenizer, end_of_turn, stops, pad)


def _end_of_turn(tokenizer: Any) -> int:
    """The special token the template writes right after an answer, else the tokenizer's end token."""
    turns = [{"role": "user", "content": "?"}, {"role": "assistant", "content": _PROBE}]
    tail = str(tokenizer.apply_chat_template(turns, tokenize=False)).rpartition(_PROBE)[2]
    special = set(tokenizer.all_special_ids) | set(tokenizer.added_tokens_decoder)
    for token in tokenizer(tail, add_special_tokens=False)["input_ids"]:
        if token in special:
            return int(token)
    return int(tokenizer.eos_token_id)


def _without_system(turns: list[dict[str, str]]) -> list[dict[str, str]]:
    """For templates that refuse a system turn: its text opens the first turn of the user."""
    system, first, *rest = turns
    return [{**first, "content": f"{system['content']}\n\n{first['content']}"}, *rest]
