"""Bring the text index in line with the drafts. Running it twice changes nothing."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from review.db import text_index
from review.drafts import search_index


class Command(BaseCommand):
    help = "Index every draft that is not in the text index; --check only counts, --all rebuilds the whole index."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true", help="count what is missing and end with 1 if any is")
        parser.add_argument("--all", action="store_true", help="drop the index first and rebuild it")

    def handle(self, *, check: bool, all: bool, **options: Any) -> None:
        if check:
            lacking = sum(1 for _ in search_index.missing())
            if lacking:
                raise CommandError(f"{lacking} drafts are not in the text index; run 'manage.py reindex_drafts'.")
            self.stdout.write("Every draft is in the text index.")
            return
        if all:
            search_index.clear()
        text_index.install()
        self.stdout.write(f"{search_index.index_missing()} drafts indexed.")
