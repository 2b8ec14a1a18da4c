"""Uses of columns by their names and types: a fact, the answer, its author, or nothing."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise
from statistics import median
from typing import Any

from review.sources.imports.cell_texts import text_of
from review.sources.imports.logs.answer_shape import shape_of
from review.sources.imports.own_rows import column_names
from review.sources.imports.own_rows.column_names import ANSWERS, BESIDE, MAIL, MODELS, RECIPIENTS, REPLIES, SPLITS
from review.sources.imports.own_rows.column_types import FIELDS, PARAGRAPHS
from review.sources.imports.read_rows import SPLIT_WORDS
from review.spec.value_types import TYPES

FACT, ANSWER, MODEL, SPLIT, OUT = "fact", "answer", "model", "split", ""
# Types of facts alone, which an answer writes as a text.
AS_TEXT = frozenset({"document", "url", "conversation"})
_EXAMPLES, _TITLE_CHARS = 3, 80
# So many columns of 0 and 1 side by side are labels, each with a column of its own.
_FEWEST_FLAGS = 3
# Whole numbers are codes of labels where they are few and each comes so often on average.
_MOST_CODES, _TIMES = 20, 5
# A day in any order, as before its time.
_DAY = re.compile(r"\d{1,4}([./-])\d{1,2}\1\d{1,4}\b")
# A number from 0 to 1, as programs write it.
_SHARE = re.compile(r"[01]|0?[.,]\d+|1[.,]0+|\d(?:\.\d+)?e-\d+")
_CODES = re.compile(r"-?\d+"), re.compile(r"-?\d+\.0")


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


def with_uses(columns: Sequence[Column], annotated: Collection[str] = ()) -> tuple[Column, ...]:
    """Columns whose names say that they are the answer, the model or the split.

    Else a last column of labels answers.

    Args:
        annotated: Columns that answer for certain, since an annotation tool filled them.
    """
    if annotated:
        filled = {column.name for column in columns if column.name in annotated and column.values}
        return changed(columns, dict.fromkeys(filled, ANSWER), {})
    used_columns = [
        replace(column, use=MODEL if column.field in MODELS else SPLIT if _is_split(column, columns) else column.use)
        for column in columns
    ]
    free = [column for column in used_columns if column.use == FACT and column.values and _fits_an_answer(column)]
    free = [column for place, column in enumerate(free) if not _is_title(column, free[:place], free[place + 1 :])]
    answers: list[Column] = []
    for words in ANSWERS:
        answers = answers or [
            column for column in free if _is_called(column, words) or column_names.is_made(column.field)
        ]
    for words in ANSWERS:
        answers = answers or [column for column in free if _is_called_of(column, words)]
    answers += _labels_beside(answers, free)
    answers += [column for column in _flags(answers, free) if column not in answers]
    judged = [each for each in answers if each.field in ("label", "labels") and _is_flag(each)]
    replies = [each for each in answers if each.field in REPLIES and each.kinds[:1] == ("text",)]
    if judged and replies and len(answers) == len(judged) + len(replies):
        answers = judged
    first, last = (free[0], free[-1]) if len(free) > 1 else (None, None)
    told = [column for column in used_columns if column.use == FACT and _differs(column)]
    if told and told[-1] not in free:
        last = None
    is_whole = last and last.kinds[:1] in ((FIELDS,), ()) and last.field.split("_")[-1] not in BESIDE
    if not answers and last and (is_whole or _is_last_label(last)):
        answers = [last]
    if not answers:
        answers = [column for column in (first, last) if column and _is_unnamed_label(column)][:1]
    names = {column.field for column in free}
    if not answers and names >= MAIL and names & RECIPIENTS:
        answers = [column for column in free if column.field in MAIL]
    if not answers and last and ((names & RECIPIENTS and _has_paragraphs(last)) or _is_asked(last)):
        answers = [last]
    if not [column for column in free if column.use == FACT and column not in answers]:
        answers = answers[1:]
    # A text that lost against the chosen one tells the answer, and so does another name of its label.
    is_pair = any("chosen" in column.field.split("_") for column in answers)
    lost = {column.name for column in free if is_pair and column_names.is_lost(column.field)}
    others = _other_names(answers, free)
    facts = {column.name for column in free if column not in answers}
    # A row is told by one fact at least.
    lost |= others if facts - others else _other_names(answers, answers)
    names = {column.name for column in answers} - lost
    return tuple(
        replace(column, use=ANSWER, kind=_kind_for(ANSWER, column))
        if column.name in names
        else replace(column, use=OUT if column.name in lost else column.use)
        for column in used_columns
    )


def _is_split(column: Column, columns: Sequence[Column]) -> bool:
    """Tell a split by its name, or by its words: `train` and others, where another column can answer."""
    words = {text_of(value).strip().casefold() for value in column.values}
    is_told = {"train"} < words <= SPLIT_WORDS.keys() and not is_named(column)
    others = [each for each in columns if each is not column]
    can_answer = any(is_named(each) or _is_label(each) or _are_codes(each) for each in others)
    return column.field in SPLITS or (is_told and can_answer)


def _is_label(column: Column) -> bool:
    return any(TYPES[kind].is_picked for kind in column.kinds[:1] if kind in TYPES)


def _is_last_label(column: Column) -> bool:
    is_day = all(_DAY.match(text_of(value).strip()) for value in column.values)
    return _is_label(column) and not is_day and (not column_names.is_key(column.field) or _is_few(column))


def _is_asked(column: Column) -> bool:
    return column_names.is_asked(column.field) and _is_flag(column) and "choice" in column.kinds


def _fits_an_answer(column: Column) -> bool:
    """Tell whether a type of answers holds the values; none holds lists of lists, deep objects or odd names."""
    return column.kinds not in ((), ("object",)) or shape_of(column.values, column.field) is not None


def _is_unnamed_label(column: Column) -> bool:
    return column_names.is_blank(column.field) and (_is_label(column) or _are_codes(column))


def _is_title(column: Column, before: Sequence[Column], after: Sequence[Column]) -> bool:
    """Tell a summary of a few words that stands before the text it is the title of."""
    if column.field not in column_names.SUMMARIES:
        return False
    chars, above, below = (max(map(_usual_chars, side), default=0.0) for side in ((column,), before, after))
    return chars <= _TITLE_CHARS and above <= chars < below


def _usual_chars(column: Column) -> float:
    return median(len(text_of(value)) for value in column.values)


def _is_called(column: Column, words: frozenset[str]) -> bool:
    fitting = words - column_names.PLURALS if _is_count(column) else words
    return column_names.is_called(column.field, column.name.rpartition(".")[2], fitting, is_few=_is_few(column))


def _is_called_of(column: Column, words: frozenset[str]) -> bool:
    """Tell a `sentiment_score` that differs from row to row."""
    stem, _, last = column.field.rpartition("_")
    return last in column_names.PROPERTIES and _differs(column) and _is_called(replace(column, field=stem), words)


def _differs(column: Column) -> bool:
    return len(set(map(text_of, column.values))) > 1


def _is_count(column: Column) -> bool:
    """Report whether numbers say how many a row has, as `number_of_answers` does; `labels` alone has codes."""
    is_number = column.kinds[:1] in (("integer",), ("number",))
    return is_number and column.field != "labels" and column_names.is_count(column.field)


def is_named(column: Column) -> bool:
    return any(_is_called(column, words) for words in ANSWERS) or column_names.is_made(column.field)


def _are_codes(column: Column) -> bool:
    """Report whether whole numbers stand for labels, as in `label` 0 and 1; a number of seats does not."""
    is_picked = column.kinds[:1] in (("integer",), ("number",)) and "choice" in column.kinds and _is_few(column)
    is_named = column_names.is_blank(column.field) or column_names.is_label(column.field)
    return is_picked and is_named and any(all(map(form.fullmatch, map(text_of, column.values))) for form in _CODES)


def _is_few(column: Column) -> bool:
    distinct = len({text_of(value) for value in column.values})
    return 2 <= distinct <= _MOST_CODES and distinct * _TIMES <= len(column.values)


def _other_names(answers: Sequence[Column], free: Sequence[Column]) -> set[str]:
    """Return columns that say in other words which label a row has: of `label` and `label_text` the number goes."""
    lost = set[str]()
    for answer in answers:
        for other in free:
            is_twin = other in answers or not {*answer.field.split("_")}.isdisjoint(other.field.split("_"))
            if other is answer or {answer.name, other.name} & lost or not (is_twin and _say_the_same(answer, other)):
                continue
            is_code = answer.field.endswith(("_id", "_code")) or not _is_label(answer)
            is_worse = other in answers and _is_label(other) and is_code
            lost.add((answer if is_worse else other).name)
    return lost


def _say_the_same(answer: Column, other: Column) -> bool:
    is_told = answer.is_full and other.is_full and (_is_label(answer) or _are_codes(answer))
    if not is_told or (_is_flag(answer) and _is_flag(other)):
        return False
    pairs = set(zip(map(text_of, answer.values), map(text_of, other.values), strict=True))
    sizes = {len(pairs), *(len(set(side)) for side in zip(*pairs, strict=True))}
    return len(sizes) == 1 and 2 <= len(pairs) <= len(answer.values) / _TIMES


def _labels_beside(chosen: Sequence[Column], free: Sequence[Column]) -> list[Column]:
    """Return label columns with an answer's less sure name that stand in one row with the answers: they answer too."""
    names, labels = {column.name for column in chosen}, list[Column]()
    standing = [column for column in free if column.name in names or not _is_count(column)]
    for line in (standing, standing[::-1]):
        for before, column in pairwise(line):
            is_beside = before.name in names and column.name not in names
            if is_beside and _is_label(column) and _differs(column) and _is_called(column, ANSWERS[1]):
                names.add(column.name)
                labels.append(column)
    return labels


