"""`manage.py check_claims FILE`: whether passages support texts. Knows files and exit codes, no rules."""

from __future__ import annotations

import json
from argparse import ArgumentTypeError
from collections.abc import Iterable, Iterator, Sequence
from contextlib import nullcontext
from decimal import Decimal, InvalidOperation
from pathlib import Path
from sys import stdin
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.management.base import BaseCommand, CommandError, CommandParser

from evaluation.verifier import choose
from review.text.verification.finding import Claim, Verification
from review.text.verification.rules_first import RulesFirst
from web import strict_json
from web.errors import Refusal

MOST_USD = 1_000_000
_KEYS = ("id", "source", "text")


class Command(BaseCommand):
    help = (
        "Reads JSON lines with the keys id, source and text, and prints for each whether its source supports its "
        "text, with a score from 0 to 1 and the places that it does not support. Text is English."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", help="a file of JSON lines, or - for standard input")
        who = parser.add_mutually_exclusive_group()
        who.add_argument("--rules", action="store_true", help="use only the rules, the default")
        who.add_argument("--miniature", default="", metavar="NAME", help="then this one, of a task that checks claims")
        who.add_argument("--teacher", default="", metavar="NAME", help="then this one; it is paid by a task's budget")
        parser.add_argument("--max-cost-usd", type=dollars, help="what a teacher may cost at most")
        parser.add_argument("--task", default="", help="whose budget pays; the only one that checks claims otherwise")
        parser.add_argument("--by", default="", metavar="USERNAME", help="who asks; the only admin otherwise")
        parser.add_argument("--json", action="store_true", help="print one JSON object a line")

    def handle(self, *args: Any, file: str, **options: Any) -> None:
        show = _as_json if options["json"] else _as_lines
        try:
            with nullcontext(stdin) if file == "-" else Path(file).open(encoding="utf-8-sig") as lines:
                # All is read before anything is printed: a fault in the last line leaves no half answer.
                rows = list(_rows(lines))
        except OSError as error:
            raise CommandError(f"{file} cannot be read: {error.strerror}.") from None
        except UnicodeDecodeError:
            raise CommandError(f"{file} is not UTF-8 text.") from None
        if not rows:
            raise CommandError("The file holds no line.")
        for row, answer in zip(rows, self._verified(rows, options), strict=True):
            self.stdout.write(show(row, answer))

    def _verified(self, rows: Sequence[dict[str, Any]], options: dict[str, Any]) -> list[Verification]:
        claims = [Claim(row["source"], row["text"]) for row in rows]
        try:
            verifier = _verifier(options)
            answers = verifier.verify(claims)
        except PermissionDenied as error:
            raise CommandError(str(error)) from None
        except Refusal as refusal:
            raise CommandError(f"{refusal.message} {refusal.hint}".strip()) from None
        if unanswered := verifier.unanswered:
            self.stderr.write(f"{unanswered} of {len(rows)} were not answered; for these, the rules' answer is given.")
        return answers


def _verifier(options: dict[str, Any]) -> RulesFirst:
    if options["miniature"]:
        return choose.miniature(options["miniature"], by=options["by"])
    if options["teacher"]:
        return choose.teacher(
            options["teacher"], max_cost_usd=options["max_cost_usd"], task=options["task"], by=options["by"]
        )
    return RulesFirst(None)


def dollars(text: str) -> Decimal:
    """A sum that an option names."""
    try:
        amount = Decimal(text)
    except InvalidOperation:
        raise ArgumentTypeError(f"'{text}' is not an amount in dollars, such as 2.50") from None
    if not amount.is_finite() or not 0 <= amount < MOST_USD:
        raise ArgumentTypeError(f"'{text}' is not an amount in dollars, such as 2.50")
    return amount


def _rows(lines: Iterable[str]) -> Iterator[dict[str, Any]]:
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            # Jobs and orders keep what they are asked: what no database stores is refused here.
            row = strict_json.loads(line)
        except strict_json.InvalidJson as error:
            raise CommandError(f"line {number}: {error}") from None
        except ValueError as error:
            raise CommandError(f"line {number} is not JSON: {error}.") from None
        if not isinstance(row, dict):
            raise CommandError(f"line {number} is not a JSON object.")
        if missing := [key for key in _KEYS if key not in row]:
            raise CommandError(f"line {number} has no '{missing[0]}'; write id, source and text.")
        if wrong := [key for key in _KEYS[1:] if not isinstance(row[key], str)]:
            raise CommandError(f"line {number}: '{wrong[0]}' is not a text.")
        if not isinstance(row["id"], (str, int)) or isinstance(row["id"], bool):
            raise CommandError(f"line {number}: 'id' is neither a text nor a whole number.")
        yield row


def _as_json(row: dict[str, Any], verification: Verification) -> str:
    return json.dumps({"id": row["id"], **verification.as_json()}, ensure_ascii=False)


def _as_lines(row: dict[str, Any], verification: Verification) -> str:
    answer = "supported" if verification.supported else "not supported"
    places = [f"    {row['text'][place.start : place.end]!r}: {place.why}" for place in verification.unsupported]
    return "\n".join([f"{row['id']}: {answer} ({verification.score:.2f})", *places])
