"""JSON bodies of programs, read with care: nothing too deep, no number that is none, and texts that can be stored.

PostgreSQL takes neither zero bytes nor halves of a character, SQLite takes the first: what slipped through was a
fault on one and stored on the other. REST framework loads it with its settings, so it knows none of what reads them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO, Any

from rest_framework import exceptions
from rest_framework.parsers import JSONParser

from web import strict_json


class StrictJSONParser(JSONParser):
    """JSON whose texts can be stored.

    Raises:
        ValidationError: A text cannot, by its dotted path.
        ParseError: It is no JSON, or is not taken.
    """

    def parse(
        self, stream: IO[bytes], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        raw = stream.read()
        try:
            body = strict_json.parse(raw)
        except ValueError as error:
            raise exceptions.ParseError(f"JSON parse error - {error}") from None
        if mistakes := dict(strict_json.unstorable_texts(body, raw)):
            raise exceptions.ValidationError(
                {path or "non_field_errors": messages for path, messages in mistakes.items()}
            )
        return body