def _flags(chosen: Sequence[Column], free: Sequence[Column]) -> list[Column]:
    """Return columns of 0 and 1, or mostly of shares between, side by side that answer.

    There are two answers among them, or without any they stand at the end; shares by a name that tells labels, and
    anywhere where half of them have such names.
    """
    names = {column.name for column in chosen}
    free = [column for column in free if not column_names.is_rate(column.field)]
    flags = [list(run) for is_run, run in groupby(free, key=_is_flag) if is_run]
    shares = [list(run) for is_run, run in groupby(free, key=lambda each: _is_flag(each) or _is_share(each)) if is_run]
    scores = [run for run in shares if sum(map(_is_share, run)) * 2 > len(run)]
    for run in (*scores, *flags):
        answering = sum(column.name in names for column in run)
        scored = sum(column_names.is_scored(column.field) for column in run)
        is_last = run[-1].name == free[-1].name and (run not in scores or scored > 0)
        if len(run) >= _FEWEST_FLAGS and (answering > 1 or (not chosen and (is_last or scored * 2 >= len(run)))):
            return run
    return []


def _has_paragraphs(column: Column) -> bool:
    return sum(PARAGRAPHS.search(text_of(value)) is not None for value in column.values) * 2 > len(column.values)


def _is_flag(column: Column) -> bool:
    return column.kinds[:1] == ("boolean",) or {text_of(value).strip() for value in column.values} <= {"0", "1"}


def _is_share(column: Column) -> bool:
    return column.kinds[:1] == ("number",) and all(_SHARE.fullmatch(text_of(value).strip()) for value in column.values)


def _kind_for(use: str, column: Column) -> str:
    if use == ANSWER:
        is_flag = column.kinds[:1] == ("integer",) and _is_flag(column)
        is_coded = _are_codes(column) or (is_flag and "choice" in column.kinds)
        best = "choice" if is_coded else column.kinds[0] if column.kinds else ""
        return "text" if best in AS_TEXT else best
    return kind_of_fact(column.kinds)


def kind_of_fact(kinds: Sequence[str]) -> str:
    """A label among the facts would refuse what no example says, so that a person has to ask for it."""
    return next((kind for kind in kinds if kind != FIELDS and not TYPES[kind].has_labels), "")
