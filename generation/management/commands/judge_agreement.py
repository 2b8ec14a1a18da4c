"""`manage.py judge_agreement FILE`: how far judges agree with people. Knows files and exit codes, no statistics."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path
from sys import stdin
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from stats.agreement import judges as agreement
from web import strict_json


class Command(BaseCommand):
    help = (
        "Reads JSON lines that hold the label each rater and each judge gave, and prints the raters' agreement, their "
        "majority, and each judge's accuracy and position bias. A label that is not listed, and one that is "
        "missing, counts as the first."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", help="a file of JSON lines, or - for standard input")
        parser.add_argument("--raters", required=True, help="keys of the people's labels: a,b,c")
        parser.add_argument("--judges", default="", help="keys of the judges' labels: x,y")
        parser.add_argument("--labels", required=True, help="all labels; of pairs a tie, the first, the second: 0,1,2")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, file: str, raters: str, judges: str, labels: str, **options: Any) -> None:
        people, models, label_names = (_names(text) for text in (raters, judges, labels))
        try:
            with nullcontext(stdin) if file == "-" else Path(file).open(encoding="utf-8-sig") as lines:
                rows = _rows(lines)
        except OSError as error:
            raise CommandError(f"{file} cannot be read: {error.strerror}.") from None
        except UnicodeDecodeError:
            raise CommandError(f"{file} is not UTF-8 text.") from None
        try:
            report = agreement.judge_report(
                _given(rows, people, label_names), _given(rows, models, label_names), label_names
            )
        except ValueError as error:
            raise CommandError(str(error)) from None
        figures = asdict(report)
        self.stdout.write(json.dumps(figures) if options["json"] else json.dumps(figures, indent=1))


def _names(text: str) -> list[str]:
    names = [name.strip() for name in text.split(",") if name.strip()]
    if len(set(names)) < len(names):
        raise CommandError(f"A name appears twice in '{text}'.")
    return names


def _rows(lines: Iterable[str]) -> list[dict[str, Any]]:
    rows = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            row = strict_json.parse(line)
        except ValueError as error:
            raise CommandError(f"line {number} is not JSON: {error}.") from None
        if not isinstance(row, dict):
            raise CommandError(f"line {number} is not a JSON object.")
        rows.append(row)
    if not rows:
        raise CommandError("The file holds no line.")
    return rows


def _given(rows: Sequence[dict[str, Any]], names: Sequence[str], labels: Sequence[str]) -> dict[str, list[str]]:
    """Labels of the rows by name; an unknown label becomes the first."""
    if strange := [name for name in names if not any(name in row for row in rows)]:
        raise CommandError(f"No line has the key '{strange[0]}'. The first line has: {', '.join(rows[0])}.")
    return {name: [_label(row.get(name), labels) for row in rows] for name in names}


def _label(value: object, labels: Sequence[str]) -> str:
    # 1, 1.0 and "1" are one label; true is none.
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = str(value).strip() if isinstance(value, (str, int, float)) and not isinstance(value, bool) else ""
    return text if text in labels else labels[0]
