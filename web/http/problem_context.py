"""Received values in validation errors, next to the expected ones. Secrets are never shown."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from web.whole_numbers import whole_number

_STEP = re.compile(r"\[(\d+)\]|([^.\[\]]+)")
_SECRET = re.compile("secret|password|token|key|credential", re.IGNORECASE)
_SHOWN_CHARS = 60
_NOTHING = object()


def add_found_values(errors: dict[str, list[str]], sent: object) -> None:
    """Append the received value to each message in place, unless the message has it or no value was sent.

    Args:
        errors: Messages by dotted path, such as `arms[0].weight`.
        sent: Body or query of the request.
    """
    for path, messages in errors.items():
        words = "" if _SECRET.search(path) else _describe(_value_at(sent, path))
        if words:
            errors[path] = [
                message if _already_says(message, words) else f"{message} Found {words}." for message in messages
            ]


def _value_at(sent: object, path: str) -> object:
    for place, key in _STEP.findall(path):
        if key and isinstance(sent, Mapping):
            sent = sent.get(key, _NOTHING)
        elif place and isinstance(sent, Sequence) and not isinstance(sent, str):
            at = whole_number(place, otherwise=len(sent))
            sent = sent[at] if at < len(sent) else _NOTHING
        else:
            return _NOTHING
    return sent


def _describe(value: object) -> str:
    """Return a value in short form; empty where it has none."""
    if isinstance(value, str):
        if not value.isprintable():
            return ""
        cut = f"{value[:_SHOWN_CHARS]}\u2026" if len(value) > _SHOWN_CHARS else value
        return f"{cut!r}, {len(value):,} characters" if cut != value else repr(value)
    if isinstance(value, (bool, int, float)):
        return str(value)
    return ""


def _already_says(message: str, words: str) -> bool:
    return words.strip("'\"") in message or "Found" in message or "found" in message
