"""Write lines of the log: plain for people, or a JSON object each for programs. Neither holds secrets."""

from __future__ import annotations

import json
import logging
import os
import platform
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from web.logs import context
from web.logs.redact import redactor

# What a line may say beside time, level, logger and message, whether from the context or from `extra`.
FIELDS = ("request_id", "user_id", "method", "route", "status", "ms", "task", "job_id", "kind", "attempt", "reason")
NO_ROUTE = "(no route)"
MOST_OF_EXCEPTION = 20_000


class _BriefFormatter(logging.Formatter):
    """Names an outage in one line: its traceback would come every few seconds, from each process, until it ends."""

    def __init__(
        self, *args: Any, is_outage: Callable[[BaseException | None], bool] | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self._is_outage = is_outage or (lambda error: False)
        self._redact = redactor()

    def formatException(self, ei: Any) -> str:  # noqa: N802 (the library's name)
        error = ei[1]
        if self._is_outage(error):
            return f"{type(error).__name__}: {str(error).partition(chr(10))[0]}"
        return super().formatException(ei)


class PlainFormatter(_BriefFormatter):
    """A line for people, as its `format` says, without secrets."""

    def format(self, record: logging.LogRecord) -> str:
        return self._redact(without_path(super().format(record), record))


class JsonFormatter(_BriefFormatter):
    """One JSON object a line: time (UTC), level, logger, message, host, and what is known of request and job."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._host = platform.node()

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": self._redact(without_path(record.getMessage(), record)),
            "host": self._host,
        }
        fields = context.fields()
        for name in FIELDS:
            value = getattr(record, name, fields.get(name))
            if isinstance(value, int | float):
                line[name] = value
            elif value is not None:
                line[name] = self._redact(str(value))
        if record.exc_info:
            # Its end names the fault; some errors quote every route there is.
            traceback = without_path(self.formatException(record.exc_info), record)
            line["exception"] = self._redact(traceback[-MOST_OF_EXCEPTION:])
        return json.dumps(line, ensure_ascii=False)


def without_path(text: str, record: logging.LogRecord) -> str:
    """Name the route in place of the path, which may hold the key of a link."""
    request: Any = getattr(record, "request", None)
    path = getattr(request, "path", "")
    if len(path) <= 1:
        return text
    match = getattr(request, "resolver_match", None)
    return text.replace(path, f"/{match.route}" if match is not None else NO_ROUTE)


def begin_in_engine(*, job: str, kind: str, attempt: int) -> None:
    """Have an engine's lines name its job, as JSON where the installation's log is, by the worker's environment."""
    context.bind(job_id=job, kind=kind, attempt=attempt)
    if os.environ.get("LOG_FORMAT", "").strip() == "json":
        handler = logging.StreamHandler()
        handler.setFormatter(JsonFormatter())
        logging.basicConfig(handlers=[handler], level=os.environ.get("LOG_LEVEL", "").strip() or "INFO", force=True)
