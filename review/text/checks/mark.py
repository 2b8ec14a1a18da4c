"""Marks of checks on a draft, and the texts that checks read. Pure Python; knows no particular check."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from dataclasses import field as kept
from typing import Any, Literal, Protocol

from review.spec.schema import Fields, OutputField, OutputItem
from review.spec.task_spec import TaskSpec
from review.text.checks.evidence import Evidence

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Mark:
    """Objection of a check to a place in a draft.

    Attributes:
        check: Kind of the check; `package:name` for one of a package.
        field: Name of the output field; an element of a list is `claims.0.text`.
        start: First character, in code points of the field's text.
        end: One past the last character. `start == end == 0` means the whole field.
        message: Fault in one short sentence.
        severity: `error` for texts that must not go out, `warning` for those a person should look at.
        mend: Advice that would mend it.
    """

    check: str
    field: str
    start: int
    end: int
    message: str
    severity: Severity = "error"
    mend: str = ""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class CheckedText:
    """Text of a draft, as input of a check.

    Attributes:
        field: Name of the field, or path of a list's part.
        schema: Output field that the text belongs to.
        item: Schema of the text itself: the field, or a part of it.
        max_chars: Largest length, from the field or its part.
        evidence: Evidence from the record and the offer.
        draft: All texts of the draft joined, for checks of the whole.
        is_first: Whether this is the draft's first text, for checks that mark once.
        parts: All parts of the same list element by name, this one included; empty for a whole field.
    """

    field: str
    schema: OutputField
    item: OutputItem
    text: str
    max_chars: int | None
    evidence: Evidence
    draft: str
    is_first: bool
    parts: Mapping[str, str] = kept(default_factory=dict)
    fields: Fields = kept(default_factory=dict)


Reader = Callable[[CheckedText], Iterable[Mark]]


def _(text: str) -> str:
    """Mark a text for translation; the desk looks it up."""
    return text


class CheckModule(Protocol):
    """Interface of a check's module.

    `LABEL` and `DESCRIPTION` are for the specification's form, `NAME` for the desk. A module may add `IS_OF_MAILS`,
    `NEEDS_SHAPE` and `fields`, the output fields to read instead of all texts. `LANGUAGES` are ISO 639-1 codes, or None
    for a check without words of its own; a check is silent in other languages. `prepare` compiles everything that
    depends on the task version only, so that a draft costs little.
    """

    LABEL: str
    NAME: str
    DESCRIPTION: str
    LANGUAGES: frozenset[str] | None

    def prepare(self, spec: TaskSpec) -> Reader | None:
        """Return a reader for drafts of this task version, or None where the check does not apply."""
        ...
