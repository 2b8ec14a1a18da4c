"""`manage.py check_claims FILE`: whether passages support texts. Knows files and exit codes, no rules."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from pathlib import Path
from sys import stdin
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from review.text.verification.finding import Verification, Verifier
from review.text.verification.rules import Rules
from web import strict_json

_KEYS = ("id", "source", "text")


class Command(BaseCommand):
    help = (
        "Reads JSON lines with the keys id, source and text, and prints for each whether its source supports its text, with a "
        "score from 0 to 1 and the places that it does not support. Text is English."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", help="a file of JSON lines, or - for standard input")
        parser.add_argument(
            "--rules", action="store_true", help="ask the rules alone, no model; so far there is no other way"
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object a line")

    def handle(self, *args: Any, file: str, **options: Any) -> None:
        verifier: Verifier = Rules()
        show = _as_json if options["json"] else _as_lines
        try:
            with nullcontext(stdin) if file == "-" else Path(file).open(encoding="utf-8-sig") as lines:
                # All is read before anything is printed: a fault in the last line leaves no half answer.
                rows = list(_rows(lines))
        except OSError as error:
            raise CommandError(f"{file} cannot be read: {error.strerror}.") from None
        except UnicodeDecodeError:
            raise CommandError(f"{file} is no UTF-8 text.") from None
        if not rows:
            raise CommandError("The file holds no line.")
        for row in rows:
            self.stdout.write(show(row, verifier.verify(row["source"], row["text"])))


def _rows(lines: Iterable[str]) -> Iterator[dict[str, Any]]:
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            row = strict_json.parse(line)
        except ValueError as error:
            raise CommandError(f"line {number} is no JSON: {error}.") from None
        if not isinstance(row, dict):
            raise CommandError(f"line {number} is no JSON object.")
        if missing := [key for key in _KEYS if key not in row]:
            raise CommandError(f"line {number} has no '{missing[0]}'; write id, source and text.")
        if wrong := [key for key in _KEYS[1:] if not isinstance(row[key], str)]:
            raise CommandError(f"line {number}: '{wrong[0]}' is no text.")
        if not isinstance(row["id"], (str, int)) or isinstance(row["id"], bool):
            raise CommandError(f"line {number}: 'id' is neither a text nor a whole number.")
        yield row


def _as_json(row: dict[str, Any], verification: Verification) -> str:
    return json.dumps({"id": row["id"], **verification.as_json()}, ensure_ascii=False)


def _as_lines(row: dict[str, Any], verification: Verification) -> str:
    answer = "supported" if verification.supported else "not supported"
    places = [f"    {row['text'][place.start : place.end]!r}: {place.why}" for place in verification.unsupported]
    return "\n".join([f"{row['id']}: {answer} ({verification.score:.2f})", *places])
