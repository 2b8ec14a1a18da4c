"""Read a price map and, once it is confirmed, write it into the price table.

A map is one JSON object of models by name, each with dollars per token, as LiteLLM publishes one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Final

from django.utils import timezone

from generation.models import PriceEntry
from generation.money import prices
from generation.states import Provider
from members.models import Member
from web import strict_json
from web.errors import Refusal

MILLION: Final = 1_000_000
PLACES: Final = Decimal("0.0001")
THOUSANDTH: Final = Decimal("0.001")
# Dollars per token are written as binary fractions; beyond this many digits there is only their noise.
DIGITS: Final = 12
PROVIDERS: Final[Mapping[str, Provider]] = {
    "openai": Provider.OPENAI,
    "anthropic": Provider.ANTHROPIC,
    "openai-compatible": Provider.COMPATIBLE,
}
WRITES_TEXT: Final = frozenset({"chat", "responses", "completion", ""})
NOTE: Final = "Imported from a price map."
LONGEST_URL: Final = 300
COLUMNS: Final[Mapping[str, str]] = {
    "input_usd_per_million": "input_cost_per_token",
    "output_usd_per_million": "output_cost_per_token",
    "cached_input_usd_per_million": "cache_read_input_token_cost",
    "cache_write_usd_per_million": "cache_creation_input_token_cost",
}
REQUIRED: Final = ("input_usd_per_million", "output_usd_per_million")
Row = Mapping[str, object]


@dataclass(frozen=True)
class RefusedRow:
    """A row that is not taken, and why; `is_foreign`: no mistake, but of a provider or kind unknown here."""

    name: str
    reason: str
    is_foreign: bool = False


@dataclass
class PriceMap:
    """Content of a price map.

    Attributes:
        prices: Prices that are new or differ from those that count now.
        refused: Rows that are not taken, in the map's order.
        own: The map without the rows of other providers and kinds, as it was written.
    """

    prices: list[PriceEntry] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    refused: list[RefusedRow] = field(default_factory=list)
    own: dict[str, object] = field(default_factory=dict)

    @property
    def mistakes(self) -> list[RefusedRow]:
        return [row for row in self.refused if not row.is_foreign]

    @property
    def foreign(self) -> list[RefusedRow]:
        return [row for row in self.refused if row.is_foreign]


class RefusedError(Exception):
    """One row is not taken."""

    def __init__(self, reason: str, *, is_foreign: bool = False) -> None:
        super().__init__(reason)
        self.reason, self.is_foreign = reason, is_foreign


def read_text(text: str | bytes, *, from_date: date | None = None) -> PriceMap:
    """Read a map from a file's content.

    Raises:
        Refusal: `price_map`, it is not a JSON object.
    """
    try:
        rows = strict_json.loads(text)
    except ValueError as error:
        raise Refusal("price_map", f"The file is not JSON: {error}", errors={"file": ["Not read as JSON."]}) from None
    return read(rows, from_date=from_date)


def read(rows: object, *, from_date: date | None = None) -> PriceMap:
    """Read a map.

    Args:
        from_date: The day from which its prices are to count; today by default.

    Raises:
        Refusal: `price_map`, it is no object of models by name.
    """
    if not isinstance(rows, dict) or not rows:
        message = (
            "A price map is one JSON object: models by name, each with input_cost_per_token and output_cost_per_token."
        )
        raise Refusal("price_map", message, errors={"file": [message]})
    today = timezone.localdate()
    table = {(entry.provider, entry.model): entry for entry in prices.prices(from_date or today)}
    result, keys = PriceMap(), set[tuple[str, str]]()
    for name, row in rows.items():
        try:
            new = _price(str(name), row, table, from_date or today)
            if (key := (new.provider, new.model)) in keys:
                raise RefusedError("Another row names the same model.")
        except RefusedError as refused:
            result.refused.append(RefusedRow(str(name), refused.reason, refused.is_foreign))
            if not refused.is_foreign:
                result.own[str(name)] = row
            continue
        keys.add(key)
        result.own[str(name)] = row
        if _is_same(new, table.get(key)):
            result.unchanged.append(new.model)
        else:
            result.prices.append(new)
    return result


def _price(name: str, row: object, table: Mapping[tuple[str, str], PriceEntry], from_date: date) -> PriceEntry:
    if not isinstance(row, dict):
        raise RefusedError("It is not an object.")
    provider = _provider(row)
    model = name.removeprefix(f"{provider}/").strip()
    current = table.get((provider, model))
    source = row.get("source")
    new = prices.new_price(
        provider=provider,
        model=model,
        **{column: _usd(row, key, is_needed=column in REQUIRED) for column, key in COLUMNS.items()},
        batch_factor=_batch_factor(row, current),
        as_of=timezone.localdate(),
        from_date=from_date,
        shutdown_date=_day(row) or (current.shutdown_date if current else None),
        source_url=source if isinstance(source, str) and _is_address(source) else "",
        note=NOTE,
    )
    if errors := prices.errors_of(new):
        raise RefusedError(" ".join(f"{column}: {' '.join(texts)}" for column, texts in errors.items()))
    return new


def _provider(row: Row) -> Provider:
    named, mode = row.get("litellm_provider"), row.get("mode") or ""
    if not isinstance(named, str) or not named:
        raise RefusedError("It names no provider (litellm_provider).")
    if (provider := PROVIDERS.get(named)) is None:
        raise RefusedError(f"Teachers of the provider '{named[:60]}' are not supported.", is_foreign=True)
    if not isinstance(mode, str) or mode not in WRITES_TEXT:
        raise RefusedError(f"It writes no text: its mode is '{str(mode)[:60]}'.", is_foreign=True)
    return provider


def _usd(row: Row, key: str, *, is_needed: bool) -> Decimal | None:
    """Dollars per million tokens, exact to four digits."""
    value = row.get(key)
    if value is None and not is_needed:
        return None
    usd = _number(key, value) * MILLION
    if usd != usd.quantize(PLACES):
        raise RefusedError(f"{key}: more than four digits of a dollar per million tokens.")
    return usd.quantize(PLACES)


def _number(key: str, value: object) -> Decimal:
    if value is None:
        raise RefusedError(f"{key} is missing.")
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise RefusedError(f"{key} is not a number.")
    if not 0 <= value < prices.DEAREST / MILLION:
        raise RefusedError(f"{key}: dollars per token, from 0 and below {prices.DEAREST / MILLION}.")
    return Decimal(f"{value:.{DIGITS}g}")


def _batch_factor(row: Row, current: PriceEntry | None) -> Decimal | None:
    """Share of a live call's price: the dearer of input and output. An admin's entry stays where the map has none."""
    shares = []
    for key in ("input_cost_per_token", "output_cost_per_token"):
        if row.get(f"{key}_batches") is not None and (live := _number(key, row.get(key))):
            shares.append(_number(f"{key}_batches", row[f"{key}_batches"]) / live)
    if len(shares) == len(REQUIRED):
        return max(shares).quantize(THOUSANDTH)
    return current.batch_factor if current else None


def _day(row: Row) -> date | None:
    value = row.get("deprecation_date") or row.get("shutdown_date")
    if not value:
        return None
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError:
        raise RefusedError(f"'{str(value)[:40]}' is not a date; write it as YYYY-MM-DD.") from None


def _is_address(text: str) -> bool:
    return text.startswith(("https://", "http://")) and len(text) <= LONGEST_URL


def _is_same(new: PriceEntry, entry: PriceEntry | None) -> bool:
    if entry is None:
        return False
    names = (*COLUMNS, "shutdown_date")
    same = all(getattr(new, name) == getattr(entry, name) for name in names)
    return same and (new.batch_factor is None or new.batch_factor == entry.batch_share)


@dataclass(frozen=True)
class PriceChange:
    """A price to be written, and the one that counts now; None where the model has none."""

    old: PriceEntry | None
    new: PriceEntry


@dataclass(frozen=True)
class PriceOutcome:
    """A map that was read, its changes, and the rows written; none while it waits to be confirmed."""

    read: PriceMap
    changes: list[PriceChange]
    saved: list[PriceEntry]

    @property
    def is_saved(self) -> bool:
        return bool(self.saved)


def changes_of(planned: Sequence[PriceEntry]) -> list[PriceChange]:
    """Return each price with the one that counts now; one query."""
    current = {(entry.provider, entry.model): entry for entry in prices.prices()}
    return [PriceChange(current.get((new.provider, new.model)), new) for new in planned]


def import_map(parsed_map: PriceMap, *, by: Member, is_confirmed: bool, skips_refused: bool = False) -> PriceOutcome:
    """Write the prices of a map, all or none; without confirmation tell what would change.

    Args:
        skips_refused: Write the others where rows are wrong; rows of other providers never hinder.

    Raises:
        PermissionDenied: The member is no admin.
        Refusal: `price_rows_refused` naming each wrong row; nothing is written.
    """
    prices.require_admin(by)
    changes = changes_of(parsed_map.prices)
    if not is_confirmed:
        return PriceOutcome(parsed_map, changes, [])
    require_whole(parsed_map, skips_refused=skips_refused)
    return PriceOutcome(parsed_map, changes, prices.set_prices(parsed_map.prices, by=by))


def require_whole(parsed_map: PriceMap, *, skips_refused: bool) -> None:
    """Refuse a map with wrong rows, unless they are to be left out.

    Raises:
        Refusal: `price_rows_refused`, naming each.
    """
    if parsed_map.mistakes and not skips_refused:
        raise Refusal(
            "price_rows_refused",
            f"{len(parsed_map.mistakes)} rows cannot be imported, so nothing is written.",
            hint="Correct them, or leave them out.",
            errors={row.name: [row.reason] for row in parsed_map.mistakes},
        )
