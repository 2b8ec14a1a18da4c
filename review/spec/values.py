"""Values of a draft in their normal form, by the task's output. Pure Python."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from review.spec.numbers import GREATEST_INTEGER, whole_or_not
from review.spec.schema import Fields, InputField, Label, OutputField, OutputItem

# Most text that comes is tidy already, and is read many times: two quick searches tell.
_UNTIDY = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u2028\u2029]")
# Looked for from its end: the search leaps from one line end to the next.
_BLANK_BEFORE_LINE_END = re.compile(r"\n(?<=[^\S\n]\n)")
_LINE_ENDS = re.compile(r"\r\n?|[\u2028\u2029]")
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_NUMBER = re.compile(r"[+-]?\d{1,40}(\.\d{1,40})?([eE][+-]?\d{1,3})?")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_SAID = {"true": True, "yes": True, "false": False, "no": False}
TEXTS = frozenset({"text", "quote"})


def as_word(value: object) -> str:
    """Return a fact as text: yes, no, or its words with single blanks; empty where it is missing or no single value."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return " ".join(str(value).split()) if isinstance(value, (str, int)) else ""


def normalise_text(value: str) -> str:
    """One line ending, no control characters but tab and newline, no blanks at line ends or around the text."""
    if _is_tidy(value):
        return value
    text = _CONTROLS.sub("", _LINE_ENDS.sub("\n", value))
    return "\n".join(line.rstrip() for line in text.split("\n")).strip("\n ").strip()


def _is_tidy(text: str) -> bool:
    at_an_end = text[:1].isspace() or text[-1:].isspace()
    return not (at_an_end or _UNTIDY.search(text) or _BLANK_BEFORE_LINE_END.search(text))


def normalise_fields(schema: tuple[OutputField, ...], fields: Fields) -> Fields:
    """Bring the fields of a draft into schema order and normal form.

    Returns:
        A new dict with exactly the schema's fields; a missing optional one is "" (texts), [] (lists) or None.

    Raises:
        ValueError: A required field is missing or empty, a field is unknown, or a value is not of its type: a label
            that is none, a number outside its range or not finite, a date that is none. Says which, and what is allowed.
    """
    if unknown := fields.keys() - {field.name for field in schema}:
        names = ", ".join(field.name for field in schema)
        raise ValueError(f"unknown field '{min(unknown)}'; the task knows {names}")
    normal = {field.name: normalise_value(field, fields.get(field.name), f"field '{field.name}'") for field in schema}
    for field in schema:
        if field.role == "subject":
            normal[field.name] = " ".join(normal[field.name].split())
    return normal


def normalise_value(field: OutputItem, value: object, where: str) -> Any:
    """Bring one value into the normal form of its field.

    Args:
        field: What it is to be.
        value: As it came: from JSON, a form or a cell of a table; numbers, dates and yes or no may be texts.
        where: How errors name it, such as `field 'amount'`.

    Raises:
        ValueError: Names the place, what stands there, and what may.
    """
    empty: Any = "" if field.type in TEXTS else [] if field.type in ("list", "choices") else None
    if isinstance(value, str):
        is_empty = not value or value.isspace()
    else:
        is_empty = value in (None, []) or _is_left_out(field, value)
    normal = empty if is_empty else _NORMAL[field.type](field, value, where)
    # Who changes a label need not write why: what a teacher reasoned for another one is then left out.
    is_needed = field.required and not (isinstance(field, OutputField) and field.role == "reasoning")
    if is_needed and normal == empty:
        raise ValueError(f"{where} is empty; it is required")
    return normal


def _is_left_out(field: OutputItem, value: object) -> bool:
    """Return whether all known parts of an optional object are empty, as an untouched form sends it."""
    if field.type != "object" or field.required or not isinstance(value, dict):
        return False
    return value.keys() <= {item.name for item in field.items} and all(
        part in (None, "", []) or _is_left_out(item.model_copy(update={"required": False}), part)
        for item in field.items
        if (part := value.get(item.name)) is not None
    )


def _text(field: OutputItem, value: object, where: str) -> str:
    if not isinstance(value, str):
        # Parts of a list's element may come as numbers, from a table or a model.
        if isinstance(field, OutputField) or isinstance(value, (list, dict)):
            raise ValueError(f"{where} is {type(value).__name__}, expected text")
        value = str(value)
    return normalise_text(value)


