"""Placeholders: unfilled ones, and slots that the task does not declare."""

from __future__ import annotations

import re
from collections.abc import Iterator

from review.spec.schema import SLOT
from review.spec.task_spec import TaskSpec
from review.text.checks.mark import CheckedText, Mark, Reader, _
from review.text.reading.words import without_addresses

LABEL, NAME = "Placeholders", _("placeholders")
DESCRIPTION = "[Name], {name}, XXX, and slots that are not declared."
LANGUAGES: frozenset[str] | None = None
_BRACKETS = re.compile(
    r"\[[^\W\d_][^\[\]\n]{0,60}\]"  # [Name]
    r"|<[^\W\d_][\w .'\u2019-]{0,40}>"  # <name>
    r"|\{{1,2}[^{}\n]{0,60}\}{1,2}"  # {name}, {{name}, {{}}
    r"|(?<!\w)%[A-Z][A-Z_]{2,}%"
)
_WORDS = re.compile(r"(?<!\w)(?:X{3,}|x{3,}|_{3,}|TBD|TODO|lorem ipsum)(?!\w)", re.IGNORECASE)
_SIGNS = ("xxx", "___", "tbd", "todo", "ipsum")


def prepare(spec: TaskSpec) -> Reader | None:
    """Return a reader with the declared slots."""
    slots = frozenset(spec.slots)
    allowed = ", ".join(f"{{{{{slot}}}}}" for slot in spec.slots)

    def read(passage: CheckedText) -> Iterator[Mark]:
        text = without_addresses(_without_declared(passage.text, slots))
        for match in _looks(text):
            placeholder = match.group()
            if placeholder.casefold() in passage.evidence.text:
                continue
            if SLOT.fullmatch(placeholder):
                message = f"{placeholder} is no slot of this task" + (f"; it has {allowed}" if allowed else "")
            else:
                message = f"{placeholder} was never filled in"
            mend = "Write the real words."
            yield Mark("placeholders", passage.field, match.start(), match.end(), message, "error", mend)

    return read


def _looks(text: str) -> Iterator[re.Match[str]]:
    """Yield matches that look like unfilled placeholders; a quick look for their characters comes first."""
    if any(sign in text for sign in "[<{%"):
        yield from _BRACKETS.finditer(text)
    lower = text.lower()
    if any(sign in lower for sign in _SIGNS):
        yield from _WORDS.finditer(text)


def _without_declared(text: str, slots: frozenset[str]) -> str:
    if "{{" not in text:
        return text
    return SLOT.sub(lambda match: " " * len(match.group()) if match["name"] in slots else match.group(), text)
