"""The form of a specification as data: which fields it has, how they are called, and what each is for.

Paths are those of the specification itself (`offer.seller`, `input_schema.0.name`), so that a mistake found there finds
its field here. Knows no request and no HTML.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from review.spec.value_types import TYPES, output_types

Kind = Literal["text", "area", "long", "lines", "select", "check", "number", "decimal", "items", "labels"]


@dataclass(frozen=True)
class ControlLayout:
    """One control; that of an option of some types is drawn only in rows of these."""

    name: str
    label: str
    help: str = ""
    kind: Kind = "text"
    options: Callable[[], Sequence[tuple[str, str]]] = tuple
    is_required: bool = False

    def is_drawn_for(self, type_: str) -> bool:
        """Return whether a row of a type has this control."""
        with_it = [name for name, kind in TYPES.items() if self.name in kind.options]
        return not with_it or type_ in with_it


@dataclass(frozen=True)
class RepeatedRows:
    """Controls that repeat, one row a part, called by what its `titled_by` controls say."""

    name: str
    one: str
    spots: tuple[ControlLayout, ...]
    titled_by: tuple[str, ...] = ("name",)


@dataclass(frozen=True)
class SectionLayout:
    """Layout of one section: everything under one heading.

    Attributes:
        is_folded: Whether the form draws it folded at first, as long as no mistake is in it.
    """

    id: str
    title: str
    help: str
    spots: tuple[ControlLayout, ...] = ()
    rows: RepeatedRows | None = None
    has_checks: bool = False
    is_of_mails: bool = False
    is_folded: bool = False


def _fact_types() -> list[tuple[str, str]]:
    return [(name, kind.fact_label or kind.label) for name, kind in TYPES.items()]


def _output_types() -> list[tuple[str, str]]:
    return [(name, kind.label) for name, kind in output_types().items()]


_INPUT_ROLES = (
    ("", "None"),
    ("group", "Group: splits keep it together"),
    ("title", "Title of the record"),
    ("domain", "Web domain"),
)
ROLES_OF_TEXTS = frozenset({"subject", "body", "reasoning"})
_OUTPUT_ROLES = (
    ("", "None"),
    ("subject", "Subject"),
    ("body", "Body"),
    ("claims", "Claims with quotes"),
    ("reasoning", "Reasoning for the next field"),
)

SECTIONS: tuple[SectionLayout, ...] = (
    SectionLayout(
        "task",
        "What to write",
        "The teacher gets all of it; the miniature learns it from examples.",
        (
            ControlLayout(
                "instruction",
                "Instruction",
                "What to write, for whom and why.",
                "area",
                is_required=True,
            ),
            ControlLayout("record_noun", "A record is called", "One word, such as ticket or claim."),
            ControlLayout("record_noun_plural", "Several are called", "Only if the plural is irregular."),
            ControlLayout(
                "language",
                "Language",
                "A code such as en or de. Checks that do not support it are skipped.",
                is_required=True,
            ),
            ControlLayout(
                "guideline",
                "Guideline",
                "House rules that writers and reviewers go by; reviewers see it beside each draft.",
                "area",
            ),
        ),
    ),
    SectionLayout(
        "offer",
        "Offer",
        "Who writes, and what they sell. Leave it empty if nothing is sold. Numbers found "
        "neither here nor in a "
        "record's facts are marked in every draft.",
        (
            ControlLayout("offer.seller", "Seller", "Who writes."),
            ControlLayout("offer.product", "Product", "What is offered."),
            ControlLayout("offer.description", "Description", "One line on what it does and for whom.", "area"),
            ControlLayout("offer.claims", "Allowed claims", "One a line, each with the number you can prove.", "lines"),
            ControlLayout(
                "offer.forbidden_phrases",
                "Forbidden phrases",
                "One a line. Other endings of the words are found too.",
                "lines",
            ),
            ControlLayout("offer.tone", "Tone", "How it should sound."),
            ControlLayout("offer.signature", "Signature", "The last lines of every text.", "area"),
        ),
        is_of_mails=True,
        is_folded=True,
    ),
    SectionLayout(
        "facts",
        "Facts",
        "The inputs of a record; columns of an import are mapped to these. One of them should be the group: all "
        "records of one group stay in the same split, so that a test never asks about a group seen in training.",
        rows=RepeatedRows(
            "input_schema",
            "fact",
            (
                ControlLayout("name", "Name", "Small letters, as templates use it."),
                ControlLayout("type", "Type", "", "select", _fact_types),
                ControlLayout("role", "Role", "", "select", lambda: _INPUT_ROLES),
                ControlLayout("required", "Required", "", "check"),
                ControlLayout("minimum", "Least value", "", "decimal"),
                ControlLayout("maximum", "Greatest value", "", "decimal"),
                ControlLayout("source", "Quoted from", "A fact; any other where empty."),
                ControlLayout("description", "What it is"),
                ControlLayout("labels", "Labels", "One a line: label: what it means", "labels"),
            ),
        ),
    ),
    SectionLayout(
        "written",
        "Written fields",
        "The fields of an answer. A single text, label, number or date is written as is, anything else as JSON.",
        rows=RepeatedRows(
            "output_schema",
            "field",
            (
                ControlLayout("name", "Name"),
                ControlLayout("type", "Type", "", "select", _output_types),
                ControlLayout("role", "Role", "", "select", lambda: _OUTPUT_ROLES),
                ControlLayout("required", "Required", "", "check"),
                ControlLayout("ordered", "Labels go from least to most", "", "check"),
                ControlLayout("min_words", "Least words", "", "number"),
                ControlLayout("max_words", "Most words", "", "number"),
                ControlLayout("max_chars", "Most characters", "", "number"),
                ControlLayout("description", "What it is"),
                ControlLayout("labels", "Labels", "One a line: label: when it is right", "labels"),
                ControlLayout("minimum", "Least value", "", "decimal"),
                ControlLayout("maximum", "Greatest value", "", "decimal"),
                ControlLayout("decimals", "Most decimals", "", "number"),
                ControlLayout("unit", "Unit"),
                ControlLayout("pattern", "Pattern", "A regular expression that the whole text matches."),
                ControlLayout("source", "Quoted from", "The fact a quote is taken from; any where empty."),
                ControlLayout(
                    "items",
                    "Parts, for a list or an object",
                    "One a line: name (longest): what it is",
                    "items",
                ),
            ),
        ),
    ),
    SectionLayout(
        "slots",
        "Slots",
        "Words that are filled in only when a text is sent, so that no reader's name reaches a "
        "teacher. Any other "
        "placeholder in a draft is marked.",
        (
            ControlLayout(
                "slots",
                "Slots",
                "One a line, such as contact.first_name; a draft writes {{contact.first_name}}.",
                "lines",
            ),
        ),
        is_folded=True,
    ),
    SectionLayout(
        "checks",
        "Checks",
        "They mark places in a draft; a person decides. Each knows some languages and is silent in others.",
        has_checks=True,
        is_folded=True,
    ),
    SectionLayout(
        "rubric",
        "Rubric",
        "Named qualities of a good text. Reviewers can rate each one, and the teacher receives them all.",
        rows=RepeatedRows(
            "rubric", "requirement", (ControlLayout("name", "Name"), ControlLayout("description", "What it asks for"))
        ),
        is_folded=True,
    ),
    SectionLayout(
        "reasons",
        "Reasons for rejection",
        "A reviewer presses R and the digit. Digits stay as they are within a version.",
        rows=RepeatedRows(
            "reasons",
            "reason",
            (
                ControlLayout("digit", "Digit", "", "number"),
                ControlLayout("code", "Code", "For programs."),
                ControlLayout("label", "Label", "For people."),
            ),
            ("digit", "label"),
        ),
        is_folded=True,
    ),
    SectionLayout(
        "variety",
        "Variety",
        "For teachers only, and only where an order asks for it: each draft is written as one of the "
        "personas and takes one of the angles, in turn, so that a thousand drafts are not one draft a thousand times.",
        (
            ControlLayout(
                "personas", "Personas", "One a line: who writes, such as: a former buyer who hates buzzwords.", "lines"
            ),
            ControlLayout(
                "angles",
                "Angles",
                "One a line: a way into the text, such as: begin with what the delay costs them.",
                "lines",
            ),
        ),
        is_folded=True,
    ),
    SectionLayout(
        "templates",
        "Templates",
        "Long for the teacher, which needs everything; short for the miniature, which has learnt the rest. Words in "
        "double braces are filled in: instruction, facts, offer, rubric, guideline, language, output_format, "
        "fact.name and so on. The lines === system === and === user === each begin a message.",
        (
            ControlLayout("teacher_template", "Teacher template", "", "long", is_required=True),
            ControlLayout("student_template", "Student template", "", "area", is_required=True),
        ),
        is_folded=True,
    ),
)
LINES = frozenset({"offer.claims", "offer.forbidden_phrases", "slots", "personas", "angles"})
REPEATED: dict[str, RepeatedRows] = {section.rows.name: section.rows for section in SECTIONS if section.rows}
