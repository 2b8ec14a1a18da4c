"""Changes prices in two steps: what a change would move is shown first, and it counts once it is confirmed."""

from __future__ import annotations

from dataclasses import dataclass

from generation.models import PriceEntry
from generation.pricing import effects
from generation.pricing.effects import PriceEffects
from generation.pricing.price_map import PriceMap
from generation.teachers import prices
from generation.teachers.edit import require_admin
from generation.teachers.prices import NewPrice
from members.models import Member
from web.errors import Refusal


@dataclass(frozen=True)
class PriceOutcome:
    """What became of a change: what it moves, and the rows it wrote; none while it waits to be confirmed."""

    effects: PriceEffects
    saved: list[PriceEntry]

    @property
    def is_saved(self) -> bool:
        """Whether it counts."""
        return bool(self.saved)


def change_price(new: NewPrice, *, by: Member, is_confirmed: bool) -> PriceOutcome:
    """Set a price where that was confirmed, or where nothing moves with it; else tell what would move.

    Raises:
        PermissionDenied: The member is no admin.
        Refusal: `price_invalid` with errors by field.
    """
    require_admin(by)
    prices.check(new)
    moved = effects.effects_of([new])
    return PriceOutcome(moved, [prices.set_price(new, by=by)] if is_confirmed or moved.is_empty else [])


def import_map(read: PriceMap, *, by: Member, is_confirmed: bool, skips_refused: bool = False) -> PriceOutcome:
    """Write the prices of a map, all or none; without confirmation tell what would move.

    Args:
        read: The map.
        by: An admin.
        is_confirmed: Whether to write.
        skips_refused: Write the others where rows are wrong; rows of other providers never hinder.

    Raises:
        PermissionDenied: The member is no admin.
        Refusal: `price_rows_refused` naming each wrong row; nothing is written.
    """
    require_admin(by)
    moved = effects.effects_of(read.prices)
    if not is_confirmed:
        return PriceOutcome(moved, [])
    require_whole(read, skips_refused=skips_refused)
    return PriceOutcome(moved, prices.set_prices(read.prices, by=by))


def require_whole(read: PriceMap, *, skips_refused: bool) -> None:
    """Refuse a map with wrong rows, unless they are to be left out.

    Raises:
        Refusal: `price_rows_refused`, naming each.
    """
    if read.mistakes and not skips_refused:
        raise Refusal(
            "price_rows_refused",
            f"{len(read.mistakes)} rows cannot be taken, so nothing is written.",
            hint="Mend them, or leave them out.",
            errors={row.name: [row.reason] for row in read.mistakes},
        )
