"""Marks that checks put on a draft, and the texts that checks read. Pure Python; knows no single check."""

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
    """One place in a draft that a check objects to.

    Attributes:
        check: Kind of the check; `package:name` for one of a package.
        field: Name of the output field; an element of a list is `claims.0.text`.
        start: First character, in code points of the field's text.
        end: One past the last character. `start == end == 0` means the field as a whole.
        message: What is wrong, in one short sentence.
        severity: `error` for what must not go out, `warning` for what a person should look at.
        mend: What would put it right.
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
    """One text of a draft in front of a check.

    Attributes:
        field: Name of the field, or path of a list's part.
        schema: The output field it belongs to.
        item: What the schema says of this text itself: the field, or the part of it.
        max_chars: Its longest length, from the field or the part of it.
        evidence: What the record and the offer say.
        draft: All texts of the draft joined, for checks that ask whether something is said anywhere.
        is_first: Whether no other text of the draft comes before, for checks that complain once.
        parts: Of a list's element: all its parts by name, this one among them; empty for a field of its own.
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


class CheckModule(Protocol):
    """Interface of a check's module.

    `LANGUAGES` are the ISO 639-1 codes it knows, None where it reads no words of its own; in others it is silent.
    `prepare` compiles what depends on the task version alone, so that a draft costs little.
    """

    LANGUAGES: frozenset[str] | None

    def prepare(self, spec: TaskSpec) -> Reader | None:
        """A reader for drafts of this task version, or None where the check has nothing to look for."""
        ...
