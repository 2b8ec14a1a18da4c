"""`manage.py check_sample_ratio FILE`: did every arm get its share? Knows files and exit codes, no statistics."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from stats.experiments import sample_ratio


class Command(BaseCommand):
    help = (
        "Reads JSON lines {id, counts, weights?} and prints {id, chi2, p_value} for each. Reports a bad line on "
        "standard error with its number, answers the others, and then exits with 1."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", help="a file of JSON lines, or - for standard input")

    def handle(self, *args: Any, file: str, **options: Any) -> None:
        bad = 0
        try:
            with nullcontext(sys.stdin) if file == "-" else Path(file).open(encoding="utf-8-sig") as lines:
                for answer in sample_ratio.checked_lines(lines):
                    bad += self._tell(answer)
        except OSError as error:
            raise CommandError(f"{file} cannot be read: {error.strerror}.") from None
        except UnicodeDecodeError:
            raise CommandError(f"{file} is not UTF-8 text.") from None
        if bad:
            raise CommandError(f"{bad} {'line' if bad == 1 else 'lines'} could not be checked.")

    def _tell(self, answer: sample_ratio.SampleRatioLine | sample_ratio.UnreadableLine) -> bool:
        if isinstance(answer, sample_ratio.SampleRatioLine):
            self.stdout.write(answer.as_json())
            return False
        self.stderr.write(f"line {answer.number}: {answer.reason}")
        return True
