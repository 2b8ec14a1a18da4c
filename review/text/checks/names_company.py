"""Names company: the group of the record (the company) must be named in the text. Its legal suffix may drop."""

from __future__ import annotations

import re
from collections.abc import Iterator

import regex

from review.spec.output_format import is_mail
from review.spec.splits import without_legal_suffix
from review.spec.task_spec import TaskSpec
from review.text.checks.mark import CheckedText, Mark, Reader

LANGUAGES: frozenset[str] | None = None
# Marks on letters of any script, `+` and `#` are part of a name: C++, C# and C are three. A # before a word is a tag.
_BETWEEN = regex.compile(r"(?:(?<![\w+#])#|[^\w\p{M}+#]|_)+")


def prepare(spec: TaskSpec) -> Reader | None:
    """A reader of a mail's body, or of all texts of another task; None where no input field is the group."""
    if spec.facts_with_role("group") is None:
        return None
    body_only = is_mail(spec)

    def read(passage: CheckedText) -> Iterator[Mark]:
        group = passage.evidence.group
        is_asked = passage.schema.role == "body" if body_only else passage.is_first
        if not group or not is_asked or _names(passage.text if body_only else passage.draft, group):
            return
        message = f"{group} is not named"
        yield Mark("names_company", passage.field, 0, 0, message, "error", f"Name {group} once.")

    return read


def _names(text: str, group: str) -> bool:
    if group in text:
        return True
    wanted = _plain(without_legal_suffix(group)) or _plain(group)
    return f" {wanted} " in f" {_plain(text)} "


def _plain(text: str) -> str:
    """Words alone, so that 'A. O. Smith' meets 'A.O. Smith' and a possessive does no harm."""
    return _BETWEEN.sub(" ", re.sub(r"['\u2019]s\b", "", text).casefold()).strip()
