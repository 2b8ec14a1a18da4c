"""Names company: the text must name the group of the record (the company), with or without its legal suffix."""

from __future__ import annotations

import re
from collections.abc import Iterator

import regex

from review.spec.output_format import is_mail
from review.spec.splits import without_legal_suffix
from review.spec.task_spec import TaskSpec
from review.text.checks.mark import CheckedText, Mark, Reader, _
from review.text.scripts import WITHOUT_BLANKS

LABEL, NAME = "Names the company", _("names company")
DESCRIPTION = "The record's group must be named; its legal suffix may drop."
IS_OF_MAILS = True
LANGUAGES: frozenset[str] | None = None
# Combining marks, `+` and `#` are part of a name: C++, C# and C differ. A # before a word is a tag.
_BETWEEN = regex.compile(r"(?:(?<![\w+#])#|[^\w\p{M}+#]|_)+")

# What stands beside a part of a word: anything but a blank, in scripts that set any.
_WITHIN = rf"[^ {WITHOUT_BLANKS}]"


def prepare(spec: TaskSpec) -> Reader | None:
    """Return a reader of a mail's body, or of all texts of another task; None where no input field is the group."""
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
    name = _plain(without_legal_suffix(group)) or _plain(group)
    return re.search(rf"(?<!{_WITHIN}){re.escape(name)}(?!{_WITHIN})", _plain(text)) is not None


def _plain(text: str) -> str:
    """Reduce a text to words, so that 'A. O. Smith' matches 'A.O. Smith' and a possessive does no harm."""
    return _BETWEEN.sub(" ", re.sub(r"['\u2019]s\b", "", text).casefold()).strip()
