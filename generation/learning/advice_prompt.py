"""Asking a teacher what a task should say differently: what it is told, and what its answer means. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, get_args

from generation.learning.cases import LONGEST_VALUE, PARTS, Case, ProposedChange
from generation.learning.counting import PatternCounts
from review.spec import prompting, questions
from review.spec.prompting import Message
from review.spec.questions import fenced
from review.spec.schema import Fields, OutputField, OutputItem
from review.spec.task_spec import CheckKind, TaskSpec

# Rejections and edits say most; so many of them are shown, and so much of each text.
SHOWN_CASES = 40
SHOWN_CHARS = 1_200
MOST_CHANGES = 12
SYSTEM = (
    "You improve the instructions of a writing task. Experts judged drafts that were written by them. Find what their "
    "rejections and edits have in common and say which parts of the task should read differently, so that next drafts "
    "need fewer of them. Propose only what several cases support; a single case is no rule. Keep what works. "
    + questions.FENCE_RULE
)
ASK = (
    "Answer with a list of changes, at most {most}, the most useful first. `part` is one of: instruction (the whole "
    "new wording), guideline (the whole new wording), rubric (one new requirement, as 'name: what it asks for'), "
    "forbidden_phrase (one phrase), check (one of {checks}). `why` is one sentence. `cases` are the numbers of the "
    "cases that support it, such as '2, 5, 9'. An empty list says that nothing should change."
)


def advice_task() -> TaskSpec:
    """Return the task of an adviser's answer: a list of changes."""
    items = tuple(OutputItem(name=name) for name in ("part", "value", "why", "cases"))
    changes = OutputField(name="changes", type="list", required=False, items=items)
    return questions.answer_task("Propose changes of a task.", changes, about="cases")


def select_cases(cases: Sequence[Case]) -> list[Case]:
    """The cases a teacher is shown: rejections and edits in turn, the newest first."""
    rejected = [case for case in cases if case.verdict == "reject"]
    edited = [case for case in cases if case.verdict == "edit"]
    paired = [case for pair in zip(rejected, edited, strict=False) for case in pair]
    rest = rejected[len(edited) :] + edited[len(rejected) :]
    return (paired + rest)[:SHOWN_CASES]


def advice_conversation(spec: TaskSpec, cases: Sequence[Case], counts: PatternCounts) -> list[Message]:
    """Build the question to an adviser. It names no reviewer.

    Args:
        cases: Those to show, as `select_cases` picks them; numbered from 1.
        counts: What all decisions have in common, those not shown included.
    """
    labels = {reason.code: reason.label for reason in spec.reasons}
    parts = [
        f"Instruction:\n{spec.instruction}",
        f"Guideline:\n{spec.guideline or '(none)'}",
        "Rubric:\n" + ("\n".join(f"- {part.name}: {part.description}" for part in spec.rubric) or "(none)"),
        f"Forbidden phrases: {', '.join(spec.offer.forbidden_phrases) or '(none)'}",
        f"Checks switched on: {', '.join(check.kind for check in spec.checks) or '(none)'}",
        f"Counted over all decisions:\n{_counted(counts, labels)}",
        *(_case(spec, case, labels, number) for number, case in enumerate(cases, 1)),
        ask(),
    ]
    return questions.question(SYSTEM, parts, answer=advice_task())


def ask() -> str:
    """Return the question at the end of every question to an adviser."""
    return ASK.format(most=MOST_CHANGES, checks=", ".join(_check_kinds()))


def parse_changes(spec: TaskSpec, answer: Fields, cases: Sequence[Case]) -> list[ProposedChange]:
    """The changes an answer proposes; parts it does not know, and what the task says already, are left out.

    Args:
        cases: Those that were shown, in their order.
    """
    changes = [_change(entry, cases) for entry in answer.get("changes") or []]
    fresh = [change for change in changes if change is not None and _is_new(spec, change)]
    whole: set[str] = set()
    kept = []
    for change in fresh[:MOST_CHANGES]:
        # Two whole wordings of one text: the first, which it thinks most useful.
        if change.part in ("instruction", "guideline") and change.part in whole:
            continue
        whole.add(change.part)
        kept.append(change)
    return kept


def _change(entry: dict[str, Any], cases: Sequence[Case]) -> ProposedChange | None:
    part = str(entry.get("part", "")).strip().casefold().replace(" ", "_")
    value = str(entry.get("value", "")).strip()
    if part not in PARTS or not value or len(value) > LONGEST_VALUE:
        return None
    if part == "check" and value not in _check_kinds():
        return None
    numbers = [int(number) for number in re.findall(r"\d{1,4}", str(entry.get("cases", "")))]
    decisions = list(dict.fromkeys(cases[n - 1].decision for n in numbers if 0 < n <= len(cases)))
    return ProposedChange(part, value, str(entry.get("why", "")).strip()[:500], decisions)


def _is_new(spec: TaskSpec, change: ProposedChange) -> bool:
    if change.part == "instruction":
        return change.value != spec.instruction
    if change.part == "guideline":
        return change.value != spec.guideline
    if change.part == "forbidden_phrase":
        return change.value.casefold() not in {phrase.casefold() for phrase in spec.offer.forbidden_phrases}
    if change.part == "check":
        return change.value not in {check.kind for check in spec.checks}
    return change.value.partition(":")[0].strip() not in {part.name for part in spec.rubric}


def _check_kinds() -> tuple[str, ...]:
    """The product's own checks; those of packages are switched on by people."""
    return get_args(CheckKind)


def _counted(counts: PatternCounts, labels: dict[str, str]) -> str:
    lines = [f"{verdict}: {number}" for verdict, number in sorted(counts.cases.items())]
    lines += [f"rejected for {labels.get(code, code)}: {len(ids)}" for code, ids in counts.reasons.items()]
    lines += [f"taken out by edits: '{phrase.text}' ({len(phrase.decisions)})" for phrase in counts.phrases]
    lines += [f"{name} made much shorter by edits: {len(ids)}" for name, (ids, _) in counts.shortened.items()]
    return "\n".join(lines)


def _case(spec: TaskSpec, case: Case, labels: dict[str, str], number: int) -> str:
    lines = [
        f"Case {number}: {'rejected' if case.verdict == 'reject' else 'edited'}",
        f"Reasons: {', '.join(labels.get(code, code) for code in case.reasons)}" if case.reasons else "",
        f"Note: {case.note[:SHOWN_CHARS]}" if case.note else "",
        f"Facts:\n{fenced(prompting.facts_sheet(spec, case.facts)[:SHOWN_CHARS])}",
        f"Draft:\n{fenced(text_of(case.draft))}",
        f"After the edit:\n{fenced(text_of(case.final))}" if case.final is not None else "",
    ]
    return "\n".join(line for line in lines if line)


def text_of(fields: Fields) -> str:
    """Fields as lines, cut where they are long. Older drafts may have another shape, so no schema is asked."""
    return "\n".join(f"{name}: {value}" for name, value in fields.items())[:SHOWN_CHARS]
