"""`manage.py verify_miniature MINIATURE.zip [ROWS.jsonl ...]`: verify a downloaded miniature without a database."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from serving.cards import verify_miniature


class Command(BaseCommand):
    help = (
        "Verify a downloaded miniature without a database: weights, card, and the rows behind the card. Exit status "
        "0: all files match; 1: a file differs (the first is named); 2: it cannot be read."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", metavar="MINIATURE.zip")
        parser.add_argument("rows", nargs="*", metavar="ROWS.jsonl", help="files of its dataset, downloaded too")

    def handle(self, *args: Any, **options: Any) -> None:
        if status := verify_miniature.main([options["file"], *options["rows"]]):
            sys.exit(status)
