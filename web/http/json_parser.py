"""Strict JSON request bodies: limited depth, finite numbers, one value a name, and texts that databases can store.

PostgreSQL stores neither null bytes nor lone surrogates; SQLite stores null bytes. REST framework imports this module
with its settings, so it imports nothing that reads them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO, Any

from rest_framework import exceptions
from rest_framework.parsers import JSONParser

from web import strict_json


class StrictJSONParser(JSONParser):
    """Parser of JSON whose texts can be stored.

    Raises:
        ValidationError: A text cannot be stored; names its dotted path.
        ParseError: The body is not JSON, or is refused.
    """

    def parse(
        self, stream: IO[bytes], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        raw = stream.read()
        try:
            body = strict_json.parse(raw, has_unique_keys=True)
        except ValueError as error:
            raise exceptions.ParseError(f"JSON parse error - {error}") from None
        if mistakes := dict(strict_json.unstorable_texts(body, raw)):
            raise exceptions.ValidationError(
                {path or "non_field_errors": messages for path, messages in mistakes.items()}
            )
        return body
