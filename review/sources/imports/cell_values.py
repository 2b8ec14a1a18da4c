"""One cell to one fact, by the type of its field. Pure Python; what it cannot read it says in a sentence."""

from __future__ import annotations

import ast
import json
import math
import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from review.sources.imports.cell_dates import day_of, day_of_number
from review.sources.imports.cell_flags import flag_of
from review.sources.imports.cell_texts import text_of, worded
from review.spec import numbers
from review.spec.numbers import GREATEST_INTEGER
from review.spec.schema import InputField, Label, OutputItem
from review.spec.values import label_of, normalise_text, out_of_range
from web import strict_json
from web.strict_json import WrittenFloat

# MAX_LONG_CHARS: of a document, a conversation or an object.
MAX_CHARS, MAX_LONG_CHARS = 20_000, 200_000
PAGE = "\f"
ROLES = ("system", "user", "assistant", "tool")
_ROLES = {"developer": "system", "function": "tool"}
# A list of texts as pandas writes it into CSV: of Python, or of numpy without commas.
_ESCAPED = r"\\(?:[\\'\"nrt]|x[0-9a-f]{2}|u(?!d[89a-f])[0-9a-f]{4})"
_PYTHON_TEXT = re.compile(rf"'(?:[^'\\\n\r\0]|{_ESCAPED})*'|\"(?:[^\"\\\n\r\0]|{_ESCAPED})*\"|None")
_PYTHON_LIST = re.compile(rf"\[\s*(?:{_PYTHON_TEXT.pattern})(?:[\s,]+(?:{_PYTHON_TEXT.pattern}))*\s*\]")
# Labels in marks, as Mailchimp writes them; a sentence in marks is quoted.
_MARKED = re.compile(r'(?:(?:^|,)"[^",;.!?\n]{1,60}")+')


class Notation(NamedTuple):
    """Format of numbers and dates in a file.

    Attributes:
        decimal: `.` or `,`.
        dates: Which comes first in 03/04/2026, `dmy` or `mdy`; empty where such a date is not taken.
    """

    decimal: str = "."
    dates: str = ""


PLAIN = Notation()


def read_value(field: InputField, value: object, notation: Notation = PLAIN) -> Any:
    """Bring a cell to the type of its field.

    Returns:
        The fact, or None where the cell is empty: text, int or float, ISO date, address, bool, label, a list of texts
        or labels, an object or a list of them, a document (pages parted by form feeds), or a conversation as a list of
        `{role, content}`.

    Raises:
        ValueError: Says what was found and what is wanted.
    """
    # Most cells by far.
    if field.type == "text" and isinstance(value, str):
        return _bounded(normalise_text(value), MAX_CHARS) or None
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    kind = field.value_type
    if read := _OF_PARTS.get(field.type):
        return read(field, value)
    if isinstance(value, dict):
        raise ValueError("is a JSON object, expected a plain value")
    if field.type == "list":
        return _list(value)
    if isinstance(value, list):
        if any(isinstance(part, (dict, list)) for part in value):
            raise ValueError(of_objects(value))
        value = "; ".join(filter(str.strip, map(text_of, value)))
        if not value:
            return None
    if kind.is_number:
        return _in_range(field, (_integer if kind.json == "integer" else _number)(value, notation))
    if kind.control == "flag":
        return _boolean(value)
    text = _bounded(normalise_text(text_of(value)), MAX_CHARS)
    if kind.control == "label":
        return _label(field.labels, text)
    if field.type == "date":
        return _date(text, notation)
    return _url(text) if field.type == "url" else (text or None)


