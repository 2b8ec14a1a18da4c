"""`manage.py rebuild_ledger`: write the sums of days anew from the calls. Knows only the service it calls."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from generation.money import daily_sums


class Command(BaseCommand):
    help = "Rebuild the ledger's sums from the calls. The result equals what was written with them at their time."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="Change nothing; fail where sums differ.")

    def handle(self, *args: Any, **options: Any) -> None:
        orders = different = 0
        for order in daily_sums.all_orders():
            orders += 1
            if daily_sums.differs(order) if options["check"] else daily_sums.rebuild(order):
                different += 1
                self.stdout.write(f"The sums of the order {order.pk} differ from its calls.")
        if options["check"] and different:
            raise CommandError(f"{different} of {orders} orders differ; rebuild_ledger without --check corrects them.")
        self.stdout.write(f"{orders} orders summed, {different} differed")
