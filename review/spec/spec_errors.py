"""Mistakes in a specification, in words for a domain expert, by the dotted path of the field.

Pure Python on pydantic's errors. Forms and the API share paths such as `input_schema.0.name`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

_NAME = "Small letters, digits and underscores, beginning with a letter, such as 'company_size'."
_PATTERNS = {
    "name": _NAME,
    "language": "A language code such as 'en' or 'de-AT'.",
    "slots": (
        "A slot has two parts with a full stop between, such as 'contact.first_name'. Put its default in the text."
    ),
}
# Paths for mistakes between two parts, by their first words, because pydantic gives them none.
_BEGINNINGS = {
    "teacher_template": "teacher_template",
    "student_template": "student_template",
    "check '": "checks",
    "two reasons": "reasons",
}


def by_path(error: ValidationError) -> dict[str, list[str]]:
    """Return all mistakes in plain words by dotted path; "" holds those of the whole."""
    errors: dict[str, list[str]] = {}
    for mistake in error.errors(include_url=False):
        path = ".".join(str(part) for part in mistake["loc"])
        text = _words(path, mistake)
        if not path:
            path = next((place for start, place in _BEGINNINGS.items() if text.startswith(start)), "")
        errors.setdefault(path, []).append(text)
    return errors


def summary(errors: Mapping[str, list[str]]) -> str:
    """Return a sentence with the number of mistakes and the first of them."""
    count = sum(len(messages) for messages in errors.values())
    where = next(iter(errors))
    place = f"{where}: " if where else ""
    return f"The specification has {count} mistake{'' if count == 1 else 's'}: {place}{errors[where][0]}"


def _words(path: str, mistake: Mapping[str, Any]) -> str:
    kind, context = mistake["type"], mistake.get("ctx", {})
    parts = path.split(".")
    if kind == "string_pattern_mismatch":
        return next((_PATTERNS[part] for part in reversed(parts) if part in _PATTERNS), str(mistake["msg"]))
    if kind in {"missing", "string_too_short"}:
        return "This is empty; it is required."
    if kind in {"int_parsing", "int_type", "int_from_float"}:
        return "Write a whole number."
    if kind in {"greater_than_equal", "less_than_equal"}:
        side = "at least" if kind.startswith("greater") else "at most"
        return f"This must be {side} {context.get('ge', context.get('le'))}."
    if kind in {"literal_error", "enum"}:
        return f"'{mistake['input']}' is none of {context.get('expected', 'the known words')}."
    if kind == "extra_forbidden":
        return f"'{parts[-1]}' is not part of a specification."
    if kind in {"string_type", "tuple_type", "model_type", "dict_type", "bool_type", "bool_parsing"}:
        return f"This is {type(mistake['input']).__name__}; expected {kind.split('_', maxsplit=1)[0]}."
    return str(mistake["msg"]).removeprefix("Value error, ")
