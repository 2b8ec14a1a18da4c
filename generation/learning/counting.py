"""Patterns of decisions, counted: reasons, phrases taken out, lengths; and the changes that follow. Pure.

No model is asked, so it says less than a teacher would and never more than was decided.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from statistics import quantiles
from typing import Any

from generation.learning.cases import Case, ProposedChange
from review.spec.schema import Fields, OutputField
from review.spec.task_spec import CheckKind, TaskSpec
from review.text.search.words import texts_of_facts, texts_of_fields

SHORTEST, LONGEST = 2, 5
LEAST_DECISIONS = 3
SHOWN = 8
_WORD = re.compile(r"\w+(?:['\u2019-]\w+)*")
# Beyond this a word diff would be felt.
LONGEST_DIFF = 4_000


@dataclass(frozen=True, slots=True)
class RemovedPhrase:
    """A run of words, in how many decisions it was taken out, and which these are."""

    text: str
    decisions: tuple[str, ...]


def removed_phrases(cases: Sequence[Case], *, forbidden_phrases: Iterable[str] = ()) -> list[RemovedPhrase]:
    """Runs of two to five words that edits took out of several drafts and that no approved text holds, commonest first.

    Args:
        cases: Decisions; those that approve a text say what may stay.
    """
    kept = {run for case in cases if case.final is not None for run in _runs(_words(texts_of_fields(case.final)))}
    forbidden = {tuple(_words(phrase)) for phrase in forbidden_phrases}
    runs: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for case in cases:
        if case.verdict == "edit" and case.final is not None:
            about = set(_words(texts_of_facts(case.facts)))
            for run in {run for run in _removed_runs(case) if _is_style(run, about)} - kept:
                runs[run].append(case.decision)
    often = {
        run: decisions
        for run, decisions in runs.items()
        if len(decisions) >= LEAST_DECISIONS
        and not any(_holds(run, phrase) or _holds(phrase, run) for phrase in forbidden)
    }
    largest = {run for run in often if not any(_is_part(run, other, often) for other in often)}
    ranked = sorted(largest, key=lambda run: (-len(often[run]), -len(run), run))
    return [RemovedPhrase(" ".join(run), tuple(often[run])) for run in ranked[:SHOWN]]


def _removed_runs(case: Case) -> set[tuple[str, ...]]:
    """Runs of the draft that lost at least one word and that the edit does not hold elsewhere."""
    before, after = _words(texts_of_fields(case.draft)), _words(texts_of_fields(case.final or {}))
    if len(before) + len(after) > LONGEST_DIFF:
        return set()
    runs: set[tuple[str, ...]] = set()
    for tag, start, end, _, _ in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag in ("delete", "replace"):
            runs |= set(_runs(before[start:end]))
    return runs


def _runs(words: Sequence[str]) -> Iterable[tuple[str, ...]]:
    return (
        tuple(words[at : at + size]) for size in range(SHORTEST, LONGEST + 1) for at in range(len(words) - size + 1)
    )


def _is_style(run: tuple[str, ...], about: set[str]) -> bool:
    return about.isdisjoint(run) and not any(ch.isdigit() for word in run for ch in word)


def _is_part(run: tuple[str, ...], other: tuple[str, ...], often: dict[tuple[str, ...], list[str]]) -> bool:
    return len(other) > len(run) and len(often[other]) >= len(often[run]) and _holds(other, run)


def _holds(run: tuple[str, ...], part: tuple[str, ...]) -> bool:
    return bool(part) and any(run[at : at + len(part)] == part for at in range(len(run) - len(part) + 1))


def _words(text: str) -> list[str]:
    return [match.group().lower() for match in _WORD.finditer(text)]


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
