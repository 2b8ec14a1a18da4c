"""A card as the desk shows it: draft with marks, facts it rests on, rubric, reasons, and what it cost.

Built from an assignment whose draft, record and task version are loaded; asks the database nothing, but for what a
revision revises. Who taught the draft its labelled defects is left out on purpose: reviewers judge what they see.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from django.utils import timezone

from review.models import Assignment, Draft
from review.passages import Grounds, grounds
from review.prompting import Thread
from review.schema import Fields, OutputField, OutputItem
from review.segments import Mark, Segment, cut
from review.selectors import card_facts
from review.selectors.card_facts import Fact
from review.selectors.marks import with_marks
from review.selectors.remarks import Remark, remarks
from review.selectors.revisions import Revised, revised_from
from review.spec import Reason, Requirement, TaskSpec
from review.states import Drawn
from review.support import read

# More of one text than this is fetched when somebody asks for it: a line of a megabyte would stop the page.
SHOWN_CHARS = 20_000
# A longer one is not edited here: every key would be felt.
EDITABLE_CHARS = 100_000


@dataclass(frozen=True, slots=True)
class Text:
    """One editable text: a field, or one part of a list's element. `path` is `body` or `claims.0.quote`."""

    path: str
    label: str
    text: str
    draft: str
    segments: Sequence[Segment]
    remarks: Sequence[Mark]
    max_chars: int | None
    is_required: bool

    @property
    def length(self) -> int:
        """Characters of the draft."""
        return len(self.draft)

    @property
    def hidden(self) -> int:
        """Characters of the draft that are fetched only when somebody asks for them."""
        return max(0, len(self.draft) - SHOWN_CHARS)

    @property
    def is_long(self) -> bool:
        """Whether the draft passes its longest length."""
        return self.max_chars is not None and self.length > self.max_chars

    @property
    def rows(self) -> int:
        """Height of an editor that fits it without scripts."""
        return min(18, 2 + sum(1 + len(line) // 68 for line in self.text.split("\n")))


@dataclass(frozen=True, slots=True)
class Element:
    """One element of a list field, with its parts."""

    number: int
    parts: Sequence[Text]


@dataclass(frozen=True, slots=True)
class Part:
    """One field of the output: a text, or a list of elements."""

    name: str
    label: str
    role: str
    text: Text | None
    elements: Sequence[Element]
    blank: Sequence[Text]
    remarks: Sequence[Mark]


@dataclass(frozen=True, slots=True)
class Card:
    """Everything the desk draws of one card."""

    id: str
    etag: str
    leased_until: str
    task_version: int
    language: str
    to: str
    is_mail: bool
    parts: Sequence[Part]
    facts: Sequence[Fact]
    offer: Sequence[Fact]
    rubric: Sequence[Requirement]
    reasons: Sequence[Reason]
    guideline: str
    unfinished: Fields | None
    note: str
    model: str
    cost_usd: Decimal
    provenance: str
    words: int
    marks: Sequence[Mark]
    remarks: Sequence[Remark]
    revised: Revised | None = None
    is_sent_back: bool = False
    has_comments: bool = False
    goes_to: str = ""
    thread: Thread = ()

    @property
    def new_id(self) -> UUID:
        """An id for the decision of a form, so that sending it twice records it once."""
        return uuid4()

    @property
    def footer(self) -> str:
        """What there is to read. Who wrote it, where it came from and its cost are left out: they sway a verdict."""
        return f"{self.words:,} words · version {self.task_version} of the task"

    @property
    def texts(self) -> list[Text]:
        """Every text of the draft, parts of lists included."""
        whole = [part.text for part in self.parts if part.text]
        return whole + [text for part in self.parts for element in part.elements for text in element.parts]

    @property
    def unsupported(self) -> int:
        """How many sentences claim something that no fact and no line of the offer says."""
        return sum(segment.begins and segment.is_unsupported for text in self.texts for segment in text.segments)

    @property
    def is_editable(self) -> bool:
        """Whether its texts are short enough to be edited in place."""
        return all(len(text.draft) <= EDITABLE_CHARS for text in self.texts)

    @property
    def editable_parts(self) -> Sequence[Part]:
        """The parts an editor is drawn for: all, or none."""
        return self.parts if self.is_editable else ()

    @property
    def subject(self) -> Text | None:
        """The subject of a mail."""
        return next((part.text for part in self.parts if part.role == "subject"), None)

    @property
    def below_subject(self) -> Sequence[Part]:
        """The parts that follow the head of a mail; all parts of other shapes."""
        return [part for part in self.parts if not (self.is_mail and part.role == "subject")]


def of(assignment: Assignment) -> Card:
    """The card an assignment puts in front of its reviewer."""
    draft = with_marks(assignment.draft)
    spec, facts = draft.task_version.spec, draft.record.facts
    known = grounds(card_facts.known_to_page(spec, facts), spec.offer)
    parts = [_part(field, draft, known, assignment.unfinished) for field in spec.output_schema]
    used = _used(parts)
    return Card(
        id=str(draft.pk),
        etag=assignment.etag,
        leased_until=assignment.leased_until.isoformat(),
        task_version=draft.task_version.number,
        language=spec.language,
        to=_addressee(spec, draft),
        is_mail={"subject", "body"} == {field.role for field in spec.output_schema},
        parts=parts,
        facts=card_facts.of(spec, facts, known, used),
        offer=card_facts.of_offer(spec, known, used),
        rubric=spec.rubric,
        reasons=sorted(spec.reasons, key=lambda reason: reason.digit),
        guideline=spec.guideline,
        unfinished=assignment.unfinished,
        note=assignment.note,
        model=draft.model or draft.teacher or draft.origin,
        cost_usd=draft.cost_usd,
        provenance=draft.provenance,
        words=draft.words,
        marks=draft.marks,
        remarks=remarks(spec, facts, draft.fields, draft.marks),
        revised=revised_from(draft),
        is_sent_back=assignment.drawn == Drawn.SENT_BACK,
        has_comments=bool(getattr(assignment, "has_comments", False)),
        goes_to=getattr(assignment, "goes_to", ""),
        thread=draft.thread or (),
    )


def to_read(draft: Draft, *, etag: str, unfinished: Fields | None = None) -> Card:
    """A draft as the desk draws it, in nobody's deck; with an edit that was begun, if there is one."""
    return of(Assignment(draft=draft, etag=etag, leased_until=timezone.now(), unfinished=unfinished))


def as_json(assignment: Assignment) -> dict[str, Any]:
    """The card for programs: plain values, offsets in code points."""
    draft = with_marks(assignment.draft)
    spec = draft.task_version.spec
    return {
        "id": str(draft.pk),
        "etag": assignment.etag,
        "leased_until": assignment.leased_until.isoformat(),
        "task_version": draft.task_version.number,
        "record": {"id": str(draft.record_id), "title": draft.record.title, "facts": draft.record.facts},
        "fields": draft.fields,
        "marks": draft.marks,
        "unfinished": assignment.unfinished,
        "note": assignment.note,
        "output_schema": [field.model_dump(mode="json") for field in spec.output_schema],
        "rubric": [requirement.model_dump(mode="json") for requirement in spec.rubric],
        "reasons": [reason.model_dump(mode="json") for reason in spec.reasons],
        "guideline": spec.guideline,
        "parent": str(draft.parent_id) if draft.parent_id else None,
        "is_sent_back": assignment.drawn == Drawn.SENT_BACK,
        "has_comments": bool(getattr(assignment, "has_comments", False)),
        "goes_to": getattr(assignment, "goes_to", ""),
        "thread": draft.thread or [],
    }


def _part(field: OutputField, draft: Draft, known: Grounds, unfinished: Fields | None) -> Part:
    label = field.name.replace("_", " ").capitalize()
    written = draft.fields.get(field.name)
    edited = (unfinished or {}).get(field.name, written)
    whole = [mark for mark in draft.marks if mark["field"] == field.name and mark["start"] == mark["end"]]
    if field.type == "text":
        text = _text(field.name, label, str(written or ""), str(edited or ""), draft, known, field)
        return Part(field.name, label, field.role, text, (), (), ())
    rows = edited if isinstance(edited, list) else []
    before = written if isinstance(written, list) else []
    elements = [
        Element(row + 1, [_element_text(field, row, item.name, before, rows, draft, known) for item in field.items])
        for row in range(max(len(rows), len(before)))
    ]
    blank = [_element_text(field, -1, item.name, [], [], draft, known) for item in field.items]
    return Part(field.name, label, field.role, None, elements, blank, whole)


def _element_text(
    field: OutputField,
    index: int,
    name: str,
    before: list[Any],
    rows: list[Any],
    draft: Draft,
    known: Grounds,
) -> Text:
    item = next(item for item in field.items if item.name == name)
    written = str(before[index].get(name) or "") if 0 <= index < len(before) else ""
    edited = str(rows[index].get(name) or "") if 0 <= index < len(rows) else ""
    path = f"{field.name}.{index if index >= 0 else 'new'}.{name}"
    return _text(path, name.replace("_", " ").capitalize(), written, edited, draft, known, item)


def _text(
    path: str,
    label: str,
    written: str,
    edited: str,
    draft: Draft,
    known: Grounds,
    schema: OutputField | OutputItem,
) -> Text:
    marks = [mark for mark in draft.marks if mark["field"] == path]
    remarks = [mark for mark in marks if mark["start"] == mark["end"]]
    role, required = (schema.role, schema.required) if isinstance(schema, OutputField) else ("", False)
    drawn = written[:SHOWN_CHARS]
    # A subject claims nothing by itself, and one that is too long shows where the inbox cuts it.
    is_subject = role == "subject"
    stands = [] if is_subject else read(drawn, known, language=draft.task_version.spec.language)
    segments = cut(drawn, marks=marks, sentences=stands, shown=schema.max_chars if is_subject else None)
    return Text(path, label, edited, written, segments, remarks, schema.max_chars, required)


def _used(parts: Sequence[Part]) -> frozenset[str]:
    texts = [part.text for part in parts if part.text]
    texts += [text for part in parts for element in part.elements for text in element.parts]
    return frozenset(name for text in texts for segment in text.segments for name in segment.facts)


def _addressee(spec: TaskSpec, draft: Draft) -> str:
    """Who it is for: the reader's role where the record has one, and the company."""
    facts = draft.record.facts
    names = ["role", spec.facts_with_role("title"), spec.facts_with_role("group")]
    said = dict.fromkeys(str(facts[name]) for name in names if name and facts.get(name))
    return " · ".join(said) or draft.record.title
