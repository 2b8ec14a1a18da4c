"""`manage.py import_prices`: write a price map into the price table. Knows only the services it calls."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from generation.money import price_map, prices
from web.errors import Refusal


class Command(BaseCommand):
    help = "Write a price map (JSON as LiteLLM publishes one) into the price table, all or nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="The map: models by name with input_cost_per_token and so on.")
        parser.add_argument("--check", action="store_true", help="Write nothing; show what would change.")
        parser.add_argument("--skip-refused", action="store_true", help="Leave out rows that cannot be imported.")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            read = price_map.read_text(options["file"].read_bytes())
        except OSError as error:
            raise CommandError(f"{options['file']} cannot be read: {error.strerror}.") from None
        except Refusal as refusal:
            raise CommandError(refusal.message) from None
        self._tell(read)
        try:
            price_map.require_whole(read, skips_refused=options["skip_refused"])
        except Refusal as refusal:
            raise CommandError(f"{refusal.message} --skip-refused leaves them out.") from None
        if options["check"]:
            self.stdout.write("Nothing is written.")
            return
        self.stdout.write(f"{len(prices.set_prices(read.prices, by=None))} prices written.")

    def _tell(self, parsed_map: price_map.PriceMap) -> None:
        for each in price_map.changes_of(parsed_map.prices):
            old = f"{each.old.input_usd_per_million} / {each.old.output_usd_per_million}" if each.old else "no price"
            new = f"{each.new.input_usd_per_million} / {each.new.output_usd_per_million}"
            self.stdout.write(f"{each.new.provider} {each.new.model}: {old} -> {new} $ per million tokens, in / out")
        for row in parsed_map.refused:
            self.stdout.write(f"refused: {row.name}: {row.reason}")
        self.stdout.write(
            f"{len(parsed_map.prices)} to write, {len(parsed_map.unchanged)} unchanged, "
            f"{len(parsed_map.refused)} refused"
        )
