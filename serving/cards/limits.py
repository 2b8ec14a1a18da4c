"""Limits of a miniature: what it was not measured on, in sentences that follow from its rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from evaluation.evaluations import tables
from review.states import Split
from training.models import Miniature

# Of one split: its name, the miniature's name among the systems, and the evaluation's summary.
Measured = tuple[str, str, Mapping[str, Any]]


def sentences(miniature: Miniature, measured: Sequence[Measured], data: Mapping[str, Any]) -> list[str]:
    return [
        *_measured_on(measured),
        *_language_and_length(miniature),
        *_forgetting(measured),
        *_data_since(data),
        *(["Probabilities of its labels are not calibrated."] if miniature.run.is_classifier else []),
    ]


def _measured_on(measured: Sequence[Measured]) -> Iterator[str]:
    if not measured:
        yield "It was not evaluated, so it has no score."
        return
    if Split.TEST not in {split for split, _, _ in measured}:
        yield "The test split was not opened for it: scores are on validation records, by which runs are chosen."
    for split, _, summary in measured:
        if summary.get("is_exploratory"):
            yield (
                f"Scores on {split} records are exploratory: they came after the planned openings and give no verdict."
            )
    yield "Measured on held-out records of this task's own sources, and on nothing else."


def _language_and_length(miniature: Miniature) -> Iterator[str]:
    language = miniature.run.task_version.spec.language
    yield f"The task is in the language '{language}'; other languages were not measured."
    if length := miniature.student.context_length:
        yield f"Its base holds {length:,} tokens of prompt and answer together; what is longer is refused."
    else:
        yield "How many tokens its base holds is not recorded."
    yield "Slices by length were not measured."


def _forgetting(measured: Sequence[Measured]) -> Iterator[str]:
    for split, tuned, summary in measured:
        lines = {line["name"]: line for line in tables.forgetting(dict(summary))}
        line = lines.get(tuned)
        if line and line["change"]:
            interval = f" ({line['interval']})" if line["interval"] else " (no interval)"
            amber = f" {line['words']}." if line["words"] else ""
            yield (
                "Forgetting, loss on a general text against the base: "
                f"{line['change']}{interval}, with the {split} scores.{amber}"
            )
            return
    yield "Forgetting was not measured."


def _data_since(data: Mapping[str, Any]) -> Iterator[str]:
    for kind in ("revoked", "erased"):
        if n := data.get(f"{kind}_rows"):
            yield f"{n:,} of the rows it may have learnt from {'was' if n == 1 else 'were'} {kind} since."
    synthetic = sum(source["rows"] for source in data.get("sources") or [] if source.get("is_synthetic"))
    if synthetic:
        yield f"{synthetic:,} rows are of records that a teacher made up."
