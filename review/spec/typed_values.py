"""Reading of numbers that a person typed into the fields of a draft. Pure Python."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from review.spec import numbers
from review.spec.paths import as_text, leaves
from review.spec.schema import Fields, OutputItem


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
