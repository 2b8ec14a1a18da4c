"""Reasons of refused requests: each joins the one line that its request makes.

Knows no Django: it reads lines of the log.
"""

from __future__ import annotations

import logging

from web.logs.formatters import without_path

# Attribute of a request that holds the reason.
REASON = "refusal_reason"
FAULT = 500
_OF_ANSWERS, _OF_ATTACKS = "django.request", "django.security"


class RefusalFilter(logging.Filter):
    """Drop Django's line about a refused request, and its traceback; keep its reason for the request's own line.

    A fault of the server (500) keeps its line. A reason that may name people stays out: Django's loggers of attacks
    name hosts and tokens of forms alone.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether the line is written."""
        status = getattr(record, "status_code", FAULT)
        if status == FAULT or not record.name.startswith((_OF_ANSWERS, _OF_ATTACKS)):
            return True
        if record.name.startswith(_OF_ATTACKS) and (request := getattr(record, "request", None)) is not None:
            # A form's token is refused with a message about it and the path; anything else with the error's own
            # message.
            values = record.args if isinstance(record.args, tuple) else ()
            setattr(request, REASON, str(values[0]) if values else without_path(record.getMessage(), record))
        return False