def read_written(field: OutputItem, value: object, notation: Notation = PLAIN) -> Any:
    """Bring a cell to what was written in a field, as near as its type tells; the schema has the last word.

    Raises:
        ValueError: Says what was found and what is wanted.
    """
    kind, value = field.value_type, worded(field, value)
    if isinstance(value, list):
        value = [part for part in value if part is not None]
    if field.type == "text" and isinstance(value, list) and any(isinstance(part, (dict, list)) for part in value):
        raise ValueError(of_objects(value))
    if kind.is_number and isinstance(value, WrittenFloat):
        return numbers.read(value.digits)
    if kind.control == "flag" and isinstance(value, int | float):
        return _boolean(value)
    if kind.is_prose or not isinstance(value, str) or not value.strip():
        return value
    if field.items:
        return worded(field, _json(value, field.type))
    if kind.is_many:
        return [value] if label_of(field.labels, value) else _list(value, field.labels)
    if kind.is_number:
        return _number(value, notation)
    if kind.control == "flag":
        return _boolean(value)
    return _date(value.strip(), notation) if field.type == "date" else value


def _bounded(text: str, most: int) -> str:
    if len(text) > most:
        raise ValueError(f"has {len(text):,} characters; {most:,} is the limit")
    return text


def _label(labels: Sequence[Label], text: str) -> str:
    if (label := label_of(labels, text)) is None:
        raise ValueError(
            f"is '{_short(text)}', which is none of its labels: {', '.join(each.name for each in labels[:30])}"
        )
    return label


def _choices(field: InputField, value: object) -> list[str] | None:
    if isinstance(value, str) and (label := label_of(field.labels, value)):
        return [label]
    chosen = {_label(field.labels, text) for text in _list(value, field.labels) or []}
    return [label.name for label in field.labels if label.name in chosen] or None


def _object(field: InputField, value: object) -> dict[str, Any] | list[dict[str, Any]] | None:
    loaded = _json(value, "object") if isinstance(value, str) else value
    parts = [part for part in (loaded if isinstance(loaded, list) else [loaded]) if isinstance(part, dict)]
    if len(parts) < (len(loaded) if isinstance(loaded, list) else 1):
        raise ValueError("is neither a JSON object nor a list of objects")
    _bounded(json.dumps(loaded), MAX_LONG_CHARS)
    kept = [{name: _kept(inner) for name, inner in part.items()} for part in parts]
    return (kept or None) if isinstance(loaded, list) else kept[0]


