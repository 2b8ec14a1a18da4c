"""Conversations written into one text, as the chat template of a model or a dataset for tuning lays them out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

from review.sources.imports.logs.messages import ASSISTANT, ROLES, SYSTEM, TOOL, USER, Turn
from review.sources.imports.own_rows import column_names

_COMPLETIONS: Final = ("completion", "response", "output", "answer", "generation")
# A conversation beside one of these is a text to be told apart, no answer to be learnt.
_LABELS = frozenset({"class", "score", "rating", "flagged"}).union(*column_names.ANSWERS).difference(_COMPLETIONS)
# What a tokenizer lays before a text, and marks that end a turn.
_BEGIN = re.compile(r"\s*(?:<s>|<bos>|<\|begin_of_text\|>|\[gMASK\]<sop>)?\s*")
_END = re.compile(
    r"(?:\s*(?:<\|(?:im_end|eot_id|eom_id|end|eot|endoftext|end_of_text)\|>|<end_of_turn>|</?s>|<eos>))*\s*\Z"
)
_SYSTEM_OF_LLAMA = re.compile(r"\s*<<SYS>>\s*(.*?)\s*<</SYS>>\s*(.*)\Z", re.DOTALL)
_ROLE_WORDS = {
    **ROLES,
    "[inst]": USER,
    "[/inst]": ASSISTANT,
    "[system_prompt]": SYSTEM,
    "[/system_prompt]": USER,
    "instruction": USER,
    "input": USER,
    "response": ASSISTANT,
    "ipython": TOOL,
}


class _Form(NamedTuple):
    """One way to head a turn: the heads' pattern with the role as its one group, and whether words may stand before."""

    head: re.Pattern[str]
    is_prefaced: bool = False


_FORMS = (
    _Form(re.compile(r"<\|im_start\|>[ ]?(\w+)(?:<\|im_sep\|>|\s*\n)")),
    _Form(re.compile(r"<\|start_header_id\|>(\w+)<\|end_header_id\|>\s*")),
    _Form(re.compile(r"<\|header_start\|>(\w+)<\|header_end\|>\s*")),
    _Form(re.compile(r"<start_of_turn>(\w+)\n")),
    _Form(re.compile(r"<\|(system|user|assistant)\|>\s*")),
    _Form(re.compile(r"\s*(\[/?INST\]|\[/?SYSTEM_PROMPT\])\s*")),
    _Form(re.compile(r"\s*(?<!#)###[ ](Instruction|Input|Response|System|User|Human|Assistant):\s*"), is_prefaced=True),
    _Form(re.compile(r"(?:\A|\n\n)(Human|Assistant):\s?")),
)


def turns_in(text: object) -> list[Turn]:
    """Return the turns of a conversation in one text; none where no template laid it out.

    A head of the answer to come, at the end of a prompt, is no turn.
    """
    if not isinstance(text, str):
        return []
    body = text[_BEGIN.match(text).end() :]  # type: ignore[union-attr]
    for form in _FORMS:
        first = form.head.search(body)
        if first and (first.start() == 0 or form.is_prefaced):
            return _turns(form, body)
    return []


def exchange_in(values: Mapping[str, object]) -> list[Turn]:
    """Return the turns of a row that holds such a text, the answer last; none where it has no answer or a label."""
    turns = next((turns for value in values.values() if (turns := turns_in(value))), [])
    if turns and any(map(_is_label, values)):
        return []
    answers = (text for name in _COMPLETIONS if isinstance(text := values.get(name), str) and text.strip())
    if turns and turns[-1].role != ASSISTANT and (answer := next(answers, "")):
        return [*turns, Turn(ASSISTANT, _END.sub("", answer).strip())]
    return turns if turns and turns[-1].role == ASSISTANT else []


def _is_label(name: str) -> bool:
    field = re.sub(r"\W+", "_", name.strip().casefold())
    return column_names.is_asked(field) or column_names.is_called(field, name, _LABELS, is_few=True)


def _turns(form: _Form, text: str) -> list[Turn]:
    before, *pieces = form.head.split(text)
    turns = [Turn(SYSTEM, before.strip())] if before.strip() else []
    for word, piece in zip(pieces[::2], pieces[1::2], strict=True):
        role, content = _ROLE_WORDS.get(word.casefold(), ""), _END.sub("", piece)
        if not role:
            return []
        if role == USER and (system := _SYSTEM_OF_LLAMA.match(content)):
            turns.append(Turn(SYSTEM, system[1]))
            content = system[2]
        if word == "Input" and turns and turns[-1].role == USER:
            turns[-1] = Turn(USER, f"{turns[-1].content}\n{content}".strip())
        elif content.strip():
            turns.append(Turn(role, content))
    return turns if any(turn.role == USER for turn in turns) else []
