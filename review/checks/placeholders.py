"""Placeholders: marks that somebody was to fill and nobody did, and slots that the task does not declare."""

from __future__ import annotations

import re
from collections.abc import Iterator

from review.checks.mark import Mark, Passage, Reader
from review.checks.words import EMAIL, URL, blanked
from review.schema import SLOT
from review.spec import TaskSpec

LANGUAGES: frozenset[str] | None = None
_LOOKS = re.compile(
    r"\[[^\W\d_][^\[\]\n]{0,60}\]"  # [Name]
    r"|<[^\W\d_][\w .'’-]{0,40}>"  # <name>
    r"|\{{1,2}[^{}\n]{0,60}\}{1,2}"  # {name}, {{name}, {{}}
    r"|(?<!\w)%[A-Z][A-Z_]{2,}%|(?<!\w)(?:X{3,}|x{3,}|_{3,}|TBD|TODO|LOREM IPSUM|[Ll]orem ipsum)(?!\w)"
)


def prepare(spec: TaskSpec) -> Reader | None:
    """A reader that knows the declared slots."""
    slots = frozenset(spec.slots)
    allowed = ", ".join(f"{{{{{slot}}}}}" for slot in spec.slots)

    def read(passage: Passage) -> Iterator[Mark]:
        text = _without_declared(passage.text, slots)
        if not any(char in text for char in "[<{%_xXTlL"):
            return
        for match in _LOOKS.finditer(blanked(text, URL, EMAIL)):
            found = match.group()
            if found.casefold() in passage.evidence.text:
                continue
            if SLOT.fullmatch(found):
                message = f"{found} is no slot of this task" + (f"; it has {allowed}" if allowed else "")
            else:
                message = f"{found} was never filled in"
            yield Mark("placeholders", passage.field, match.start(), match.end(), message, "error", "Write the real words.")

    return read


def _without_declared(text: str, slots: frozenset[str]) -> str:
    return SLOT.sub(lambda match: " " * len(match.group()) if match.group(1) in slots else match.group(), text)
