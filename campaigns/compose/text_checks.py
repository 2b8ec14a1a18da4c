"""Check what a mail's text must not hold: addresses of its own, slots without a value, echoes of instructions.

Pure Python, in the shape of the review room's marks, so that the desk shows them in the text. It runs on every draft
of a campaign beside the task's own checks. Nothing depends on it for safety: the renderer writes an address that slips
through as plain words.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any

from campaigns.compose import merge_marks
from campaigns.compose.addresses_in_text import find
from campaigns.compose.render import DEFAULT_HINT, slot_name
from review.spec.schema import SLOT
from review.spec.task_spec import TaskSpec
from review.text.reading.words import blanked

ECHO_WORDS = 9
InstructionWords = dict[str, set[tuple[str, ...]]]
_WORD = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)?")
# Wording of orders to a model, which no reader of a mail should ever meet.
_ORDERS = re.compile(
    r"\b(?:ignore|disregard|forget|override)\b[^.!?\n]{0,40}\b(?:above|previous|prior|earlier|preceding|instructions?|prompt|rules?)\b"
    r"|\b(?:system|developer)\s+(?:prompt|message|instructions?)\b"
    r"|\b(?:as|i am|i'm)\s+an?\s+(?:ai|artificial intelligence|(?:large\s+)?language model)\b"
    r"|\b(?:new|updated|following)\s+instructions?\s*:"
    r"|<\|?(?:system|assistant|user|im_start|im_end)\|?>|\[/?INST\]|===\s*(?:system|user)\s*===",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class TextMark:
    """A place in a mail's text that must not go out as it is; fields as `review.text.checks.Mark` has them."""

    check: str
    field: str
    start: int
    end: int
    message: str
    severity: str = "error"
    mend: str = ""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def mark_text(
    fields: Mapping[str, str],
    *,
    slots: Collection[str],
    spec: TaskSpec | None = None,
    plain_names: Collection[str] = (),
) -> list[TextMark]:
    """Mark what must not go out.

    Args:
        fields: Texts by field name, slots unfilled.
        slots: Names of the slots that something fills.
        spec: The task version, to know its own instructions when they come back in a text.
        plain_names: Names that look like an address and are none.
    """
    instruction_words = _instruction_words(spec) if spec else {}
    marks: list[TextMark] = []
    for name, text in fields.items():
        if isinstance(text, str) and text:
            marks += sorted(
                _marks_of(name, text, slots, instruction_words, plain_names), key=lambda mark: (mark.start, mark.end)
            )
    return marks


def _marks_of(
    name: str, text: str, slots: Collection[str], instruction: InstructionWords, plain_names: Collection[str]
) -> Iterator[TextMark]:
    for address in find(text, plain_names):
        yield TextMark(
            "own_address",
            name,
            address.start,
            address.end,
            f"{address.text[:60]} is not a link of the campaign",
            mend="Use a link of the campaign; any other address is sent as plain text.",
        )
    unknown = [match for match in SLOT.finditer(text) if slot_name(match) not in slots]
    for match in (*unknown, *merge_marks.marks_in(blanked(text, SLOT))):
        yield TextMark(
            "unknown_slot",
            name,
            match.start(),
            match.end(),
            f"No value for {match.group()[:60]}",
            mend=DEFAULT_HINT if "|" in match.group() else "Write the real words, or a slot of the campaign.",
        )
    for match in _ORDERS.finditer(text):
        yield TextMark(
            "echo",
            name,
            match.start(),
            match.end(),
            "This reads like an instruction to a model",
            mend="Leave it out: it came from the facts or from the prompt.",
        )
    yield from _echoes(name, text, instruction)


def _echoes(name: str, text: str, instruction_words: InstructionWords) -> Iterator[TextMark]:
    places = list(_WORD.finditer(text)) if instruction_words else []
    words = [place.group().casefold() for place in places]
    for at in range(len(words) - ECHO_WORDS + 1):
        # One word rules most places out quickly.
        if words[at] in instruction_words and tuple(words[at : at + ECHO_WORDS]) in instruction_words[words[at]]:
            start, end = places[at].start(), places[at + ECHO_WORDS - 1].end()
            yield TextMark("echo", name, start, end, "These words are copied from the instructions to the model")
            return


@lru_cache(maxsize=64)
def _instruction_words(spec: TaskSpec) -> InstructionWords:
    """Runs of words of the task's instructions, by their first; words of the offer may be said, and are left out."""
    parts = (spec.instruction, spec.guideline, *(item.description for item in spec.rubric))
    runs: InstructionWords = {}
    for part in parts:
        words = [match.group().casefold() for match in _WORD.finditer(part)]
        for at in range(len(words) - ECHO_WORDS + 1):
            runs.setdefault(words[at], set()).add(tuple(words[at : at + ECHO_WORDS]))
    return runs
