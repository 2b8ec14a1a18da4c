"""Patterns of decisions, counted: reasons, phrases taken out, lengths; and the changes that follow. Pure.

No model is asked, so it says less than a teacher would and never more than was decided.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import quantiles
from typing import Any

from generation.learning.cases import Case, ProposedChange
from generation.learning.phrases import LEAST_DECISIONS, RemovedPhrase, removed_phrases
from review.spec.schema import Fields, OutputField
from review.spec.task_spec import CheckKind, TaskSpec

# A reason, or a wish for shorter texts, is worth a rule from this share of its kind.
WORTH_A_RULE = 0.25
# Reasons by which tasks call what a check of ours finds.
CHECK_OF: dict[str, CheckKind] = {
    "wrong_fact": "unsupported",
    "unsupported": "unsupported",
    "invented": "unsupported",
    "too_long": "length",
    "too_short": "length",
    "length": "length",
    "no_ask": "call_to_action",
    "spam": "spam",
    "repetition": "repetition",
    "repetitive": "repetition",
    "placeholder": "placeholders",
    "forbidden": "forbidden",
}
SHORTER = 0.85


@dataclass(frozen=True, slots=True)
class PatternCounts:
    """Patterns of decisions.

    Attributes:
        cases: How many were looked at, by verdict.
        reasons: Ids of decisions by code of reason, the commonest first.
        phrases: Runs of words that edits took out.
        shortened: By text field: decisions whose edit made it much shorter, and the words that three in four
            approved texts stay below.
    """

    cases: dict[str, int]
    reasons: dict[str, list[str]]
    phrases: list[RemovedPhrase]
    shortened: dict[str, tuple[list[str], int]]

    def as_json(self) -> dict[str, Any]:
        return {
            "cases": self.cases,
            "reasons": [{"code": code, "count": len(ids), "decisions": ids} for code, ids in self.reasons.items()],
            "phrases": [
                {"text": phrase.text, "count": len(phrase.decisions), "decisions": list(phrase.decisions)}
                for phrase in self.phrases
            ],
            "shortened": [
                {"field": name, "count": len(ids), "words": words, "decisions": ids}
                for name, (ids, words) in self.shortened.items()
            ],
        }


def count(spec: TaskSpec, cases: Sequence[Case]) -> PatternCounts:
    verdicts: dict[str, int] = defaultdict(int)
    reasons: dict[str, list[str]] = defaultdict(list)
    for case in cases:
        verdicts[case.verdict] += 1
        for code in dict.fromkeys(case.reasons if case.verdict == "reject" else ()):
            reasons[code].append(case.decision)
    return PatternCounts(
        cases=dict(verdicts),
        reasons=dict(sorted(reasons.items(), key=lambda item: (-len(item[1]), item[0]))),
        phrases=removed_phrases(_without_values(spec, cases), forbidden_phrases=spec.offer.forbidden_phrases),
        shortened=_shortened(spec, cases),
    )


def _without_values(spec: TaskSpec, cases: Sequence[Case]) -> list[Case]:
    """Leave labels, numbers and days out of cases: one that was corrected is no phrase to avoid."""
    values = {field.name for field in spec.output_schema if field.value_type.is_value}

    def texts(fields: Fields) -> Fields:
        return {name: value for name, value in fields.items() if name not in values}

    return [replace(case, draft=texts(case.draft), final=case.final and texts(case.final)) for case in cases]


def rule_changes(spec: TaskSpec, counts: PatternCounts) -> list[ProposedChange]:
    """The changes that follow from the counts by rule; none where nothing is common enough."""
    changes = [
        ProposedChange(
            "forbidden_phrase",
            phrase.text,
            f"Edits took it out of {len(phrase.decisions)} drafts, and no approved text holds it.",
            list(phrase.decisions),
        )
        for phrase in counts.phrases
    ]
    if changes and "forbidden" not in {check.kind for check in spec.checks}:
        backing = list(dict.fromkeys(pk for phrase in changes for pk in phrase.decisions))
        changes.append(ProposedChange("check", "forbidden", "Marks forbidden phrases in drafts.", backing))
    changes += _rules(spec, counts)
    return changes


def _rules(spec: TaskSpec, counts: PatternCounts) -> list[ProposedChange]:
    labels = {reason.code: reason.label for reason in spec.reasons}
    switched_on = {check.kind for check in spec.checks}
    rejected = counts.cases.get("reject", 0)
    lines, backing, changes, whys = [], [], [], []
    for code, decisions in counts.reasons.items():
        if len(decisions) < LEAST_DECISIONS or len(decisions) < WORTH_A_RULE * rejected or code == "other":
            continue
        why = f"{len(decisions)} of {rejected} rejections give the reason \u201c{labels.get(code, code)}\u201d."
        check = CHECK_OF.get(code)
        if check and check not in switched_on:
            changes.append(ProposedChange("check", check, why, decisions))
            switched_on.add(check)
        whys.append(why)
        lines.append(f"Reviewers often reject for: {labels.get(code, code)}. Check each draft for it.")
        backing += decisions
    for name, (decisions, words) in counts.shortened.items():
        whys.append(f"{len(decisions)} edits made the {name} much shorter.")
        lines.append(f"Keep the {name} at {words} words or fewer.")
        backing += decisions
    new = [line for line in lines if line not in spec.guideline]
    if new:
        guideline = "\n".join([spec.guideline.strip(), *new]).strip()
        changes.append(ProposedChange("guideline", guideline, " ".join(whys), list(dict.fromkeys(backing))))
    return changes


def _shortened(spec: TaskSpec, cases: Sequence[Case]) -> dict[str, tuple[list[str], int]]:
    fields = {}
    edits = [case for case in cases if case.verdict == "edit" and case.final is not None]
    for output in spec.output_schema:
        shorter = [case.decision for case in edits if _is_shorter(output, case.draft, case.final or {})]
        approved = [_length(output, case.final) for case in cases if case.final is not None]
        if len(shorter) >= LEAST_DECISIONS and len(shorter) >= WORTH_A_RULE * len(edits):
            fields[output.name] = (shorter, round(quantiles(approved, n=4)[2]))
    return fields


def _is_shorter(output: OutputField, before: Fields, after: Fields) -> bool:
    return output.type == "text" and _length(output, after) <= SHORTER * _length(output, before) - 2


def _length(output: OutputField, fields: Fields) -> int:
    return len(str(fields.get(output.name) or "").split()) if output.type == "text" else 0
