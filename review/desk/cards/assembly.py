"""A card as the desk shows it: draft with marks, facts it rests on, rubric and reasons.

Built from an assignment whose draft, record and task version are loaded; asks the database nothing, but for what a
revision revises. Who taught the draft its labelled defects is left out on purpose: reviewers judge what they see.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from django.utils import timezone
from django.utils.translation import ngettext

from review.desk.cards import card_facts
from review.desk.cards.card_facts import Fact
from review.desk.cards.card_fields import EDITABLE_CHARS, CardField, CardText, card_field, is_told, label_of
from review.desk.cards.remarks import Remark, remarks
from review.desk.cards.values import has_hidden
from review.desk.revisions.queries import RevisedDraft, revised_from
from review.drafts.waiting_marks import with_marks
from review.models import Assignment, Draft
from review.spec.prompting import Thread
from review.spec.readable import in_reading_order
from review.spec.schema import Fields, Label, shape_json
from review.spec.task_spec import Reason, Requirement, TaskSpec
from review.states import Drawn
from review.text.grounding.passages import index_passages
from review.text.grounding.quoting import places
from review.text.grounding.spans import Mark
from web.templatetags.figures import fixed


@dataclass(frozen=True, slots=True)
class Card:
    id: str
    etag: str
    leased_until: str
    task_version: int
    language: str
    to: str
    is_mail: bool
    parts: Sequence[CardField]
    facts: Sequence[Fact]
    offer: Sequence[Fact]
    rubric: Sequence[Requirement]
    reasons: Sequence[Reason]
    guideline: str
    unfinished: Fields | None
    note: str
    words: int
    marks: Sequence[Mark]
    remarks: Sequence[Remark]
    revised: RevisedDraft | None = None
    is_sent_back: bool = False
    has_comments: bool = False
    goes_to: str = ""
    thread: Thread = ()
    instruction: str = ""
    labels: Sequence[tuple[str, Sequence[Label]]] = ()
    is_hidden: bool = False

    @property
    def new_id(self) -> UUID:
        """An id for the decision of a form, so that sending it twice records it once."""
        return uuid4()

    @property
    def unfinished_json(self) -> str:
        """The edit that is kept, so that a browser knows whether it is one of its own."""
        return json.dumps(self.unfinished)

    @property
    def footer(self) -> str:
        """Return word count and task version of a draft. Author, origin and cost are left out: they bias a verdict.

        Empty where the answer is hidden: the count can give it away.
        """
        if self.is_hidden:
            return ""
        words = ngettext(
            "%(count)s word · version %(version)s of the task",
            "%(count)s words · version %(version)s of the task",
            self.words,
        )
        return words % {"count": fixed(self.words, 0), "version": self.task_version}

    @property
    def texts(self) -> list[CardText]:
        """Every text of the draft, parts of lists included."""
        whole = [part.text for part in self.parts if part.text]
        return whole + [text for part in self.parts for element in part.elements for text in element.parts]

    @property
    def unsupported(self) -> int:
        """Count the sentences with a claim that no fact and no line of the offer supports."""
        return sum(segment.begins and segment.is_unsupported for text in self.texts for segment in text.segments)

    @property
    def is_editable(self) -> bool:
        """Return whether all texts are short enough to be edited in place."""
        return all(len(text.draft) <= EDITABLE_CHARS for text in self.texts)

    @property
    def editable_parts(self) -> Sequence[CardField]:
        """The parts an editor is drawn for: all, or none."""
        return [part for part in self.parts if not part.value] if self.is_editable else ()

    @property
    def values(self) -> Sequence[CardField]:
        return [part for part in self.parts if part.value]

    @property
    def subject(self) -> CardText | None:
        return next((part.text for part in self.parts if part.role == "subject"), None)

    @property
    def is_values(self) -> bool:
        """Return whether the draft holds only values and reasoning, so that the record is the text to read."""
        return all(part.value or part.role == "reasoning" for part in self.parts)

    @property
    def below_subject(self) -> Sequence[CardField]:
        """The parts that follow the head of a mail; all parts of other shapes."""
        return [part for part in self.parts if not part.value and not (self.is_mail and part.role == "subject")]


def build_card(assignment: Assignment) -> Card:
    """The card an assignment puts in front of its reviewer."""
    draft = with_marks(assignment.draft)
    spec, facts = draft.task_version.spec, draft.record.facts
    index = index_passages(card_facts.shown_facts(spec, facts), spec.offer)
    is_hidden = has_hidden(spec, draft.pk, assignment.reviewer_id)
    parts = [
        card_field(field, draft, index, assignment.unfinished, is_hidden=is_hidden)
        for field in in_reading_order(spec.output_schema)
        if not (is_hidden and field.role == "reasoning")
    ]
    marks = [] if is_hidden else draft.marks
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
        facts=card_facts.record_facts(spec, facts, index, used, places(spec.output_schema, facts, draft.fields)),
        offer=card_facts.offer_facts(spec, index, used),
        rubric=spec.rubric,
        reasons=sorted(spec.reasons, key=lambda reason: reason.digit),
        guideline=spec.guideline,
        unfinished=assignment.unfinished,
        note=assignment.note,
        words=draft.words,
        marks=marks,
        remarks=remarks(spec, facts, draft.fields, marks),
        revised=revised_from(draft),
        is_sent_back=assignment.drawn == Drawn.SENT_BACK,
        has_comments=bool(getattr(assignment, "has_comments", False)),
        goes_to=getattr(assignment, "goes_to", ""),
        thread=draft.thread or (),
        instruction=spec.instruction,
        labels=[
            (label_of(field), field.labels)
            for field in in_reading_order(spec.output_schema)
            if any(map(is_told, field.labels))
        ],
        is_hidden=is_hidden,
    )


def card_to_read(draft: Draft, *, etag: str, unfinished: Fields | None = None) -> Card:
    """Return a draft as the desk draws it outside any deck; with an edit that was begun, if there is one."""
    return build_card(Assignment(draft=draft, etag=etag, leased_until=timezone.now(), unfinished=unfinished))


def card_json(assignment: Assignment) -> dict[str, Any]:
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
        "output_schema": [shape_json(field) for field in spec.output_schema],
        "rubric": [requirement.model_dump(mode="json") for requirement in spec.rubric],
        "reasons": [reason.model_dump(mode="json") for reason in spec.reasons],
        "guideline": spec.guideline,
        "parent": str(draft.parent_id) if draft.parent_id else None,
        "is_sent_back": assignment.drawn == Drawn.SENT_BACK,
        "has_comments": bool(getattr(assignment, "has_comments", False)),
        "goes_to": getattr(assignment, "goes_to", ""),
        "thread": draft.thread or [],
    }


def _used(parts: Sequence[CardField]) -> frozenset[str]:
    texts = [part.text for part in parts if part.text]
    texts += [text for part in parts for element in part.elements for text in element.parts]
    return frozenset(name for text in texts for segment in text.segments for name in segment.facts)


def _addressee(spec: TaskSpec, draft: Draft) -> str:
    facts = draft.record.facts
    names = ["role", spec.facts_with_role("title"), spec.facts_with_role("group")]
    addressee_parts = dict.fromkeys(str(facts[name]) for name in names if name and facts.get(name))
    return " · ".join(addressee_parts) or draft.record.title
