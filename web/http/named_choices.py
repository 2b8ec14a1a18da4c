"""Refusals of a choice that name the allowed choices; DRF's own message names only the value."""

from __future__ import annotations

from typing import Any, NoReturn

from rest_framework import serializers

_fail = serializers.ChoiceField.fail


def install() -> None:
    """Patch every choice field without a message of its own; called once, at start."""
    serializers.ChoiceField.fail = _named  # type: ignore[method-assign, assignment]


def _named(field: serializers.ChoiceField, key: str, **kwargs: Any) -> NoReturn:
    default = serializers.ChoiceField.default_error_messages["invalid_choice"]
    if key == "invalid_choice" and field.error_messages[key] == default:
        words = ", ".join(str(choice) for choice in field.choices if choice != "")
        raise serializers.ValidationError(f"Must be one of {words}.", code=key)
    _fail(field, key, **kwargs)
