"""Run the checks on an edit that is not saved yet, and measure how much it changes. Reads; writes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils import timezone

from members.models import Member
from review.desk.cards import card_facts
from review.desk.cards.remarks import Remark, remarks
from review.drafts import queries
from review.models import Assignment, Draft
from review.spec import paths, values
from review.spec.schema import Fields
from review.spec.task_spec import TaskSpec
from review.spec.values import normalise_fields
from review.states import AssignmentState, Role
from review.text import checks, edits
from review.text.checks.mends import Mend
from review.text.edits import EditMeasure
from review.text.grounding.attribution import attribute
from review.text.grounding.passages import index_passages
from web.errors import Refusal


@dataclass(frozen=True, slots=True)
class Recheck:
    """The text as it stands in the editor, looked at.

    Attributes:
        marks: As `checks.run` makes them; places count in the text in normal form.
        remarks: The marks as a list for a person, with mends; then, without a mark, the checks that gave no answer.
        unsupported: Sentences that share no words with the facts or the offer.
    """

    marks: list[dict[str, Any]]
    remarks: list[Remark]
    unanswered: list[str]
    unsupported: int
    edit: EditMeasure

    @property
    def mends(self) -> list[Mend]:
        return [remark.mend for remark in self.remarks if remark.mend]


def recheck(member: Member, draft_id: UUID, fields: Fields) -> Recheck:
    """Run the checks of the draft's task version over an edit.

    Raises:
        Http404: No such draft for this member.
        PermissionDenied: The member is no reviewer of its task.
        Refusal: 422 when a field is unknown or of the wrong type; an empty one is let pass, for it may be filled yet.
    """
    draft = queries.draft_or_404(member, draft_id, least=Role.REVIEWER)
    spec, facts = draft.task_version.spec, draft.record.facts
    after = _as_typed(spec, fields, draft.fields)
    reading = checks.read(spec, facts, after)
    marks = [mark.as_json() for mark in reading.marks]
    unanswered = [f"The check '{kind}' {why}" for kind, why in reading.unanswered.items()]
    listed = [*remarks(spec, facts, after, marks), *map(_without_mark, unanswered)]
    measured = edits.measure(spec, facts, draft.fields, after)
    return Recheck(marks, listed, unanswered, _unsupported(spec, draft, after), measured)


def _without_mark(sentence: str) -> Remark:
    return Remark(sentence, "", "warning", times=1, field="", start=0, end=0, mend=None)


def _as_typed(spec: TaskSpec, fields: Fields, written: Fields) -> Fields:
    """Return the fields in normal form; a required field may be empty while the reviewer types."""
    schema = tuple(field.model_copy(update={"required": False}) for field in spec.output_schema)
    try:
        return normalise_fields(schema, values.read_typed(schema, fields, written))
    except ValueError as error:
        words = f"{str(error)[:1].upper()}{str(error)[1:]}."
        raise Refusal("invalid_fields", words, errors={"fields": [words]}) from error


def _unsupported(spec: TaskSpec, draft: Draft, fields: Fields) -> int:
    index = index_passages(card_facts.shown_facts(spec, draft.record.facts), spec.offer)
    texts = [place.text for place in paths.texts(spec.output_schema, fields) if place.field.role != "subject"]
    sentences = [sentence for text in texts for sentence in attribute(text, index, language=spec.language)]
    return sum(sentence.standing == "unsupported" for sentence in sentences)


def keep_unfinished(member: Member, draft_id: UUID, fields: Fields | None) -> bool:
    """Keep the unfinished edit of a card in the member's deck; None forgets it.

    One conditional statement: what arrives after the card was judged, set aside or passed on changes nothing. Of two
    tabs of one member the later word stays.

    Returns:
        Whether the card was in the member's deck.
    """
    mine = Assignment.objects.filter(draft_id=draft_id, reviewer=member, state=AssignmentState.ACTIVE)
    return bool(mine.update(unfinished=fields, updated_at=timezone.now()))
