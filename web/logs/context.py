"""Fields that every line of the log bears while a request, a message or a job is worked on."""

from __future__ import annotations

import json
import os
import re
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar, Token

# How an engine is told of the request and the job it works for.
VARIABLE = "MINIATURES_LOG_CONTEXT"
_fields: ContextVar[Mapping[str, str]] = ContextVar("log_fields")
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{7,63}")


def fields() -> Mapping[str, str]:
    """Return the fields of this thread or coroutine; outside of any, those that this process was started with."""
    return _fields.get(_inherited)


def request_id() -> str:
    """Return the id of the request that this work comes from; empty where it comes from none."""
    return fields().get("request_id", "")


def valid_request_id(value: str) -> str:
    """Return a caller's id where it is 8 to 64 letters, digits, dots, dashes or underscores, else a new one."""
    return value if _ID.fullmatch(value) else uuid.uuid4().hex


@contextmanager
def bound(**more: object) -> Iterator[None]:
    """Add fields to every line within the block; empty values are left out."""
    token = bind(**more)
    try:
        yield
    finally:
        _fields.reset(token)


def bind(**more: object) -> Token[Mapping[str, str]]:
    """Add fields to every line of this thread or coroutine from here on."""
    return _fields.set({**fields(), **{name: str(value) for name, value in more.items() if value not in (None, "")}})


def clear() -> None:
    _fields.set(_inherited)


def environment() -> dict[str, str]:
    """Return the variable that hands the fields to a process that is started now."""
    return {VARIABLE: handed_over()} if fields() else {}


def handed_over() -> str:
    """Return the fields as one line, for `inherit` in another process."""
    return json.dumps(dict(fields()))


def inherit(line: str) -> None:
    """Take the fields of another process for all threads of this one, and for the processes that it starts.

    A line that cannot be read, or an empty one, changes nothing.
    """
    if values := _read(line):
        _inherited.update(values)
        os.environ[VARIABLE] = line.strip()


def _read(line: str) -> dict[str, str]:
    try:
        values = json.loads(line)
    except ValueError:
        return {}
    return {str(name): str(value) for name, value in values.items()} if isinstance(values, dict) else {}


_inherited = _read(os.environ.get(VARIABLE, ""))
