"""The grid of experts behind a router: a small student for each segment, and one larger student on all of the same golds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Final

from evaluation.states import StudyKind
from evaluation.studies.design import LARGER, MIN_RECORDS, StudyArm, StudyDesign, StudyInputs, StudyRequest
from evaluation.suites.slicing import LONGEST_VALUE

# The most common segments have an expert each; the others are sent to that of the most common one.
MOST_EXPERTS: Final = 6
# Records are told apart by segment too, so more of them are scored; each by one expert and the larger student.
SCORED: Final = 120


def arms_of(asked: StudyRequest, given: StudyInputs, *, size: int, lora: Callable[[str], str]) -> tuple[StudyArm, ...]:
    """An expert a segment, that of the most common one first, and the larger student last."""
    small, larger = given.students[0], given.students[-1]
    experts = (
        StudyArm(
            f"Expert: {segment}",
            lora(small),
            student=small,
            fact=asked.segment,
            says=says,
            scores=tuple(record for record, value in given.scored_segments.items() if value in says),
        )
        for segment, says in segments_of(given, size=size).items()
    )
    return *experts, StudyArm(LARGER, lora(larger), student=larger)


def segments_of(given: StudyInputs, *, size: int) -> dict[str, tuple[str, ...]]:
    """Return what the fact says of the records of each segment, the most common segment first.

    A value with too few golds for an expert, or without a validation record, is sent to the most common segment's expert, and so
    are records of which the fact says nothing: all golds are tuned on, and every record has somebody who answers it.

    Args:
        given: With the values of training and of validation records.
    """
    golds = Counter(given.trained_segments.values())
    scored, share = set(given.scored_segments.values()), size / max(1, golds.total())
    chosen = [
        value
        for value, count in sorted(golds.items(), key=lambda each: (-each[1], each[0]))
        if value in scored and 0 < len(value) <= LONGEST_VALUE and count * share >= MIN_RECORDS
    ][:MOST_EXPERTS]
    if not chosen:
        return {}
    others = sorted((golds.keys() | scored) - set(chosen))
    return {value: (value, *others) if value == chosen[0] else (value,) for value in chosen}


def errors_of(asked: StudyRequest, design: StudyDesign, given: StudyInputs) -> dict[str, list[str]]:
    """Return what cannot be, by field; empty for other kinds."""
    if design.kind != StudyKind.ROUTER:
        return {}
    errors: dict[str, list[str]] = {}
    if len(given.students) != 2:
        errors["students"] = [
            "Name one student beside the first: the smaller becomes the experts, the larger is tuned on all."
        ]
    if not asked.segment:
        errors["segment"] = ["Name the fact of a record by which the router picks its expert."]
    elif len(design.arms) < 3:
        errors["segment"] = [
            f"By '{asked.segment}' fewer than two segments have {MIN_RECORDS} training records and one for validation."
        ]
    return errors
