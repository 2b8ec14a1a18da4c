"""Runner of a task's checks, which mark the places of a text that a person should look at.

Pure Python. A check has a module, names its languages in `LANGUAGES` and is silent in others. Parts that depend on the
task version only are compiled once, so that thousands of drafts a second can be read. Checks of installed packages run
in a process of their own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextvars import ContextVar
from functools import lru_cache
from typing import Any, NamedTuple

from review.spec.paths import texts
from review.spec.schema import Facts, Fields
from review.spec.task_spec import Check, TaskSpec
from review.text.checks import (
    call_to_action,
    contradictions,
    forbidden,
    length,
    names_company,
    pattern,
    placeholders,
    quotes,
    reasoning,
    repetition,
    spam,
    spelling,
    unsupported,
)
from review.text.checks.evidence import Evidence, Support
from review.text.checks.mark import CheckedText, CheckModule, Mark, Reader
from review.text.own_checks.process import OWN_CHECKS, UnansweredError
from review.text.spelling import lexicon

CHECKS: dict[str, CheckModule] = {
    "length": length,
    "placeholders": placeholders,
    "call_to_action": call_to_action,
    "spam": spam,
    "unsupported": unsupported,
    "contradictions": contradictions,
    "forbidden": forbidden,
    "repetition": repetition,
    "spelling": spelling,
    "names_company": names_company,
    "quotes": quotes,
    "pattern": pattern,
    "reasoning": reasoning,
}
CHECKS_OF_MAILS = frozenset(kind for kind, check in CHECKS.items() if hasattr(check, "IS_OF_MAILS"))
SHAPE_CHECKS = frozenset(kind for kind, check in CHECKS.items() if hasattr(check, "NEEDS_SHAPE"))
_LAST: ContextVar[tuple[TaskSpec, Prepared] | None] = ContextVar("last prepared checks", default=None)


class Prepared(NamedTuple):
    support: Support
    readers: Sequence[tuple[frozenset[str], Reader]]


class Reading(NamedTuple):
    """Results of the checks on one draft.

    Attributes:
        marks: Marks by field and place; those of packages last in each field.
        unanswered: Checks of packages without an answer, with the reason in words that follow the check's name.
    """

    marks: list[Mark]
    unanswered: Mapping[str, str]


def run(spec: TaskSpec, facts: Facts, fields: Fields) -> list[Mark]:
    """Return the marks of the task's checks. A check without an answer marks nothing; `read` reports it."""
    return read(spec, facts, fields).marks


def read(spec: TaskSpec, facts: Facts, fields: Fields) -> Reading:
    """Return the marks of the task's checks, and the checks without an answer.

    Args:
        spec: Task version, with `checks` and their fields.
        fields: Normalised fields of the draft.

    Safe to call from several threads.
    """
    prepared = _prepared(spec)
    evidence = Evidence(prepared.support, facts)
    marks: list[Mark] = []
    for passage in _passages(spec, fields, evidence):
        name = passage.schema.name
        own_marks = [mark for names, read in prepared.readers if name in names for mark in read(passage)]
        marks += sorted(own_marks, key=lambda mark: (mark.start, mark.end))
    own = [check for check in spec.checks if check.kind not in CHECKS]
    return _with_own(own, spec, facts, fields, marks) if own else Reading(marks, {})


def evidence_of(spec: TaskSpec, facts: Facts) -> Evidence:
    """Return the evidence for drafts of this record."""
    return Evidence(_prepared(spec).support, facts)


def spelled(spec: TaskSpec, facts: Facts, fields: Fields) -> tuple[int, int] | None:
    """Count the words of a draft and its non-words, whether or not the task checks spelling.

    Returns:
        Words and non-words; None without a word list of the task's language.
    """
    if spec.language[:2] not in lexicon.LANGUAGES:
        return None
    evidence = Evidence(_prepared(spec).support, facts)
    task_words, names = spelling.words_of_task(spec), spelling.fields(spec)
    texts = [
        spelling.of_text(passage, spec, task_words)
        for passage in _passages(spec, fields, evidence)
        if passage.schema.name in names
    ]
    return sum(text.words for text in texts), sum(len(text.nonwords) for text in texts)


def knows(kind: str, language: str) -> bool:
    """Return whether a check reads this language (`de-AT` counts as `de`).

    Raises:
        UnansweredError: The package of the check is not installed or cannot be loaded.
    """
    languages = CHECKS[kind].LANGUAGES if kind in CHECKS else OWN_CHECKS.about(kind).languages
    return languages is None or language[:2] in languages


def _prepared(spec: TaskSpec) -> Prepared:
    # Hashing a spec by value costs as much as reading a draft; consecutive calls mostly have the same object.
    last = _LAST.get()
    if last is None or last[0] is not spec:
        last = spec, _prepare(spec)
        _LAST.set(last)
    return last[1]


@lru_cache(maxsize=64)
def _prepare(spec: TaskSpec) -> Prepared:
    own_texts = frozenset(field.name for field in spec.output_schema if field.type == "text")
    readers = []
    for check in spec.checks:
        if check.kind not in CHECKS:
            continue
        reader = CHECKS[check.kind].prepare(spec) if knows(check.kind, spec.language) else None
        if reader is not None:
            own_fields = getattr(CHECKS[check.kind], "fields", lambda spec: own_texts)
            readers.append((frozenset(check.fields) or own_fields(spec), reader))
    return Prepared(Support(spec), readers)


def _passages(spec: TaskSpec, fields: Fields, evidence: Evidence) -> Iterator[CheckedText]:
    places = list(texts(spec.output_schema, fields))
    draft = "\n".join(place.text for place in places)
    for index, place in enumerate(places):
        limit = place.item.max_chars
        yield CheckedText(
            place.path, place.field, place.item, place.text, limit, evidence, draft, index == 0, place.parts, fields
        )


def _with_own(own: Sequence[Check], spec: TaskSpec, facts: Facts, fields: Fields, marks: list[Mark]) -> Reading:
    names = [field.name for field in spec.output_schema]
    unanswered = {}
    for check in own:
        try:
            if knows(check.kind, spec.language):
                question = _question(spec, facts, fields, check.fields or names)
                marks += [Mark(check.kind, **mark) for mark in OWN_CHECKS.marks(check.kind, question)]
        except UnansweredError as error:
            unanswered[check.kind] = str(error)
    return Reading(sorted(marks, key=lambda mark: names.index(mark.field.split(".")[0])), unanswered)


def _question(spec: TaskSpec, facts: Facts, fields: Fields, names: Sequence[str]) -> dict[str, Any]:
    """Return the input of a package's check: its fields, their texts by path, the record's facts and the language."""
    places = [place for place in texts(spec.output_schema, fields) if place.field.name in names]
    return {
        "fields": {name: fields.get(name) for name in names},
        "texts": [{"path": place.path, "text": place.text} for place in places],
        "facts": facts,
        "language": spec.language,
    }
