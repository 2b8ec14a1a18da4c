"""Writes a price map into the price table, once it is confirmed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from generation.models import PriceEntry
from generation.pricing.price_map import PriceMap
from generation.teachers import prices, queries
from generation.teachers.edit import require_admin
from generation.teachers.prices import NewPrice
from members.models import Member
from web.errors import Refusal


@dataclass(frozen=True)
class PriceChange:
    """A price to be written, and the one that counts now; None where the model has none."""

    old: PriceEntry | None
    new: NewPrice


@dataclass(frozen=True)
class PriceOutcome:
    """Changes of a map, and the rows written; none while it waits to be confirmed."""

    changes: list[PriceChange]
    saved: list[PriceEntry]

    @property
    def is_saved(self) -> bool:
        return bool(self.saved)


def changes_of(planned: Sequence[NewPrice]) -> list[PriceChange]:
    """Return each price with the one that counts now; one query."""
    current = {(entry.provider, entry.model): entry for entry in queries.prices()}
    return [PriceChange(current.get((new.provider, new.model.strip())), new) for new in planned]


def import_map(read: PriceMap, *, by: Member, is_confirmed: bool, skips_refused: bool = False) -> PriceOutcome:
    """Write the prices of a map, all or none; without confirmation tell what would change.

    Args:
        skips_refused: Write the others where rows are wrong; rows of other providers never hinder.

    Raises:
        PermissionDenied: The member is no admin.
        Refusal: `price_rows_refused` naming each wrong row; nothing is written.
    """
    require_admin(by)
    changes = changes_of(read.prices)
    if not is_confirmed:
        return PriceOutcome(changes, [])
    require_whole(read, skips_refused=skips_refused)
    return PriceOutcome(changes, prices.set_prices(read.prices, by=by))


def require_whole(read: PriceMap, *, skips_refused: bool) -> None:
    """Refuse a map with wrong rows, unless they are to be left out.

    Raises:
        Refusal: `price_rows_refused`, naming each.
    """
    if read.mistakes and not skips_refused:
        raise Refusal(
            "price_rows_refused",
            f"{len(read.mistakes)} rows cannot be imported, so nothing is written.",
            hint="Correct them, or leave them out.",
            errors={row.name: [row.reason] for row in read.mistakes},
        )
