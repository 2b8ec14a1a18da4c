"""One decision as a lesson, and one proposed change of a task. Plain values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from review.spec.schema import Facts, Fields
from review.spec.task_spec import TaskSpec

Part = Literal["instruction", "guideline", "rubric", "forbidden_phrase", "check"]
PARTS: tuple[str, ...] = get_args(Part)
LONGEST_VALUE = 8_000


@dataclass(frozen=True, slots=True)
class Case:
    """Case of a draft, and an expert's verdict on it.

    Attributes:
        verdict: accept, edit or reject.
        final: What the decision ends with; None after a reject.
        reasons: Codes of reasons, as the task names them.
    """

    decision: str
    verdict: str
    facts: Facts
    draft: Fields
    final: Fields | None
    reasons: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class ProposedChange:
    """One part of a task as it should read.

    Attributes:
        part: `instruction` and `guideline` are whole texts; a rubric's requirement, a forbidden phrase and a check are
            added.
        value: The text; of a requirement `name: what it asks for`; of a check its kind.
    """

    part: str
    value: str
    why: str
    decisions: list[str] = field(default_factory=list)


def applied(spec: TaskSpec, changes: list[ProposedChange]) -> dict[str, Any]:
    """The specification's body with these changes, unvalidated: a value may have been edited by hand."""
    body = spec.canonical()
    for change in changes:
        _apply(body, change)
    return body


def _apply(body: dict[str, Any], change: ProposedChange) -> None:
    if change.part in ("instruction", "guideline"):
        body[change.part] = change.value
    elif change.part == "forbidden_phrase":
        phrases = body["offer"]["forbidden_phrases"]
        if change.value.casefold() not in {phrase.casefold() for phrase in phrases}:
            phrases.append(change.value)
    elif change.part == "rubric":
        name, _, description = change.value.partition(":")
        if name.strip() not in {part["name"] for part in body["rubric"]}:
            body["rubric"].append({"name": name.strip(), "description": description.strip()})
    elif change.value not in {check["kind"] for check in body["checks"]}:
        body["checks"].append({"kind": change.value, "fields": []})
