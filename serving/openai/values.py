"""Values of a request's options: each is read within its bounds, or refused by its name with them. Pure.

A null is read as an option that was left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from serving.openai.errors import ApiError


def text(value: object, name: str) -> str:
    if not isinstance(value, str) or not value:
        raise wrong(name, "must be a text")
    if "\x00" in value:
        raise wrong(name, "must be a text without zero bytes")
    return value


def flag(body: Mapping[str, Any], name: str) -> bool:
    value = body.get(name)
    if value is not None and not isinstance(value, bool):
        raise wrong(name, "must be true or false")
    return bool(value)


def number(body: Mapping[str, Any], name: str, low: float, high: float, *, above: bool = False) -> float | None:
    """Read a number from `low` to `high`; with `above`, `low` itself is refused."""
    value = body.get(name)
    if value is None:
        return None
    if not is_number(value) or not low <= value <= high or (above and value <= low):
        raise wrong(name, f"must be a number {'above' if above else 'from'} {low} to {high}")
    return float(value)


def integer(body: Mapping[str, Any], name: str, low: int, high: int) -> int | None:
    value = body.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise wrong(name, f"must be a whole number from {low} to {high}")
    return value


def is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def wrong(name: str, problem: str) -> ApiError:
    return ApiError(400, f"'{name}' {problem}.", code="invalid_value", param=name)


def unsupported(name: str, message: str) -> ApiError:
    return ApiError(400, message, code="unsupported_parameter", param=name)
