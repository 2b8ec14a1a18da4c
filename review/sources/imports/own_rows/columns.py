"""Types and uses of columns, by a few rows: a fact, the answer, its author, or nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice, pairwise
from typing import Any, Final

from review.sources.imports import notation
from review.sources.imports.cell_texts import text_of
from review.sources.imports.cell_values import Notation
from review.sources.imports.choices import AS_FOUND
from review.sources.imports.column_mapping import TargetField
from review.sources.imports.logs.slot_names import field_name, free_name
from review.sources.imports.own_rows.column_types import FIELDS, types_of
from review.sources.imports.tables import Row, RowSource
from review.spec.schema import InputField
from review.spec.value_types import TYPES

# Rows that types are told by; the import reads them all.
MOST_ROWS: Final = 2_000
FACT, ANSWER, MODEL, SPLIT, OUT = "fact", "answer", "model", "split", ""
# Names of columns that answer, the surer ones first: where one of a line is there, the next line is not looked at.
_ANSWERS = (
    frozenset(
        re.findall(
            r"\w+",
            "answer output response completion reply label target gold expected prediction summary translation "
            "antwort ausgabe zusammenfassung reponse etiquette respuesta risposta antwoord",
        )
    ),
    frozenset(
        re.findall(
            r"\w+",
            "category class classification topic intent sentiment tag tags priority urgent urgency spam toxic "
            "supported kategorie klasse thema dringend categorie categoria etiqueta classe",
        )
    ),
)
_MODELS, _SPLITS = frozenset({"model", "llm", "model_name"}), frozenset({"split", "subset", "partition"})
# A subject and a text are a mail that was written where it also stands to whom; else they are a message that came in.
_MAIL, _RECIPIENTS = (
    frozenset({"subject", "body"}),
    frozenset({"company", "prospect", "sector", "industry", "recipient"}),
)
# Types of facts alone, which an answer writes as a text.
AS_TEXT = frozenset({"document", "url", "conversation"})
_EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the rows.

    Attributes:
        name: As the file has it.
        field: As the task calls it.
        use: `fact`, `answer`, `model` (who wrote it), `split`, or empty for one that stays out.
        kind: Its type; empty where its values are lists of objects, `fields` where each is a whole answer, which can
            only be an answer.
        kinds: All types that its values fit.
        values: Its values that are not empty.
    """

    name: str
    field: str
    use: str
    kind: str
    kinds: tuple[str, ...]
    values: tuple[Any, ...]
    is_full: bool

    @property
    def examples(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(map(text_of, self.values)))[:_EXAMPLES]


@dataclass(frozen=True, slots=True)
class _Head:
    """The first rows of a file, to be looked through more than once."""

    columns: tuple[str, ...]
    held: tuple[Row, ...]
    delimiter: str

    def rows(self) -> Iterator[Row]:
        return iter(self.held)


def columns_of(table: RowSource) -> tuple[Column, ...]:
    """Return the columns of a file with their types and uses, by its first rows and the columns' names.

    Raises:
        Refusal: The file cannot be read.
    """
    head = _Head(table.columns, tuple(islice(table.rows(), MOST_ROWS)), getattr(table, "delimiter", ""))
    written = _notation_of(head)
    whole = [row.values for row in head.held if not row.problem]
    columns, taken = [], list[str]()
    for name in table.columns:
        values = tuple(value for row in whole if (value := row.get(name)) not in (None, "", [], {}) and _is_said(value))
        kinds = types_of(values, written)
        field = free_name(field_name(name) or "column", taken)
        taken.append(field)
        kind = _kind_of_fact(kinds)
        columns.append(Column(name, field, FACT, kind, kinds, values, len(values) == len(whole)))
    return _with_uses(columns)


def changed(columns: Sequence[Column], uses: Mapping[str, str], kinds: Mapping[str, str]) -> tuple[Column, ...]:
    """Columns with uses and types that a person chose, by the columns' names.

    A type that its values do not fit is not taken.
    """
    result = []
    for column in columns:
        use = uses.get(column.name, column.use)
        kind = kinds.get(column.name, "")
        is_unfit = kind not in column.kinds or (kind == FIELDS and use != ANSWER)
        if is_unfit or (use != column.use and kind == column.kind):
            kind = column.kind if use == column.use else _kind_for(use, column)
        result.append(replace(column, use=use, kind=kind))
    return tuple(result)


def _notation_of(head: _Head) -> Notation:
    numbers = [TargetField(name, name, False, False, InputField(name="x", type="number")) for name in head.columns]
    days = [TargetField(name, name, False, False, InputField(name="x", type="date")) for name in head.columns]
    mapping = {name: name for name in head.columns}
    decimal = notation.find(head, mapping, numbers, AS_FOUND).notation.decimal
    return Notation(decimal, notation.find(head, mapping, days, AS_FOUND).dates)


def _is_said(value: object) -> bool:
    return not isinstance(value, str) or bool(value.strip())


def _with_uses(columns: Sequence[Column]) -> tuple[Column, ...]:
    """Columns whose names say that they are the answer, the model or the split.

    Else a last column of labels answers.
    """
    used_columns = [
        replace(column, use=MODEL if column.field in _MODELS else SPLIT if column.field in _SPLITS else column.use)
        for column in columns
    ]
    free = [column for column in used_columns if column.use in (FACT, OUT) and column.values]
    answers: list[Column] = []
    for words in _ANSWERS:
        answers = answers or [column for column in free if _is_called(column, words)]
    answers += _labels_beside(answers, free)
    last = free[-1] if len(free) > 1 else None
    if not answers and last and (last.kinds[:1] in ((FIELDS,), ()) or _is_label(last)):
        answers = [last]
    names = {column.field for column in free}
    if not answers and names >= _MAIL and names & _RECIPIENTS:
        answers = [column for column in free if column.field in _MAIL]
    if not [column for column in free if column.use == FACT and column not in answers]:
        answers = answers[1:]
    names = {column.name for column in answers}
    return tuple(
        replace(column, use=ANSWER, kind=_kind_for(ANSWER, column)) if column.name in names else column
        for column in used_columns
    )


def _is_label(column: Column) -> bool:
    return any(TYPES[kind].is_picked for kind in column.kinds[:1] if kind in TYPES)


def _is_called(column: Column, words: frozenset[str]) -> bool:
    parts = column.field.split("_")
    return bool({parts[0], parts[-1]} & words)


def _labels_beside(chosen: Sequence[Column], free: Sequence[Column]) -> list[Column]:
    """Return label columns with an answer's less sure name that stand in one row with the answers: they answer too."""
    names, labels = {column.name for column in chosen}, list[Column]()
    for line in (free, free[::-1]):
        for before, column in pairwise(line):
            if (
                before.name in names
                and column.name not in names
                and _is_label(column)
                and _is_called(column, _ANSWERS[1])
            ):
                names.add(column.name)
                labels.append(column)
    return labels


def _kind_for(use: str, column: Column) -> str:
    if use == ANSWER:
        best = column.kinds[0] if column.kinds else ""
        return "text" if best in AS_TEXT else best
    return _kind_of_fact(column.kinds)


def _kind_of_fact(kinds: Sequence[str]) -> str:
    """A label among the facts would refuse what no example says, so that a person has to ask for it."""
    return next((kind for kind in kinds if kind != FIELDS and not TYPES[kind].has_labels), "")
