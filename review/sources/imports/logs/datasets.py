"""Datasets for tuning: preference pairs, ShareGPT, trees of messages, Alpaca, and texts by a chat template."""

from __future__ import annotations

from dataclasses import replace

from review.sources.imports.logs import chat_templates
from review.sources.imports.logs.bodies import answer_in, asked_in, model_in
from review.sources.imports.logs.exchange import Exchange, Row, ending_in_answer
from review.sources.imports.logs.messages import ASSISTANT, USER, Turn, has_messages, read_turns

_PREFERENCES = {"preferred_output": "preferred", "non_preferred_output": "not preferred"}


def is_preference(values: Row) -> bool:
    """A line of a preference dataset: https://platform.openai.com/docs/guides/direct-preference-optimization."""
    return (isinstance(values.get("input"), dict) and "preferred_output" in values) or all(_compared(values))


def read_preference(values: Row) -> Exchange:
    """Both answers, the preferred one first.

    Raises:
        ValueError: A message cannot be read.
    """
    chosen, rejected = _compared(values)
    if chosen and rejected:
        held = [ending_in_answer(list(turns)).answers[0] for turns in (chosen, rejected)]
        answers = [replace(answer, preference=word) for answer, word in zip(held, _PREFERENCES.values(), strict=True)]
        asked = chosen[:-1] or asked_in(values.get("prompt")) or []
        return Exchange(tuple(asked), tuple(answers), model_in(values))
    answers = [
        replace(answer_in(values[key]), preference=word) for key, word in _PREFERENCES.items() if values.get(key)
    ]
    return Exchange(tuple(asked_in(values["input"]) or ()), tuple(answers), model_in(values))


def _compared(values: Row) -> list[list[Turn]]:
    """Return two whole conversations of which the first was chosen, as lists of messages or as texts."""
    held = [values.get("chosen"), values.get("rejected")]
    return [read_turns(each) if has_messages(each) else chat_templates.turns_in(each) for each in held]


def is_sharegpt(values: Row) -> bool:
    """ShareGPT's form: https://docs.axolotl.ai/docs/dataset-formats/conversation.html."""
    return has_messages(values.get("conversations", values.get("conversation")))


def read_sharegpt(values: Row) -> Exchange:
    """A conversation of `from` and `value`, with its system text beside it or first in it.

    Raises:
        ValueError: It does not end with an answer, or a message cannot be read.
    """
    turns = read_turns(values.get("conversations", values.get("conversation")))
    if isinstance(system := values.get("system"), str) and system and not any(turn.role == "system" for turn in turns):
        turns = [Turn("system", system), *turns]
    return ending_in_answer(turns, model=model_in(values))


def is_tree(values: Row) -> bool:
    """A prompt with its replies, and theirs: https://huggingface.co/datasets/OpenAssistant/oasst2."""
    prompt = values.get("prompt")
    return isinstance(prompt, dict) and isinstance(prompt.get("replies"), list) and has_messages([prompt])


def read_tree(values: Row) -> Exchange:
    """The best-ranked reply to each message, up to the assistant's last.

    Raises:
        ValueError: No assistant replied, or a message cannot be read.
    """
    path = [values["prompt"]]
    while replies := [reply for reply in path[-1].get("replies") or () if isinstance(reply, dict)]:
        ranks = [rank if isinstance(rank := reply.get("rank"), int) else len(replies) for reply in replies]
        path.append(replies[ranks.index(min(ranks))])
    turns = read_turns(path)
    while len(turns) > 1 and turns[-1].role == USER:
        turns.pop()
    return ending_in_answer(turns, model=model_in(values))


def is_alpaca(values: Row) -> bool:
    """Alpaca's form: https://github.com/tatsu-lab/stanford_alpaca#data-release."""
    return isinstance(values.get("instruction"), str) and isinstance(values.get("output"), str)


def read_alpaca(values: Row) -> Exchange:
    """The instruction with its input in the line below it; earlier turns stand in `history` as pairs.

    Raises:
        ValueError: The answer is empty.
    """
    turns = [Turn("system", values["system"])] if isinstance(values.get("system"), str) and values["system"] else []
    for pair in values.get("history") or ():
        if isinstance(pair, list) and len(pair) == 2:
            turns += [Turn("user", str(pair[0])), Turn(ASSISTANT, str(pair[1]))]
    parts = [values["instruction"], str(values.get("input") or "")]
    turns.append(Turn("user", "\n".join(part for part in parts if part)))
    return ending_in_answer([*turns, Turn(ASSISTANT, values["output"])], model=model_in(values))


def is_templated(values: Row) -> bool:
    """A text laid out by a chat template, as https://huggingface.co/docs/transformers/chat_templating says."""
    return bool(chat_templates.exchange_in(values))


def read_templated(values: Row) -> Exchange:
    """A conversation in one text, or in a prompt with its completion beside it."""
    return ending_in_answer(chat_templates.exchange_in(values), model=model_in(values))