def _list(field: OutputItem, value: object, where: str) -> list[Any]:
    if not isinstance(value, list):
        raise ValueError(f"{where} is {type(value).__name__}, expected a list")
    if field.items:
        return [_object(field, element, f"{where}, element {index}") for index, element in enumerate(value, 1)]
    for index, element in enumerate(value, 1):
        if not isinstance(element, str):
            raise ValueError(f"{where}, element {index} is {type(element).__name__}, expected text")
    return [text for text in map(normalise_text, value) if text]


def _object(field: OutputItem, value: object, where: str) -> dict[str, Any]:
    names = [item.name for item in field.items]
    if not isinstance(value, dict):
        raise ValueError(f"{where}: expected an object with {', '.join(names)}")
    if extra := sorted(set(value) - set(names)):
        raise ValueError(f"{where}: unknown part '{extra[0]}'; there is {', '.join(names)}")
    return {
        item.name: normalise_value(item, value.get(item.name), f"{where}, part '{item.name}'") for item in field.items
    }


def _choice(field: OutputItem, value: object, where: str) -> str:
    label = label_of(field.labels, value) if isinstance(value, str) else None
    if label is None:
        raise ValueError(f"{where} is {_short(value)}, which is none of its labels: {_names(field.labels)}")
    return label


def _choices(field: OutputItem, value: object, where: str) -> list[str]:
    given = value if isinstance(value, list) else [value]
    chosen = {_choice(field, each, where) for each in given}
    return [label.name for label in field.labels if label.name in chosen]


def label_of(labels: Sequence[Label], text: str) -> str | None:
    """Return the label that a text names, letter case and blanks aside; None where it names none."""
    wanted = " ".join(text.split()).casefold()
    return next((label.name for label in labels if " ".join(label.name.split()).casefold() == wanted), None)


def _integer(field: OutputItem, value: object, where: str) -> int:
    number = _number_in(value, where)
    if number != int(number):
        raise ValueError(f"{where} is {_short(value)}, expected a whole number")
    # A whole number that JSON readers elsewhere cannot hold exactly would change on its way.
    if abs(number) > GREATEST_INTEGER:
        raise ValueError(f"{where} is {_short(value)}, which is too large to be kept exactly")
    return int(_in_range(field, number, where))


def _number(field: OutputItem, value: object, where: str) -> int | float:
    number = _in_range(field, _number_in(value, where), where)
    if field.decimals is not None and round(number, field.decimals) != number:
        raise ValueError(f"{where} is {_short(value)}; at most {field.decimals} decimals are allowed")
    return whole_or_not(number) if isinstance(number, float) else number


def _number_in(value: object, where: str) -> int | float:
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        text = value.strip()
        value = float(text) if set(text) & set(".eE") else int(text)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError(f"{where} is {_short(value)}, expected a number")
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{where} is {_short(value)}, expected a finite number")
    return value


def _in_range(field: OutputItem, number: int | float, where: str) -> int | float:
    if reason := out_of_range(field, number):
        raise ValueError(f"{where} {reason}")
    return number


def out_of_range(field: InputField | OutputItem, number: float) -> str:
    """Say how a number lies outside the range of its field; empty where it lies inside."""
    if field.minimum is not None and number < field.minimum:
        return f"is {number:.15g}, below its least value {field.minimum:.15g}"
    if field.maximum is not None and number > field.maximum:
        return f"is {number:.15g}, above its greatest value {field.maximum:.15g}"
    return ""


def _boolean(field: OutputItem, value: object, where: str) -> bool:
    said = _SAID.get(value.strip().casefold()) if isinstance(value, str) else value
    if not isinstance(said, bool):
        raise ValueError(f"{where} is {_short(value)}, expected true or false")
    return said


def _date(field: OutputItem, value: object, where: str) -> str:
    text = value.strip() if isinstance(value, str) else ""
    try:
        return date.fromisoformat(text).isoformat() if _DATE.fullmatch(text) else _no_date(value, where)
    except ValueError:
        return _no_date(value, where)


def _no_date(value: object, where: str) -> str:
    raise ValueError(f"{where} is {_short(value)}, expected a day such as 2026-01-31")


_NORMAL: dict[str, Callable[[OutputItem, Any, str], Any]] = {
    "text": _text,
    "quote": _text,
    "list": _list,
    "object": _object,
    "choice": _choice,
    "choices": _choices,
    "integer": _integer,
    "number": _number,
    "boolean": _boolean,
    "date": _date,
}


def _short(value: object) -> str:
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= 60 else f"{text[:57]}…"


def _names(labels: Sequence[Label]) -> str:
    names = [label.name for label in labels]
    return ", ".join(names[:20]) + (f" and {len(names) - 20} more" if len(names) > 20 else "")
