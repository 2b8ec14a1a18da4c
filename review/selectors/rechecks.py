"""What the checks say of an edit that nobody saved yet, and how much it changes. Reads; writes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from members.models import Member
from review import checks, edits
from review.edits import Edit
from review.models import Draft
from review.passages import grounds
from review.permissions import require
from review.schema import Fields, normalise_fields
from review.selectors import card_facts, desk
from review.selectors.remarks import Remark, remarks
from review.spec import TaskSpec
from review.states import Role
from review.support import read
from web.errors import Refusal


@dataclass(frozen=True, slots=True)
class Recheck:
    """The text as it stands in the editor, looked at.

    Attributes:
        marks: As `checks.run` makes them; places count in the text in normal form.
        remarks: The marks as a list for a person, with mends.
        unsupported: Sentences that share no words with the facts or the offer.
        edit: What changed against the draft.
    """

    marks: list[dict[str, Any]]
    remarks: list[Remark]
    unsupported: int
    edit: Edit

    def as_json(self) -> dict[str, Any]:
        """As the API gives it."""
        mends = [
            {"field": remark.mend.field, "text": remark.mend.text, "words": remark.mend.words}
            for remark in self.remarks
            if remark.mend
        ]
        return {"marks": self.marks, "mends": mends, "unsupported": self.unsupported, "edit": self.edit.as_json()}


def of(member: Member, draft_id: UUID, fields: Fields) -> Recheck:
    """Run the checks of the draft's task version over an edit.

    Raises:
        Http404: No such draft for this member.
        PermissionDenied: The member is no reviewer of its task.
        Refusal: 422 when a field is unknown or of the wrong type; an empty one is let pass, for it may be filled yet.
    """
    draft = desk.draft_or_404(member, draft_id)
    require(member, draft.task, Role.REVIEWER)
    spec, facts = draft.task_version.spec, draft.record.facts
    after = _as_typed(spec, fields)
    marks = [mark.as_json() for mark in checks.run(spec, facts, after)]
    found = edits.measure(spec, facts, draft.fields, after)
    return Recheck(marks, remarks(spec, facts, after, marks), _unsupported(spec, draft, after), found)


def _as_typed(spec: TaskSpec, fields: Fields) -> Fields:
    """The fields in normal form; what is required may be empty while somebody types."""
    schema = tuple(field.model_copy(update={"required": False}) for field in spec.output_schema)
    try:
        return normalise_fields(schema, fields)
    except ValueError as error:
        words = f"{str(error)[:1].upper()}{str(error)[1:]}."
        raise Refusal("invalid_fields", words, errors={"fields": [words]}) from error


def _unsupported(spec: TaskSpec, draft: Draft, fields: Fields) -> int:
    known = grounds(card_facts.known_to_page(spec, draft.record.facts), spec.offer)
    texts = [
        str(fields[field.name]) for field in spec.output_schema if field.type == "text" and field.role != "subject"
    ]
    texts += [
        part
        for field in spec.output_schema
        if field.type == "list"
        for row in fields[field.name]
        for part in row.values()
    ]
    found = [sentence for text in texts for sentence in read(text, known, language=spec.language)]
    return sum(sentence.standing == "unsupported" for sentence in found)
