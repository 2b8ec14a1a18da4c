"""Normal form of a draft's values by the task's output schema, with numbers as a person typed them. Pure Python."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from review.spec import numbers
from review.spec.numbers import GREATEST_INTEGER, whole_or_not
from review.spec.paths import as_text, leaves
from review.spec.schema import Fields, OutputItem

if TYPE_CHECKING:
    from review.spec.schema import Fields, InputField, Label, OutputField, OutputItem

# Most texts are in normal form already and are read many times, so two quick searches come first.
_UNTIDY = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u2028\u2029]")
# Matched at line ends: the search leaps from one to the next.
_BLANK_BEFORE_LINE_END = re.compile(r"\n(?<=[^\S\n]\n)")
_LINE_ENDS = re.compile(r"\r\n?|[\u2028\u2029]")
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_CONTROL_BYTES = bytes([*range(9), *range(11, 32), 127])
_NUMBER = re.compile(r"[+-]?\d{1,40}(\.\d{1,40})?([eE][+-]?\d{1,3})?")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_SAID = {"true": True, "yes": True, "false": False, "no": False}


def as_word(value: object) -> str:
    """Return a fact as text: yes, no, or words with single blanks; empty where missing or no single value."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return " ".join(str(value).split()) if isinstance(value, (str, int)) else ""


def folded(text: str) -> str:
    """Return a text for comparison: letters composed, and neither case nor blanks kept."""
    return " ".join(unicodedata.normalize("NFC", text).casefold().split())


def normalise_text(value: str) -> str:
    """Normalise line ends, and remove control characters (except tab), blanks at line ends and around the text."""
    if _is_tidy(value):
        return value
    text = _CONTROLS.sub("", _LINE_ENDS.sub("\n", value))
    return "\n".join(line.rstrip() for line in text.split("\n")).strip("\n ").strip()


def _is_tidy(text: str) -> bool:
    at_an_end = text[:1].isspace() or text[-1:].isspace()
    return not (at_an_end or _has_controls(text) or _BLANK_BEFORE_LINE_END.search(text))


def _has_controls(text: str) -> bool:
    if not text.isascii():
        return _UNTIDY.search(text) is not None
    # Several times faster than the pattern.
    plain = text.encode()
    return len(plain.translate(None, _CONTROL_BYTES)) < len(plain)


def normalise_fields(schema: tuple[OutputField, ...], fields: Fields) -> Fields:
    """Bring the fields of a draft into schema order and normal form.

    Returns:
        New dict with exactly the schema's fields; a missing optional one is "" (texts), [] (lists) or None.

    Raises:
        ValueError: A required field is missing or empty, a field is unknown, or a value is not valid: an unknown label,
            a number out of range, no date. Names the field and the allowed values.
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
        field: Field of the value.
        value: Value from JSON, a form or a cell; numbers, dates, yes and no may be texts.
        where: Name of the place in errors, such as `field 'amount'`.

    Raises:
        ValueError: Names the place, its value and the allowed values.
    """
    kind = field.value_type
    if isinstance(value, str):
        is_empty = not value or value.isspace()
    else:
        is_empty = value in (None, []) or _is_left_out(field, value)
    normal = kind.empty if is_empty else READERS[field.type](field, value, where)
    # An expert who changes a label need not write a reason; the teacher's reason for the old label is left out.
    is_needed = field.required and _role(field) != "reasoning"
    if is_needed and normal == kind.empty:
        raise ValueError(f"{where} is empty; it is required")
    return normal


def _role(field: OutputItem) -> str | None:
    """Return the role of an output field; None for a part, which has none."""
    return getattr(field, "role", None)


def _is_left_out(field: OutputItem, value: object) -> bool:
    """Return whether all known parts of an optional object are empty, as in an untouched form."""
    if field.type != "object" or field.required or not isinstance(value, dict):
        return False
    return value.keys() <= {item.name for item in field.items} and all(
        part in (None, "", []) or _is_left_out(item.model_copy(update={"required": False}), part)
        for item in field.items
        if (part := value.get(item.name)) is not None
    )


def read_text(field: OutputItem, value: object, where: str) -> str:
    if not isinstance(value, str):
        # Parts of a list's element may be numbers, from a table or a model.
        if _role(field) is not None or isinstance(value, (list, dict)):
            raise ValueError(f"{where} is {type(value).__name__}, expected text")
        value = str(value)
    return normalise_text(value)


def read_list(field: OutputItem, value: object, where: str) -> list[Any]:
    if not isinstance(value, list):
        raise ValueError(f"{where} is {type(value).__name__}, expected a list")
    if field.items:
        return [read_object(field, element, f"{where}, element {index}") for index, element in enumerate(value, 1)]
    for index, element in enumerate(value, 1):
        if not isinstance(element, str):
            raise ValueError(f"{where}, element {index} is {type(element).__name__}, expected text")
    return [text for text in map(normalise_text, value) if text]


