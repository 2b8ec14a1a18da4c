"""Task version as plain data, for engines, renderer and checks.

Pure Python. `TaskVersion.spec` builds one from a row; a run directory holds one as JSON.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, get_args

from pydantic import Field, field_validator, model_validator
from pydantic_core import PydanticKnownError

from review.spec.schema import (
    SLOT,
    InputField,
    OutputField,
    SlotName,
    Strict,
    check_output,
    shape_json,
    sources,
    unique_names,
)

CheckKind = Literal[
    "length",
    "placeholders",
    "call_to_action",
    "spam",
    "unsupported",
    "contradictions",
    "forbidden",
    "repetition",
    "names_company",
    "quotes",
    "pattern",
    "reasoning",
    "spelling",
]
# A check in an installed package: the name of the package, and of the check in it.
OWN_CHECK = r"^[a-z0-9-]{1,60}:[A-Za-z0-9_-]{1,60}$"
OwnCheckKind = Annotated[str, Field(pattern=OWN_CHECK)]
TEMPLATE_WORDS = frozenset({"instruction", "facts", "offer", "rubric", "guideline", "language", "output_format"})
OFFER_WORDS = frozenset({"seller", "product", "description", "claims", "forbidden_phrases", "tone", "signature"})
MOST_EXAMPLES = 12
MOST_PERSONAS = MOST_ANGLES = 24
SYSTEM_MARK, USER_MARK = "=== system ===", "=== user ==="


class Offer(Strict):
    """Seller, product and claims; all empty for tasks without an offer."""

    seller: str = ""
    product: str = ""
    description: str = ""
    claims: tuple[str, ...] = ()
    forbidden_phrases: tuple[str, ...] = ()
    tone: str = ""
    signature: str = ""


class Check(Strict):
    """Automatic check and the fields it reads; all text fields where none is named."""

    kind: CheckKind | OwnCheckKind
    fields: tuple[str, ...] = ()

    @field_validator("kind", mode="before")
    @classmethod
    def _kind(cls, value: object) -> object:
        # One error with one path, where the union of the two kinds would give two.
        own = isinstance(value, str) and ":" in value
        if own and not re.fullmatch(OWN_CHECK, str(value)):
            raise ValueError(f"'{value}' is not a check; write a package's check as package:name")
        if not own and value not in get_args(CheckKind):
            expected = ", ".join(map(repr, get_args(CheckKind)))
            raise PydanticKnownError("literal_error", {"expected": f"{expected}, or package:name"})
        return value


class Requirement(Strict):
    """Requirement of the rubric that an expert can rate."""

    name: str
    description: str = ""


class Reason(Strict):
    """Reason for rejection; its digit never changes within a version."""

    digit: int = Field(ge=1, le=9)
    code: str
    label: str


# A persona that writes, or an angle for the beginning of a text; a sentence or two.
Stance = Annotated[str, Field(min_length=1, max_length=300)]


RecordNoun = Annotated[str, Field(pattern=r"^[^\W\d_][\w -]{0,39}$")]


class GuidelineExample(Strict):
    """Judged draft that illustrates the guideline. Its text is read from its verdict, never stored here."""

    draft: str = Field(pattern=r"^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$")
    verdict: Literal["accept", "reject"]
    note: str = Field("", max_length=200)


class TaskSpec(Strict):
    """Specification of a task. Immutable."""

    instruction: str = Field(min_length=1)
    offer: Offer = Offer()
    language: str = Field("en", pattern=r"^[a-z]{2}(-[A-Z]{2})?$")
    input_schema: tuple[InputField, ...]
    output_schema: tuple[OutputField, ...]
    slots: tuple[SlotName, ...] = ()
    checks: tuple[Check, ...] = ()
    rubric: tuple[Requirement, ...] = ()
    reasons: tuple[Reason, ...] = ()
    guideline: str = ""
    guideline_examples: tuple[GuidelineExample, ...] = Field((), max_length=MOST_EXAMPLES)
    # Given to teachers in turn, so that drafts differ; never to a miniature.
    personas: tuple[Stance, ...] = Field((), max_length=MOST_PERSONAS)
    angles: tuple[Stance, ...] = Field((), max_length=MOST_ANGLES)
    # Noun for a record on pages, such as prospect, ticket or claim, and its plural where that is irregular.
    record_noun: RecordNoun = "record"
    record_noun_plural: RecordNoun | Literal[""] = ""
    teacher_template: str
    student_template: str

    @field_validator("input_schema")
    @classmethod
    def _inputs(cls, value: tuple[InputField, ...]) -> tuple[InputField, ...]:
        unique_names(value, "input")
        return value

    @field_validator("output_schema")
    @classmethod
    def _outputs(cls, value: tuple[OutputField, ...]) -> tuple[OutputField, ...]:
        check_output(value)
        return value

    @model_validator(mode="after")
    def _parts_agree(self) -> TaskSpec:
        for name in ("teacher_template", "student_template"):
            check_template(getattr(self, name), name, self)
        outputs = {field.name for field in self.output_schema}
        for check in self.checks:
            for name in check.fields:
                if name not in outputs:
                    raise ValueError(f"check '{check.kind}' names the field '{name}', which is not in the output")
        facts = {field.name for field in self.input_schema}
        for field in self.output_schema:
            for source in sources(field):
                if source not in facts:
                    raise ValueError(f"'{field.name}' quotes the fact '{source}', which is not in the input")
        for fact in self.input_schema:
            if fact.source and fact.source not in facts - {fact.name}:
                raise ValueError(
                    f"'{fact.name}' quotes the fact '{fact.source}', which is not another fact of the input"
                )
        shown = [example.draft for example in self.guideline_examples]
        if len(shown) != len(set(shown)):
            raise ValueError("a draft is shown twice as an example of the guideline")
        digits = [reason.digit for reason in self.reasons]
        if len(digits) != len(set(digits)):
            raise ValueError("two reasons for rejection share a digit")
        return self

    def facts_with_role(self, role: str) -> str | None:
        return next((field.name for field in self.input_schema if field.role == role), None)

    def without_reasoning(self) -> TaskSpec:
        """Return a task without its reasoning fields, for a student that does not write reasons; itself if none."""
        kept = tuple(field for field in self.output_schema if field.role != "reasoning")
        if len(kept) == len(self.output_schema):
            return self
        names = {field.name for field in kept}
        checks = [
            check.model_copy(update={"fields": tuple(name for name in check.fields if name in names)})
            for check in self.checks
            if not check.fields or names & set(check.fields)
        ]
        return self.model_copy(update={"output_schema": kept, "checks": tuple(checks)})

    def canonical(self) -> dict[str, Any]:
        """Return the spec as JSON-ready data, for hashing, diffing and run directories.

        Parts added in later releases are left out where unused, so that old hashes stay.
        """
        body = self.model_dump(mode="json")
        for later, default in _LATER.items():
            if body[later] == default:
                del body[later]
        body["input_schema"] = [shape_json(field) for field in self.input_schema]
        body["output_schema"] = [shape_json(field) for field in self.output_schema]
        return body

    @property
    def record_nouns(self) -> str:
        return self.record_noun_plural or plural(self.record_noun)

    @property
    def group_noun(self) -> str:
        """Return the noun for records that stay on one side of a split.

        It is the name of the fact with the role group, else title; else the record noun.
        """
        name = self.facts_with_role("group") or self.facts_with_role("title")
        return name.replace("_", " ") if name else self.record_noun

    @property
    def group_nouns(self) -> str:
        return plural(self.group_noun)


# Parts of a specification added after the first were hashed, with their defaults.
_LATER: dict[str, Any] = {
    "guideline_examples": [],
    "personas": [],
    "angles": [],
    "record_noun": "record",
    "record_noun_plural": "",
}


def plural(noun: str) -> str:
    """Form the English plural of a noun: tickets, companies, boxes."""
    if noun[-1:] == "y" and noun[-2:-1] not in "aeiou":
        return f"{noun[:-1]}ies"
    return f"{noun}es" if noun.endswith(("s", "x", "z", "ch", "sh")) else f"{noun}s"


def check_template(template: str, name: str, spec: TaskSpec) -> None:
    """Refuse a template that is empty or has an unknown slot.

    Raises:
        ValueError: Names the template, the slot and the known slots.
    """
    if not template.strip():
        raise ValueError(f"{name} is empty")
    facts = {f"fact.{field.name}" for field in spec.input_schema}
    offer = {f"offer.{word}" for word in OFFER_WORDS}
    names = TEMPLATE_WORDS | facts | offer | set(spec.slots)
    for slot in SLOT.finditer(template):
        # Only a slot that is filled at sending may have a default.
        if slot["name"] not in (spec.slots if slot["default"] else names):
            raise ValueError(f"{name} uses the unknown slot '{slot[0]}'; known are {', '.join(sorted(names))}")
