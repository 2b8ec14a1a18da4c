"""Checks of a submitted verdict against its task version. Pure Python.

It does not know who gives the verdict, whether they may, or whether the card is still theirs.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from review.spec import values
from review.spec.prompting import canonical_json
from review.spec.schema import Fields
from review.spec.task_spec import TaskSpec
from review.spec.values import normalise_fields
from review.states import Verdict
from web.errors import Refusal

LONGEST_NOTE = 2000
LONGEST_S = 86_400.0


@dataclass(frozen=True, slots=True)
class SubmittedVerdict:
    """One verdict with all that belongs to it, as it came.

    Attributes:
        verdict: accept, edit, reject or retract.
        fields: The edited draft; only with edit.
        reasons: Codes of the version's reasons for rejection; only with reject.
        ratings: Whether each named requirement of the rubric is met; only those that were rated.
        seconds: Time the card was in front of the expert.
        retracts: The decision that is taken back; only with retract.
        was_hidden: Whether the card was shown without the teacher's values.
    """

    verdict: Verdict
    fields: Fields | None = None
    reasons: tuple[str, ...] = ()
    ratings: Mapping[str, bool] = field(default_factory=dict)
    seconds: float = 0.0
    note: str = ""
    retracts: UUID | None = None
    was_hidden: bool = False

    def body_hash(self, draft_id: UUID) -> str:
        """SHA-256 of everything the client sent, hex: tells a repeated request from another under the same id."""
        body: dict[str, object] = {
            "draft": str(draft_id),
            "verdict": self.verdict.value,
            "fields": self.fields,
            "reasons": list(self.reasons),
            "ratings": dict(self.ratings),
            "seconds": self.seconds,
            "note": self.note,
            "retracts": str(self.retracts) if self.retracts else None,
        }
        # Left out where it says nothing, so that a request from before hashes as it did.
        body |= {"was_hidden": True} if self.was_hidden else {}
        return hashlib.sha256(canonical_json(body).encode()).hexdigest()


def read(
    verdict: str,
    *,
    fields: Fields | None = None,
    reasons: Sequence[str] = (),
    ratings: Mapping[str, bool] | None = None,
    seconds: float = 0.0,
    note: str = "",
    retracts: UUID | None = None,
    was_hidden: bool = False,
) -> SubmittedVerdict:
    """Read a verdict whose parts fit together.

    Raises:
        Refusal: 422 naming the part that is wrong, before any task is looked at.
    """
    if verdict not in Verdict.values:
        raise _wrong("verdict", f"'{verdict}' is not a verdict; write {', '.join(Verdict.values)}.")
    kind = Verdict(verdict)
    if (kind is Verdict.RETRACT) != (retracts is not None):
        raise _wrong("retracts", "A retract names the decision it takes back, and nothing else does.")
    if fields is not None and kind is not Verdict.EDIT:
        raise _wrong("fields", f"Fields belong to an edit, not to '{verdict}'.")
    if fields is None and kind is Verdict.EDIT:
        raise _wrong("fields", "An edit brings the fields it ends with.")
    if reasons and kind is not Verdict.REJECT:
        raise _wrong("reasons", f"Reasons belong to a reject, not to '{verdict}'.")
    if not math.isfinite(seconds) or not 0 <= seconds <= LONGEST_S:
        raise _wrong("seconds", "Seconds are a number from 0 to 86400.")
    if len(note) > LONGEST_NOTE:
        raise _wrong("note", f"The note has {len(note)} characters; at most {LONGEST_NOTE} are kept.")
    rating_values = dict(ratings or {})
    return SubmittedVerdict(kind, fields, tuple(reasons), rating_values, seconds, note.strip(), retracts, was_hidden)


def fit(submitted: SubmittedVerdict, spec: TaskSpec, draft: Fields) -> tuple[Verdict, Fields | None]:
    """Check a submitted verdict against the task version and bring an edit into normal form.

    An edit that changes nothing stays an edit: who says that a text needs work and leaves the work to others has not
    accepted it. A page whose editor was not touched says `accept` itself, see `is_untouched`. Who did not see the
    teacher's values and picked the same has accepted them.

    Returns:
        The verdict to record, and the fields it ends with (None for a reject or a retract).

    Raises:
        Refusal: 422 naming the field, reason or requirement that does not fit.
    """
    _check_reasons(submitted, spec)
    requirements = {requirement.name for requirement in spec.rubric}
    if strange := sorted(set(submitted.ratings) - requirements):
        raise _wrong(
            "ratings", f"The rubric has no requirement '{strange[0]}'; it has {', '.join(sorted(requirements))}."
        )
    if submitted.verdict in (Verdict.REJECT, Verdict.RETRACT):
        return submitted.verdict, None
    if submitted.fields is None:
        return Verdict.ACCEPT, draft
    try:
        fields = _without_stale_reasoning(spec, draft, _whole(spec, draft, submitted.fields))
    except ValueError as error:
        raise _wrong("fields", f"{str(error)[:1].upper()}{str(error)[1:]}.") from error
    return (Verdict.ACCEPT, draft) if submitted.was_hidden and fields == draft else (Verdict.EDIT, fields)


def _whole(spec: TaskSpec, draft: Fields, fields: Fields) -> Fields:
    """Return the fields in normal form; one that is left out stays as the draft has it."""
    return normalise_fields(spec.output_schema, values.read_typed(spec.output_schema, {**draft, **fields}, draft))


def _without_stale_reasoning(spec: TaskSpec, draft: Fields, fields: Fields) -> Fields:
    """Leave out what a teacher reasoned for a value that the reviewer changed, unless they rewrote it too."""
    pairs = zip(spec.output_schema, spec.output_schema[1:], strict=False)
    stale = [
        before.name
        for before, of in pairs
        if before.role == "reasoning"
        and fields[before.name] == draft.get(before.name)
        and fields[of.name] != draft.get(of.name)
    ]
    return {**fields, **dict.fromkeys(stale, "")}


def is_untouched(spec: TaskSpec, draft: Fields, fields: Fields) -> bool:
    """Return whether an editor was saved with the text it opened with, blanks at line ends aside."""
    try:
        return _whole(spec, draft, fields) == draft
    except ValueError:
        return False


def _check_reasons(submitted: SubmittedVerdict, spec: TaskSpec) -> None:
    if submitted.verdict is not Verdict.REJECT:
        return
    codes = [reason.code for reason in spec.reasons]
    if strange := [code for code in submitted.reasons if code not in codes]:
        raise _wrong("reasons", f"The task has no reason '{strange[0]}'; it has {', '.join(codes) or 'none'}.")
    if codes and not submitted.reasons:
        raise _wrong("reasons", f"A reject names at least one reason: {', '.join(codes)}.")


def _wrong(part: str, message: str) -> Refusal:
    return Refusal("invalid_decision", message, hint="Correct this part and send it again.", errors={part: [message]})
