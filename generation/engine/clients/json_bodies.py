"""Reads the body of a 200 as strict UTF-8 JSON, and its parts without trusting their types. Knows no provider."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from web import strict_json

# A quarter of the longest event; the labels of a whole task take far less.
MOST_SHARES_BYTES = 256 * 1024


class UnreadableBody(ValueError):  # noqa: N818 (named for what was found)
    """A paid answer whose body is no use; says why."""


def json_object(content: bytes) -> dict[str, Any]:
    """The body as a JSON object.

    Raises:
        UnreadableBody: Not UTF-8, not JSON, or not an object.
    """
    try:
        # Some gateways put a byte order mark before it.
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableBody(f"mis_encoded: the body is not UTF-8 ({error.reason} at byte {error.start})") from error
    try:
        value = strict_json.parse(text)
    except ValueError as error:
        raise UnreadableBody(f"malformed: the body is not JSON ({error})") from error
    if not isinstance(value, dict):
        raise UnreadableBody(f"malformed: the body is a JSON {type(value).__name__}, expected an object")
    return value


def object_at(value: object, key: str) -> dict[str, Any]:
    """A member that should be an object; an empty one when it is not."""
    inner = value.get(key) if isinstance(value, dict) else None
    return inner if isinstance(inner, dict) else {}


def text_in(content: object) -> str:
    """Read the text of an answer: as it is, or joined from its blocks of text; thinking and others are left out."""
    if isinstance(content, str):
        return content
    blocks = [block for block in content if isinstance(block, dict)] if isinstance(content, list) else []
    texts = [block.get("text") for block in blocks if block.get("type") == "text"]
    return "".join(text for text in texts if isinstance(text, str))


def shares_at(value: Mapping[str, Any], key: str) -> dict[str, dict[str, float]]:
    """Shares of labels by field, as a served classifier tells them.

    None where any of it is something else, or where there are too many for an event.
    """
    shares = object_at(value, key)
    if not all(isinstance(of_field, dict) for of_field in shares.values()):
        return {}
    values = [share for of_field in shares.values() for share in of_field.values()]
    is_sound = all(
        isinstance(share, float | int) and not isinstance(share, bool) and 0 <= share <= 1 for share in values
    )
    is_short = is_sound and len(json.dumps(shares, ensure_ascii=False).encode(errors="replace")) <= MOST_SHARES_BYTES
    return shares if is_short else {}


def log_prob_at(value: Mapping[str, Any], key: str) -> float | None:
    """A log probability; None when missing or no such number."""
    number = value.get(key)
    if not isinstance(number, float | int) or isinstance(number, bool):
        return None
    return float(number) if -math.inf < number <= 0 else None


def token_count_at(value: dict[str, Any], key: str) -> int | None:
    """A number of tokens; None when missing or no sensible number."""
    number = value.get(key)
    return number if isinstance(number, int) and not isinstance(number, bool) and number >= 0 else None
