"""Tells a provider's refusal of the schema from other refusals: no call of the order would fare better. Pure."""

from __future__ import annotations

import re

from generation.engine.clients.ports import CallError

CODE = "schema_refused"
_ABOUT_SCHEMA = re.compile(
    r"response_format|json_schema|output_config|output_format|structured output|grammar|guided_json|"
    r"invalid schema|schema is too complex|does not support .{0,40}schema",
    re.IGNORECASE,
)


def schema_refused(error: CallError) -> CallError:
    """The same error, or one that ends the order at once if the provider will not take the schema: nothing is paid."""
    if error.fate != "rejected" or not _ABOUT_SCHEMA.search(error.message):
        return error
    return CallError(
        "fatal",
        CODE,
        f"The provider does not take this task's output schema. It said: {error.message}",
        request_id=error.request_id,
    )
