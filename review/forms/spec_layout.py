"""The form of a specification as data: which fields it has, how they are called, and what each is for.

Paths are those of the specification itself (`offer.seller`, `input_schema.0.name`), so that a mistake found there finds
its field here. Knows no request and no HTML.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["text", "area", "long", "lines", "select", "check", "number", "items"]


@dataclass(frozen=True)
class Spot:
    """One control."""

    name: str
    label: str
    help: str = ""
    kind: Kind = "text"
    options: tuple[tuple[str, str], ...] = ()
    is_required: bool = False


@dataclass(frozen=True)
class Rows:
    """Controls that repeat, one row a part."""

    name: str
    one: str
    spots: tuple[Spot, ...]


@dataclass(frozen=True)
class Section:
    """What stands under one heading."""

    id: str
    title: str
    help: str
    spots: tuple[Spot, ...] = ()
    rows: Rows | None = None
    has_checks: bool = False


_TYPES = (
    ("text", "Text"), ("number", "Number"), ("date", "Date"), ("url", "Address"), ("boolean", "Yes or no"), ("list",
    "List"),
)  # fmt: skip
_INPUT_ROLES = (
    ("", "None"), ("group", "Group: splits keep it together"), ("title", "Title of the record"),
    ("domain", "Web domain"),
)  # fmt: skip
_OUTPUT_ROLES = (("", "None"), ("subject", "Subject of a mail"), ("body", "Body"), ("claims", "Claims with quotes"))

SECTIONS: tuple[Section, ...] = (
    Section(
        "task", "What to write", "Said to the teacher in full; the miniature learns it from examples.",
        (
            Spot("instruction", "Instruction", "What is to be written, for whom, and to what end.", "area",
            is_required=True),
            Spot("language", "Language", "A code such as en or de. Checks that do not know it stay silent.",
            is_required=True),
            Spot("guideline", "Guideline", "House rules that writers and reviewers go by; reviewers see it beside "
            "each draft.", "area"),
        ),
    ),
    Section(
        "offer", "Offer", "Who writes and what is sold. Leave it empty where nothing is. A number that stands "
        "neither here nor in a "
        "record's facts is marked in every draft.",
        (
            Spot("offer.seller", "Seller", "Who writes."),
            Spot("offer.product", "Product", "What is offered."),
            Spot("offer.description", "Description", "One line on what it does and for whom.", "area"),
            Spot("offer.claims", "Allowed claims", "One a line, each with the number you can prove.", "lines"),
            Spot("offer.forbidden_phrases", "Forbidden phrases", "One a line. Other endings of the words are found "
            "too.", "lines"),
            Spot("offer.tone", "Tone", "How it should sound."),
            Spot("offer.signature", "Signature", "The last lines of every text.", "area"),
        ),
    ),
    Section(
        "facts", "Facts", "What a record may bring; columns of an import are mapped to these. One of them should be "
        "the group: all "
        "records of a company stay in the same split, so that a test never asks about a company seen in training.",
        rows=Rows("input_schema", "fact", (
            Spot("name", "Name", "Small letters, as templates use it."),
            Spot("type", "Type", "", "select", _TYPES),
            Spot("role", "Role", "", "select", _INPUT_ROLES),
            Spot("required", "Required", "", "check"),
            Spot("description", "What it is"),
        )),
    ),
    Section(
        "written", "Written fields", "What comes back. A subject and a body make a mail; one text makes plain text; "
        "anything else is JSON.",
        rows=Rows("output_schema", "field", (
            Spot("name", "Name"),
            Spot("type", "Type", "", "select", (("text", "Text"), ("list", "List"))),
            Spot("role", "Role", "", "select", _OUTPUT_ROLES),
            Spot("required", "Required", "", "check"),
            Spot("min_words", "Least words", "", "number"),
            Spot("max_words", "Most words", "", "number"),
            Spot("max_chars", "Most characters", "", "number"),
            Spot("description", "What it is"),
            Spot("items", "Parts, for a list", "One a line: name (longest): what it is", "items"),
        )),
    ),
    Section(
        "slots", "Slots", "Words that are filled in only when a text is sent, so that no reader's name reaches a "
        "teacher. Any other "
        "placeholder in a draft is marked.",
        (Spot("slots", "Slots", "One a line, such as contact.first_name; a draft writes {{contact.first_name}}.",
        "lines"),),
    ),
    Section("checks", "Checks", "They mark places in a draft; a person decides. Each knows some languages and is "
    "silent in others.", has_checks=True),
    Section(
        "rubric", "Rubric", "What a good text does, by name. Reviewers can rate each; the teacher is told all of it.",
        rows=Rows("rubric", "requirement", (Spot("name", "Name"), Spot("description", "What it asks for"))),
    ),
    Section(
        "reasons", "Reasons for rejection", "A reviewer presses R and the digit. Digits stay as they are within a "
        "version.",
        rows=Rows("reasons", "reason", (
            Spot("digit", "Digit", "", "number"), Spot("code", "Code", "For programs."), Spot("label", "Label", "For "
            "people."),
        )),
    ),
    Section(
        "variety", "Variety", "For teachers only, and only where an order asks for it: each draft is written as one of the "
        "personas and takes one of the angles, in turn, so that a thousand drafts are not one draft a thousand times.",
        (
            Spot("personas", "Personas", "One a line: who writes, such as: a former buyer who hates buzzwords.", "lines"),
            Spot("angles", "Angles", "One a line: a way into the text, such as: begin with what the delay costs them.",
            "lines"),
        ),
    ),
    Section(
        "templates", "Templates", "Long for the teacher, who pays attention by the token and needs everything; short "
        "for the miniature, "
        "which has learnt the rest. Words in double braces are filled in: instruction, facts, offer, rubric, "
        "guideline, language, "
        "output_format, offer.seller, fact.company and so on. A line === system === and a line === user === part two "
        "messages.",
        (
            Spot("teacher_template", "Teacher template", "", "long", is_required=True),
            Spot("student_template", "Student template", "", "area", is_required=True),
        ),
    ),
)  # fmt: skip
CHECK_HELP: dict[str, tuple[str, str]] = {
    "length": ("Length", "Words and characters as the written fields say; a subject longer than an inbox shows."),
    "placeholders": ("Placeholders", "[Name], {name}, XXX, and slots that are not declared."),
    "call_to_action": ("Call to action", "A mail that asks nothing."),
    "spam": ("Spam", "Words that filters and readers turn away from, capitals, runs of exclamation marks."),
    "unsupported": ("Unsupported", "A number or name found neither in the facts nor in the offer."),
    "forbidden": ("Forbidden phrases", "The offer's forbidden phrases, in any ending."),
    "repetition": ("Repetition", "The same sentence twice, or the same six words thrice."),
    "names_company": ("Names the company", "The record's group must be named; its legal suffix may drop."),
    "quotes": ("Quotes", "A claim's quote that does not stand letter by letter in the source whose address it names."),
}
LINES = frozenset({"offer.claims", "offer.forbidden_phrases", "slots", "personas", "angles"})
REPEATED: dict[str, Rows] = {section.rows.name: section.rows for section in SECTIONS if section.rows}
