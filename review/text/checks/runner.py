"""Run all checks of a task: `run` marks the places of a text that a person should look at.

Pure Python. One module a check; each says in `LANGUAGES` which languages it knows and is silent in others. What depends
on the task version alone is compiled once and kept, so that thousands of drafts a second can be read. Checks that installed
packages bring are asked in a process of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
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
# Checks that read other fields than the texts.
OWN_FIELDS: dict[str, Callable[[TaskSpec], frozenset[str]]] = {
    "quotes": quotes.fields,
    "pattern": pattern.fields,
    "reasoning": reasoning.fields,
    "spelling": spelling.fields,
}
_LAST: ContextVar[tuple[TaskSpec, Prepared] | None] = ContextVar("last prepared checks", default=None)


class Prepared(NamedTuple):
    support: Support
    readers: Sequence[tuple[frozenset[str], Reader]]


class Reading(NamedTuple):
    """Results of the checks on one draft.

    Attributes:
        marks: In the order of the fields, then of their places; those of packages last in each field.
        unanswered: Checks of packages that gave no answer, with the reason in words that follow the check's name.
    """

    marks: list[Mark]
    unanswered: Mapping[str, str]


def run(spec: TaskSpec, facts: Facts, fields: Fields) -> list[Mark]:
    """Mark what the task's checks object to. A check that gives no answer marks nothing; `read` tells of it."""
    return read(spec, facts, fields).marks


def read(spec: TaskSpec, facts: Facts, fields: Fields) -> Reading:
    """Mark what the task's checks object to, and say which checks gave no answer.

    Args:
        spec: The task version; its `checks` say which run on which fields.
        fields: The draft, normalised by the output schema.

    Safe to call from several threads.
    """
    prepared = _prepared(spec)
    evidence = Evidence(prepared.support, facts)
    marks: list[Mark] = []
    for passage in _passages(spec, fields, evidence):
        name = passage.schema.name
        found = [mark for names, read in prepared.readers if name in names for mark in read(passage)]
        marks += sorted(found, key=lambda mark: (mark.start, mark.end))
    own = [check for check in spec.checks if check.kind not in CHECKS]
    return _with_own(own, spec, facts, fields, marks) if own else Reading(marks, {})


def evidence_of(spec: TaskSpec, facts: Facts) -> Evidence:
    """Return the evidence for drafts of this record."""
    return Evidence(_prepared(spec).support, facts)


def spelled(spec: TaskSpec, facts: Facts, fields: Fields) -> tuple[int, int] | None:
    """Count the words that a draft writes, and the non-words among them, whether or not the task checks its spelling.

    Returns:
        Words and non-words; None where no list of the task's language is at hand.
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
        UnansweredError: It is a package's, and the package is not installed or cannot be loaded.
    """
    languages = CHECKS[kind].LANGUAGES if kind in CHECKS else OWN_CHECKS.about(kind).languages
    return languages is None or language[:2] in languages


def _prepared(spec: TaskSpec) -> Prepared:
    # Hashing a spec by its value costs as much as reading a draft; most calls in a row bring the same object.
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
            own = OWN_FIELDS[check.kind](spec) if check.kind in OWN_FIELDS else own_texts
            readers.append((frozenset(check.fields) or own, reader))
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