def _kept(value: object) -> Any:
    """A value inside an object; a number that would lose digits becomes a text."""
    if isinstance(value, dict):
        return {name: _kept(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_kept(inner) for inner in value]
    if not isinstance(value, WrittenFloat):
        return value
    try:
        return numbers.read(value.digits)
    except ValueError:
        return value.digits


def _conversation(field: InputField, value: object) -> list[dict[str, str]] | None:
    loaded = _json(value, "list") if isinstance(value, str) else value
    if not isinstance(loaded, list):
        raise ValueError("is not a list of messages")
    turns = [_turn(turn, number) for number, turn in enumerate(loaded, 1)]
    _bounded("".join(turn["content"] for turn in turns), MAX_LONG_CHARS)
    return turns or None


def _turn(turn: object, number: int) -> dict[str, str]:
    if not isinstance(turn, dict) or not isinstance(turn.get("content"), str):
        raise ValueError(f"has a message {number} without a role and a text as its content")
    role = _ROLES.get(str(turn.get("role")), str(turn.get("role")))
    if role not in ROLES:
        raise ValueError(f"has a message {number} of role '{_short(role)}', expected {', '.join(ROLES)}")
    return {"role": role, "content": normalise_text(turn["content"])}


def _document(field: InputField, value: object) -> str | None:
    pages = value if isinstance(value, list) else str(value).split(PAGE)
    if isinstance(value, dict) or not all(isinstance(page, str) for page in pages):
        raise ValueError("is neither a text nor a list of pages")
    # Blank pages inside stay, so that a page's number is that of the paper.
    text = PAGE.join(normalise_text(page) for page in pages).rstrip(PAGE)
    return _bounded(text, MAX_LONG_CHARS) if text.strip() else None


_OF_PARTS: dict[str, Callable[[InputField, Any], Any]] = {
    "choices": _choices,
    "object": _object,
    "conversation": _conversation,
    "document": _document,
}


def _json(value: str, kind: str) -> Any:
    try:
        return strict_json.loads(value, number=strict_json.written)
    except ValueError:
        raise ValueError(f"holds no JSON {kind}") from None


def _integer(value: object, notation: Notation) -> int:
    number = _number(value, notation)
    if number != int(number):
        raise ValueError(f"is '{_short(value)}', expected a whole number")
    if abs(number) > GREATEST_INTEGER:
        raise ValueError(f"is '{_short(value)}', too large to be kept exactly")
    return int(number)


def _in_range(field: InputField, number: int | float) -> int | float:
    if reason := out_of_range(field, number):
        raise ValueError(reason)
    return number


def _number(value: object, notation: Notation) -> int | float:
    if isinstance(value, bool):
        raise ValueError(f"is '{value}', expected a number")
    if isinstance(value, int):
        return value
    if not isinstance(value, float):
        return numbers.read(str(value), notation.decimal)
    if isinstance(value, WrittenFloat):
        return numbers.read(value.digits)
    if math.isnan(value):
        raise ValueError("is NaN, which is not a number")
    if math.isinf(value):
        raise ValueError(f"is '{value}', too large for a number")
    return numbers.whole_or_not(value)


def _date(text: str, notation: Notation) -> str:
    if (day := day_of(text, notation.dates)) is None:
        told = day_of_number(text)
        mend = f"; it may be a spreadsheet's number of {told}: give the column a date format" if told else ""
        raise ValueError(f"is '{_short(text)}', expected a date such as 2026-05-03 or 3 May 2026{mend}")
    return day.isoformat()


def _url(text: str) -> str:
    try:
        parts = urlsplit(text if "://" in text else f"https://{text}")
        # A mail address is none of a site.
        is_address = parts.scheme in {"http", "https"} and "." in (parts.hostname or "") and "@" not in parts.netloc
    except ValueError:
        is_address = False
    if not is_address or re.search(r"\s", text):
        raise ValueError(f"is '{_short(text)}', expected an address such as https://example.com")
    return text


def _boolean(value: object) -> bool:
    if (flag := flag_of(str(numbers.whole_or_not(value) if isinstance(value, float) else value))) is None:
        raise ValueError(f"is '{_short(value)}', expected yes or no")
    return flag


def _list(value: object, labels: Sequence[Label] = ()) -> list[str] | None:
    parts = _parts(value) if isinstance(value, str) else value if isinstance(value, list) else [value]
    if labels and isinstance(value, str):
        parts = [each for part in parts for each in _by_comma(labels, text_of(part))]
    if any(isinstance(part, (dict, list)) for part in parts):
        raise ValueError(of_objects(parts))
    return [text for part in parts if (text := normalise_text(text_of(part)))] or None


def _by_comma(labels: Sequence[Label], part: str) -> list[str]:
    inner = part.split(",")  # As Notion and Google Forms part labels; one may have a comma in its name too.
    return inner if all(label_of(labels, text) for text in inner) else [part]


def of_objects(value: list[Any]) -> str:
    """Return the fault of a list of objects; a list of messages is named a conversation."""
    if all(isinstance(part, dict) and "role" in part for part in value):
        return f"is a conversation of {len(value)} messages, expected a text"
    return "is a list of objects, expected a list of plain values"


def _parts(text: str) -> list[Any]:
    if _MARKED.fullmatch(text.strip()):
        return re.findall(r'[^",]+', text)
    if text.lstrip().startswith("["):
        with suppress(ValueError):
            if isinstance(loaded := strict_json.loads(text, number=strict_json.written), list):
                return loaded
        if _PYTHON_LIST.fullmatch(text.strip()):
            return [ast.literal_eval(part[0]) for part in _PYTHON_TEXT.finditer(text)]
    return re.split(r"\s*[;|\n]\s*", text)


def _short(value: object) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= 40 else f"{text[:39]}…"
