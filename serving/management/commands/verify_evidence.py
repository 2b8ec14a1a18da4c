"""`manage.py verify_evidence FILE.zip [--digest HEX] [--known DAY=DIGEST]`: does an evidence file hold? Needs no database."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from serving.evidence.safe_zip import UnreadableZipError
from serving.evidence.verification import verify

MISMATCH, UNREADABLE = 1, 2


class Command(BaseCommand):
    help = (
        "Verify the evidence file of a miniature without a database. Exit status 0: all holds; 1: something does not match, "
        "and is named; 2: it is no evidence file that can be read."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE.zip")
        parser.add_argument("--digest", default="", help="the digest that was told when the file was made")
        parser.add_argument(
            "--known",
            action="append",
            default=[],
            metavar="DAY=DIGEST",
            help="a seal of the audit trail written down elsewhere; may be given several times",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Verify and say so.

        Raises:
            CommandError: With exit status 2 where it cannot be read.
        """
        try:
            check = verify(options["file"], digest=options["digest"], known=dict(map(_known, options["known"])))
        except UnreadableZipError as error:
            raise CommandError(_plain(str(error)), returncode=UNREADABLE) from None
        for note in check.notes:
            self.stdout.write(f"Note: {_plain(note)}")
        for mismatch in check.mismatches:
            self.stderr.write(_plain(mismatch))
        if check.mismatches:
            count = len(check.mismatches)
            self.stderr.write(f"{count} thing{'' if count == 1 else 's'} {'does' if count == 1 else 'do'} not match.")
            sys.exit(MISMATCH)
        self.stdout.write(f"{check.files} files hold. Digest: {check.digest}")


def _plain(text: str) -> str:
    """A sentence that quotes the file, on one line: what would move a terminal's cursor is written out, and says nothing."""
    return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in text)


def _known(text: str) -> tuple[date, str]:
    day, _, digest = text.partition("=")
    try:
        return date.fromisoformat(day), digest.strip().lower()
    except ValueError:
        raise CommandError(f"--known is '{text}'; write it as 2026-01-31=HEX.", returncode=UNREADABLE) from None
