"""`manage.py person export ADDRESS` and `manage.py person erase ADDRESS`: the rights of a person, for the operator.

`manage.py person erase-again` holds frozen files to what erasures take out of them today.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.serializers.json import DjangoJSONEncoder

from campaigns.privacy import export_and_erase
from review.erasure.erase import rewrite_files
from web.errors import Refusal


class Command(BaseCommand):
    help = "Hands out or erases everything held about the person with a mail address."

    def add_arguments(self, parser: CommandParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True)
        export = acts.add_parser("export", help="Write everything held about the person as JSON.")
        export.add_argument("address")
        export.add_argument("--out", type=Path, help="A file; without it the JSON goes to the standard output.")
        erase = acts.add_parser("erase", help="Erase the person. This cannot be undone.")
        erase.add_argument("address")
        erase.add_argument("--yes", action="store_true", help="Do not ask.")
        acts.add_parser("erase-again", help="Erase from frozen files what erasures of earlier releases left there.")

    def handle(self, *args: Any, **options: Any) -> None:
        acts = {"export": self._export, "erase": self._erase, "erase-again": self._erase_again}
        try:
            acts[options["act"]](options)
        except Refusal as refusal:
            raise CommandError(f"{refusal.message} {refusal.hint}".strip()) from None

    def _export(self, options: dict[str, Any]) -> None:
        address, out = options["address"], options["out"]
        if out is None:
            self.stdout.write(_as_text(export_and_erase.export(address)))
            return
        try:
            # Opened before the trail records an export, and not emptied before there is one.
            with os.fdopen(os.open(out, os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="utf-8") as file:
                # Readable by its owner only from the start, even if it was there: it is personal data.
                os.fchmod(file.fileno(), 0o600)
                document = export_and_erase.export(address)
                file.truncate()
                file.write(f"{_as_text(document)}\n")
        except OSError as error:
            raise CommandError(f"{out} cannot be written: {error}") from None
        self.stdout.write(f"Written to {out}: {len(document['contacts'])} contacts, {len(document['mails'])} mails.")

    def _erase(self, options: dict[str, Any]) -> None:
        address = options["address"]
        if not (options["yes"] or _is_typed_again(address)):
            raise CommandError("Not the same address; nothing was erased. Without a terminal, --yes erases unasked.")
        self.stdout.write(export_and_erase.erase(address).sentence())

    def _erase_again(self, options: dict[str, Any]) -> None:
        self.stdout.write(f"Looked through {rewrite_files()} dataset versions that hold erased rows.")


def _is_typed_again(address: str) -> bool:
    try:
        return input(f"Type {address} once more to erase it: ").strip() == address
    except EOFError:
        return False


def _as_text(document: Mapping[str, Any]) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False, cls=DjangoJSONEncoder)
