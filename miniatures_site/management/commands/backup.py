"""`manage.py backup TO [--without-runs] [--no-verify]`: the whole installation in a folder or a tar file."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from miniatures_site.backup import create, portable
from web.errors import Refusal
from web.process.soft_end import soft_end


class Command(BaseCommand):
    help = "Writes database, artefacts and a manifest to a folder, or to a file that ends in .tar, .tar.gz or .tar.zst."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("to", help="a place that is free")
        parser.add_argument(
            "--without-runs",
            action="store_true",
            help="leave the run directories of this host out; versions and miniatures stay",
        )
        parser.add_argument(
            "--portable",
            action="store_true",
            help="rows that SQLite and PostgreSQL both load, instead of a copy by the database's own programs",
        )
        parser.add_argument(
            "--verify",
            action=argparse.BooleanOptionalAction,
            default=True,
            help="restore it into a scratch database afterwards; only then is it recorded as verified",
        )

    @soft_end()
    def handle(self, *args: Any, **options: Any) -> None:
        try:
            manifest = create.create_backup(
                Path(options["to"]),
                without_runs=options["without_runs"],
                portable_change=portable.unchanged if options["portable"] else None,
            )
        except Refusal as refusal:
            raise CommandError(f"{refusal.message} {refusal.hint}".strip()) from None
        size = sum(piece.bytes for piece in manifest.files.values())
        rows = sum(manifest.tables.values())
        self.stdout.write(
            f"{options['to']}: {rows:,} rows of {len(manifest.tables)} tables, {len(manifest.files):,} files, "
            f"{size / 1e6:,.1f} MB."
        )
        self.stdout.write(
            "Inside: password hashes, token hashes, everything people wrote. Not inside: SECRET_KEY, ADDRESS_HMAC_KEY "
            "and provider keys. Keep those apart; without them stored secrets cannot be read and the suppression list "
            "forgets whom it names."
        )
        if options["verify"]:
            call_command("verify_backup", options["to"], stdout=self.stdout)
