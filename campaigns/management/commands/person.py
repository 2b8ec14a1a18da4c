"""`manage.py person export ADDRESS` and `manage.py person erase ADDRESS`: the rights of a person, for the operator."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.serializers.json import DjangoJSONEncoder

from campaigns.privacy import export_and_erase
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

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self._export(options) if options["act"] == "export" else self._erase(options)
        except Refusal as refusal:
            raise CommandError(f"{refusal.message} {refusal.hint}".strip()) from None

    def _export(self, options: dict[str, Any]) -> None:
        document = export_and_erase.export(options["address"])
        text = json.dumps(document, indent=2, ensure_ascii=False, cls=DjangoJSONEncoder)
        if options["out"] is None:
            self.stdout.write(text)
            return
        # Readable by its owner only from the start: it is personal data.
        options["out"].touch(mode=0o600)
        options["out"].write_text(f"{text}\n")
        self.stdout.write(
            f"Written to {options['out']}: {len(document['contacts'])} contacts, {len(document['mails'])} mails."
        )

    def _erase(self, options: dict[str, Any]) -> None:
        address = options["address"]
        if not options["yes"] and input(f"Type {address} once more to erase it: ").strip() != address:
            raise CommandError("Not the same address; nothing was erased.")
        self.stdout.write(export_and_erase.erase(address).sentence())