def read_object(field: OutputItem, value: object, where: str) -> dict[str, Any]:
    names = [item.name for item in field.items]
    if not isinstance(value, dict):
        raise ValueError(f"{where}: expected an object with {', '.join(names)}")
    if extra := sorted(set(value) - set(names)):
        raise ValueError(f"{where}: unknown part '{extra[0]}'; there is {', '.join(names)}")
    return {
        item.name: normalise_value(item, value.get(item.name), f"{where}, part '{item.name}'") for item in field.items
    }


def read_choice(field: OutputItem, value: object, where: str) -> str:
    label = label_of(field.labels, value) if isinstance(value, str) else None
    if label is None:
        raise ValueError(f"{where} is {_short(value)}, which is none of its labels: {_names(field.labels)}")
    return label


def read_choices(field: OutputItem, value: object, where: str) -> list[str]:
    texts = value if isinstance(value, list) else [value]
    chosen = {read_choice(field, each, where) for each in texts}
    return [label.name for label in field.labels if label.name in chosen]


def label_of(labels: Sequence[Label], text: str) -> str | None:
    """Return the label that a text names, as it is or else ignoring case and blanks; None where it names none."""
    name = folded(text)
    named = [label.name for label in labels if folded(label.name) == name]
    return text if text in named else next(iter(named), None)


def read_integer(field: OutputItem, value: object, where: str) -> int:
    number = _number_in(value, where)
    if number != int(number):
        raise ValueError(f"{where} is {_short(value)}, expected a whole number")
    # Other readers of JSON would change a larger whole number.
    if abs(number) > GREATEST_INTEGER:
        raise ValueError(f"{where} is {_short(value)}, which is too large to be kept exactly")
    return int(_in_range(field, number, where))


def read_number(field: OutputItem, value: object, where: str) -> int | float:
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
    """Word how a number lies outside the range of its field; empty where it lies inside."""
    if field.minimum is not None and number < field.minimum:
        return f"is {number:.15g}, below its least value {field.minimum:.15g}"
    if field.maximum is not None and number > field.maximum:
        return f"is {number:.15g}, above its greatest value {field.maximum:.15g}"
    return ""


def read_boolean(field: OutputItem, value: object, where: str) -> bool:
    answer = _SAID.get(value.strip().casefold()) if isinstance(value, str) else value
    if not isinstance(answer, bool):
        raise ValueError(f"{where} is {_short(value)}, expected true or false")
    return answer


def read_date(field: OutputItem, value: object, where: str) -> str:
    text = value.strip() if isinstance(value, str) else ""
    try:
        return date.fromisoformat(text).isoformat() if _DATE.fullmatch(text) else _no_date(value, where)
    except ValueError:
        return _no_date(value, where)


def _no_date(value: object, where: str) -> str:
    raise ValueError(f"{where} is {_short(value)}, expected a day such as 2026-01-31")


def _short(value: object) -> str:
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= 60 else f"{text[:57]}…"


def _names(labels: Sequence[Label]) -> str:
    names = [label.name for label in labels]
    return ", ".join(names[:20]) + (f" and {len(names) - 20} more" if len(names) > 20 else "")


# Reader of each type that a miniature writes.
READERS: dict[str, Callable[[OutputItem, Any, str], Any]] = {
    "text": read_text, "quote": read_text, "choice": read_choice, "choices": read_choices, "boolean": read_boolean,
    "integer": read_integer, "number": read_number, "date": read_date, "list": read_list, "object": read_object,
}  # fmt: skip


def read_typed(schema: Sequence[OutputItem], fields: Fields, written: Fields) -> Fields:
    """Return the fields with texts in number fields read as numbers.

    A text that a form sends back unchanged is the draft's own number, whatever it would mean if typed.

    Args:
        fields: Fields from a form or a program.

    Raises:
        ValueError: A text is no number, or is ambiguous; names the field and how to write it.
    """
    own = {as_text(leaf): leaf for leaf in leaves(written) if isinstance(leaf, (int, float))}
    return _parts(schema, fields, own, "field '{}'")


def _parts(items: Sequence[OutputItem], value: Fields, own: Mapping[str, Any], called: str) -> Fields:
    by_name = {item.name: item for item in items}
    return {
        name: _read(by_name[name], part, own, called.format(name)) if name in by_name else part
        for name, part in value.items()
    }


def _read(item: OutputItem, value: object, own: Mapping[str, Any], where: str) -> Any:
    if item.value_type.is_number and isinstance(value, str) and value.strip():
        text = value.strip()
        try:
            return own[text] if text in own else numbers.read_typed(text)
        except ValueError as error:
            raise ValueError(f"{where} {error}") from None
    if item.items and isinstance(value, dict):
        return _parts(item.items, value, own, f"{where}, part '{{}}'")
    if item.items and isinstance(value, list):
        return [_read_element(item, part, own, f"{where}, element {at}") for at, part in enumerate(value, 1)]
    return value


def _read_element(item: OutputItem, element: object, own: Mapping[str, Any], where: str) -> Any:
    return _parts(item.items, element, own, f"{where}, part '{{}}'") if isinstance(element, dict) else element
