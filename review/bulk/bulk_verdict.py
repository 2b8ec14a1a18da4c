"""One verdict for many drafts: what it says, and what it makes of each. Pure Python.

An edit of many names a sentence and what stands in its place; it is carried out draft by draft, and only where that
very sentence stands. It does not know which drafts, or who asks.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from review.desk import verdict_fit
from review.spec.paths import texts, with_value
from review.spec.prompting import canonical_json
from review.spec.schema import Fields
from review.spec.task_spec import TaskSpec
from review.spec.values import normalise_fields
from review.states import Verdict
from review.text.reading.words import sentences
from review.text.search.words import folded
from web.errors import Refusal

SET_ASIDE = "set_aside"
VERDICTS = (Verdict.ACCEPT.value, Verdict.REJECT.value, Verdict.EDIT.value, SET_ASIDE)
# Above this an accept of many asks for the number, typed.
TYPED_ABOVE = 50
LONGEST_SENTENCE = 2000
_GAPS = re.compile(r"\n{3,}")


class DoesNotFitError(ValueError):
    """The verdict cannot be given to this draft; says why in words that follow "left out:"."""


@dataclass(frozen=True, slots=True)
class BulkVerdict:
    """Verdict for many drafts.

    Attributes:
        verdict: accept, reject, edit or set_aside.
        reasons: Codes of reasons, with a reject.
        note: Free text, kept with each decision.
        find: The sentence an edit replaces.
        replace: What stands in its place; empty drops the sentence.
    """

    verdict: str
    reasons: tuple[str, ...] = ()
    note: str = ""
    find: str = ""
    replace: str = ""

    def body(self) -> dict[str, Any]:
        body = {"verdict": self.verdict, "reasons": list(self.reasons), "note": self.note}
        return body | ({"find": self.find, "replace": self.replace} if self.verdict == Verdict.EDIT else {})

    def tag(self, drafts: Iterable[UUID]) -> str:
        """SHA-256 of the verdict and the drafts it is for, in any order, 40 hex characters: what a preview showed."""
        body = {**self.body(), "drafts": sorted(str(draft_id) for draft_id in drafts)}
        return hashlib.sha256(canonical_json(body).encode()).hexdigest()[:40]

    def of(self, spec: TaskSpec, draft: Fields) -> tuple[Verdict, Fields | None]:
        """The verdict for one draft and the fields it ends with, None for a reject.

        Raises:
            DoesNotFitError: An edit that changes nothing here, or after which the draft does not fit its schema; a
                reject whose reasons are not the task version's, caused by the refusal of that reject alone.
        """
        if self.verdict == Verdict.EDIT:
            return Verdict.EDIT, apply_edit(spec, draft, find=self.find, replace=self.replace)
        verdict = verdict_fit.read(self.verdict, reasons=self.reasons, note=self.note)
        try:
            return verdict_fit.fit(verdict, spec, draft)
        except Refusal as refusal:
            raise DoesNotFitError("their version of the task has other reasons") from refusal


def parse(values: Mapping[str, Any]) -> BulkVerdict:
    """Read a verdict whose parts fit together; parts that belong to another verdict are left alone.

    Raises:
        Refusal: 422 naming the part that is wrong.
    """
    verdict = str(values.get("verdict") or "")
    if verdict not in VERDICTS:
        raise _wrong("verdict", f"'{verdict}' is not a verdict for many drafts; write {', '.join(VERDICTS)}.")
    note = str(values.get("note") or "").strip()
    if len(note) > verdict_fit.LONGEST_NOTE:
        raise _wrong("note", f"The note has {len(note)} characters; at most {verdict_fit.LONGEST_NOTE} are kept.")
    reasons = tuple(str(code) for code in values.get("reasons") or ()) if verdict == Verdict.REJECT else ()
    if verdict != Verdict.EDIT:
        return BulkVerdict(verdict, reasons, note)
    find, replace = (str(values.get(name) or "").strip() for name in ("find", "replace"))
    if not folded(find):
        raise _wrong("find", "Enter the sentence to replace.")
    if max(len(find), len(replace)) > LONGEST_SENTENCE:
        raise _wrong("find", f"A sentence has at most {LONGEST_SENTENCE} characters.")
    return BulkVerdict(verdict, (), note, find, replace)


def apply_edit(spec: TaskSpec, draft: Fields, *, find: str, replace: str) -> Fields:
    """The draft with every sentence that says `find` replaced, in all its texts.

    Raises:
        DoesNotFitError: The sentence does not stand in it, nothing would change, or the rest does not fit the schema.
    """
    words = folded(find)
    places = list(texts(spec.output_schema, draft))
    changed = draft
    for place in places:
        # A text within an object that was left empty is no place to write to.
        if (text := _replaced(place.text, words, replace)) != place.text:
            changed = with_value(changed, place.path, text)
    if changed == draft:
        stands = any(_spans(place.text, words) for place in places)
        raise DoesNotFitError("nothing would change" if stands else "they do not contain the sentence")
    try:
        return normalise_fields(spec.output_schema, changed)
    except ValueError as error:
        raise DoesNotFitError(f"afterwards {error}") from error


def _spans(text: str, words: list[str]) -> list[tuple[int, int]]:
    return [match.span() for match in sentences(text) if folded(match.group()) == words]


def _replaced(text: str, words: list[str], replace: str) -> str:
    spans = _spans(text, words)
    for start, end in reversed(spans):
        before, after = text[:start], text[end:]
        if not replace:
            before, after = _joined(before, after)
        text = before + replace + after
    return _GAPS.sub("\n\n", text).strip() if spans and not replace else text


def _joined(before: str, after: str) -> tuple[str, str]:
    """The ends around a dropped sentence without the blank, or the empty line, that it leaves."""
    if after.startswith(" "):
        return before, after[1:]
    if before.endswith(" "):
        return before[:-1], after
    if before.endswith("\n") and after.startswith("\n"):
        return before, after[1:]
    return before, after


def _wrong(part: str, message: str) -> Refusal:
    return Refusal("invalid_bulk", message, hint="Correct this part, then preview again.", errors={part: [message]})
