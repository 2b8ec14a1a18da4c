"""Differences between two versions of a specification: part by part, and word by word inside texts. Pure Python."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Literal, NamedTuple

from review.spec.task_spec import TaskSpec

_TOKEN = re.compile(r"\s+|\w+|[^\w\s]")
# More pairs of words than this take more than a second to compare.
MOST_PAIRS = 1_000_000
_LABELS = {
    "instruction": "Instruction",
    "offer": "Offer",
    "language": "Language",
    "input_schema": "Facts",
    "output_schema": "Written fields",
    "slots": "Slots",
    "checks": "Checks",
    "rubric": "Rubric",
    "reasons": "Reasons for rejection",
    "guideline": "Guideline",
    "guideline_examples": "Examples of the guideline",
    "personas": "Personas",
    "angles": "Angles",
    "record_noun": "Noun of a record",
    "record_noun_plural": "Noun of several records",
    "teacher_template": "Teacher template",
    "student_template": "Student template",
}


class WordChange(NamedTuple):
    kind: Literal["same", "added", "removed"]
    text: str


@dataclass(frozen=True)
class SpecChange:
    """Changed part.

    Attributes:
        label: Place of the part, as on pages: `Facts › company › description`.
        kind: `added`, `removed` or `changed`.
        segments: Text in same, added and removed stretches.
    """

    label: str
    kind: Literal["added", "removed", "changed"]
    segments: tuple[WordChange, ...]


def changes(old: TaskSpec, new: TaskSpec) -> list[SpecChange]:
    """Return every changed part in the order of the specification."""
    before, after = old.canonical(), new.canonical()
    return [change for key, label in _LABELS.items() for change in _compare(label, before.get(key), after.get(key))]


def word_diff(old: str, new: str) -> tuple[WordChange, ...]:
    """Compare two texts word by word, as same, removed and added stretches; long ones by their lines first."""
    if words := _words(old, new):
        return tuple(_stretches(*words))
    segments: list[WordChange] = []
    for part in _stretches(old.splitlines(keepends=True), new.splitlines(keepends=True), are_lines=True):
        last = segments[-1] if segments and part.kind == "added" else None
        if last and last.kind == "removed" and (words := _words(last.text, part.text)):
            segments[-1:] = _stretches(*words)
        else:
            segments.append(part)
    return tuple(segments)


def _words(old: str, new: str) -> tuple[list[str], list[str]] | None:
    before, after = _TOKEN.findall(old), _TOKEN.findall(new)
    return (before, after) if len(before) * len(after) <= MOST_PAIRS else None


def _stretches(before: list[str], after: list[str], *, are_lines: bool = False) -> list[WordChange]:
    segments: list[WordChange] = []
    for tag, i, j, k, m in SequenceMatcher(None, before, after, autojunk=are_lines).get_opcodes():
        if tag == "equal":
            segments.append(WordChange("same", "".join(before[i:j])))
            continue
        if j > i:
            segments.append(WordChange("removed", "".join(before[i:j])))
        if m > k:
            segments.append(WordChange("added", "".join(after[k:m])))
    return segments


def _compare(label: str, old: object, new: object) -> Iterator[SpecChange]:
    if old == new:
        return
    if isinstance(old, dict) and isinstance(new, dict):
        for key in [*old, *(key for key in new if key not in old)]:
            yield from _compare(f"{label} › {_say(key)}", old.get(key), new.get(key))
    elif isinstance(old, list) and isinstance(new, list) and _is_named(old + new):
        yield from _compare_named(label, old, new)
    else:
        before, after = _text(old), _text(new)
        kind: Literal["added", "removed", "changed"] = (
            "changed" if before and after else "added" if after else "removed"
        )
        yield SpecChange(label, kind, word_diff(before, after))


def _compare_named(label: str, old: list[Any], new: list[Any]) -> Iterator[SpecChange]:
    before, after = {_key(part): part for part in old}, {_key(part): part for part in new}
    for key, part in before.items():
        if key not in after:
            yield SpecChange(f"{label} › {key}", "removed", (WordChange("removed", _text(part)),))
    for key, part in after.items():
        if key not in before:
            yield SpecChange(f"{label} › {key}", "added", (WordChange("added", _text(part)),))
        else:
            yield from _compare(f"{label} › {key}", before[key], part)
    kept_before, kept_after = [key for key in before if key in after], [key for key in after if key in before]
    if kept_before != kept_after:
        yield SpecChange(f"{label} › order", "changed", word_diff(", ".join(kept_before), ", ".join(kept_after)))


def _is_named(parts: list[Any]) -> bool:
    return all(isinstance(part, dict) and _key(part) for part in parts)


def _key(part: Mapping[str, Any]) -> str:
    return str(part.get("name") or part.get("kind") or part.get("code") or "")


def _text(value: object) -> str:
    if value is None or value is False:
        return ""
    if value is True:
        return "yes"
    if isinstance(value, dict):
        return "; ".join(f"{_say(key)}: {_text(part)}" for key, part in value.items() if _text(part))
    if isinstance(value, list):
        return "\n".join(_text(part) for part in value)
    return str(value)


def _say(key: str) -> str:
    return key.replace("_", " ")
