"""One event, one line of `events.jsonl`, and back. Makes values storable; does not know who writes or reads them."""

from __future__ import annotations

import json
import math
from typing import Any

from pydantic import ValidationError

from jobs.contracts import EngineEvent

MAX_LINE_BYTES = 1 << 20


def encode(event: EngineEvent) -> bytes:
    """The line of an event, newline included.

    Raises:
        ValueError: It is longer than 1 MiB, or holds what JSON cannot say.
    """
    line = json.dumps(storable(event.model_dump()), ensure_ascii=False, separators=(",", ":")).encode("utf-8") + b"\n"
    if len(line) > MAX_LINE_BYTES:
        raise ValueError(f"An event of kind '{event.kind}' is {len(line):,} bytes; at most {MAX_LINE_BYTES:,} fit.")
    return line


def decode(line: bytes) -> EngineEvent:
    """The event of a line.

    Raises:
        ValueError: It is no event; says why in one sentence.
    """
    if len(line) > MAX_LINE_BYTES:
        raise ValueError(f"the line is longer than {MAX_LINE_BYTES:,} bytes")
    try:
        return EngineEvent.model_validate(storable(json.loads(line.decode("utf-8", "replace"))))
    except ValidationError as error:
        first = error.errors()[0]
        raise ValueError(f"{'.'.join(map(str, first['loc'])) or 'line'}: {first['msg']}") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON ({error.msg} at byte {error.pos})") from None


def storable(value: object) -> Any:
    """The value as every database's JSON can hold it.

    Numbers that are none become null; NUL characters and half surrogates, which PostgreSQL refuses, become U+FFFD.
    """
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, str):
        return value.replace("\x00", "\ufffd").encode("utf-8", "replace").decode("utf-8") if _odd(value) else value
    if isinstance(value, dict):
        return {storable(str(key)): storable(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [storable(part) for part in value]
    if value is None or isinstance(value, (bool, int)):
        return value
    return storable(str(value))


def _odd(text: str) -> bool:
    return "\x00" in text or any("\ud800" <= letter <= "\udfff" for letter in text)
