"""Exports of annotation tools as plain rows: a text with the answers that one annotator gave. Knows nothing of tasks.

A tool's module has `NAME`; `KEYS`, sets of columns of which its files have one; `fits`, which tells its records; and
`read`, which yields a record's facts, an annotator's answers, and what else was said of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from types import ModuleType
from typing import Any

from review.sources.imports.annotated import argilla, brat, doccano, label_studio, prodigy
from review.sources.imports.tables import Table, check_columns, open_table
from web.errors import Refusal

_TOOLS: tuple[ModuleType, ...] = (label_studio, argilla, doccano, prodigy, brat)
_LOOK_AT = 50


def open_export(path: Path, *, is_judged: bool = False, **choices: Any) -> Table:
    """Open a file; of an annotation tool's export each annotator's answers to a text are a row.

    Args:
        is_judged: The answers are verdicts, so that who gave them and when are columns too, texts without any are no
            rows, and marked places are the one label that all of them have; doccano's are bad rows.

    Raises:
        Refusal: As `open_table` and `check_columns`; `no_verdicts` where nothing in it was judged.
    """
    table = open_table(path, **choices)
    if (tool := _tool_of(table, is_judged=is_judged)) is None:
        return table.opened() if is_judged else table
    # Answers, and whether each is one label in a list.
    single = dict[str, bool]()

    def read(record: dict[str, Any]) -> Iterator[dict[str, Any]]:
        if not tool.fits(record):
            raise ValueError(f"is not of the shape of {tool.NAME}'s records")
        for facts, answers, more in tool.read(record):
            if is_judged and tool is doccano and any(_has_objects(answer) for answer in answers.values()):
                raise ValueError("its labels are spans, expected one label for the text")
            held = {name: _alone(value) if is_judged or single.get(name) else value for name, value in answers.items()}
            if is_judged and tool is label_studio:
                held = {name: _label_of(value) for name, value in held.items()}
            if not is_judged or more or any(answers.values()):
                yield {**facts, **held, **(more if is_judged else {})}

    columns, relations = dict[str, None](), 0
    for row in table.rows():
        relations += 0 if row.problem or not tool.fits(row.values) else _relations(tool, row.values)
        try:
            for facts, answers, more in () if row.problem or not tool.fits(row.values) else tool.read(row.values):
                columns |= dict.fromkeys({**facts, **answers, **(more if is_judged else {})})
                for name, value in answers.items():
                    single[name] = single.get(name, True) and _alone(value) is not value
        except ValueError:
            continue
    check_columns(columns)
    answers = frozenset() if is_judged else frozenset(single)
    table = replace(table, tool=tool.NAME, columns=tuple(columns), cells=table.columns, answers=answers, reader=read)
    table = replace(table, relations=relations)
    if is_judged and next(table.rows(), None) is None:
        message = f"This is an export of {tool.NAME} in which nothing was judged."
        raise Refusal("no_verdicts", message, hint="Export it again with annotations.")
    return table


def _relations(tool: ModuleType, record: dict[str, Any]) -> int:
    return tool.relations_of(record) if tool in (label_studio, brat) else 0


def _tool_of(table: Table, *, is_judged: bool) -> ModuleType | None:
    names, fit = set(table.columns), any if is_judged else all
    fitting = [each for each in _TOOLS if any(keys <= names for keys in each.KEYS)]
    tools = [each for each in fitting if (each is brat) == (table.format == "zip")]
    if is_judged:
        tools = [] if table.format == "csv" else [label_studio, argilla, doccano]
    samples = [row.values for row in islice(table.rows(), _LOOK_AT) if not row.problem] if tools else []
    fits = [tool for tool in tools if samples and fit(map(tool.fits, samples))]
    return next((tool for tool in fits if is_judged or tool is not doccano or doccano.are_sure(samples)), None)


def _has_objects(answer: object) -> bool:
    return isinstance(answer, list) and any(isinstance(part, dict) for part in answer)


def _label_of(value: Any) -> Any:
    """The label that all marked places have; those with several, and anything else, as they are."""
    labels = [place.get("label") for place in value if isinstance(place, dict)] if isinstance(value, list) else []
    return labels[0] if labels and all(label == labels[0] for label in labels) else value


def _alone(value: Any) -> Any:
    """The one value of a list, or nothing of an empty one; a longer list, or one of marked places, as it is."""
    if not isinstance(value, list) or len(value) > 1 or _has_objects(value):
        return value
    return value[0] if value else ""
