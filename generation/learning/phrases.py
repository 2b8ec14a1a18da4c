"""Runs of words that experts take out and never leave in: what a draft had, what its edit kept. Pure; counts decisions.

A run counts once a decision, however often it stands there. Runs that hold a word of the record's facts or a number are
left alone: they are matters of fact, not of style.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from generation.learning.cases import Case
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
