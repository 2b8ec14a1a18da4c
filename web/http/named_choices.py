"""Refusals of a choice name the choices: DRF's own message tells the value alone."""

from __future__ import annotations

from typing import Any, NoReturn

from rest_framework import serializers

_fail = serializers.ChoiceField.fail


def install() -> None:
    """Have every choice field of the API name its choices, unless it has a message of its own. Called once, at start.

    DRF formats its message with the value only, and fields are made in a hundred places.
    """
    serializers.ChoiceField.fail = _named  # type: ignore[method-assign, assignment]


def _named(field: serializers.ChoiceField, key: str, **kwargs: Any) -> NoReturn:
    default = serializers.ChoiceField.default_error_messages["invalid_choice"]
    if key == "invalid_choice" and field.error_messages[key] == default:
        words = ", ".join(str(choice) for choice in field.choices if choice != "")
        raise serializers.ValidationError(f"Must be one of {words}.", code=key)
    _fail(field, key, **kwargs)
