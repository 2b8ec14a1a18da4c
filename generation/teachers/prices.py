"""Keeps the price table: dated rows, each with its source, an admin's to edit. Rows of the past are never changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.utils import timezone

from audit import trail
from generation.models import PriceEntry
from generation.states import PAID_PROVIDERS
from generation.teachers import queries
from generation.teachers.edit import require_admin
from members.models import Member
from web.errors import Refusal

TOKEN_PRICES = (
    "input_usd_per_million",
    "output_usd_per_million",
    "cached_input_usd_per_million",
    "cache_write_usd_per_million",
)
LONGEST_MODEL = 120
DEAREST = 100_000


@dataclass(frozen=True, kw_only=True)
class NewPrice:
    """A price as it is to stand in the table.

    A price or factor of None is what the provider does by default, as far as that is known: see `PriceEntry`. Without
    `from_date` it counts from today on.
    """

    provider: str
    model: str
    input_usd_per_million: Decimal
    output_usd_per_million: Decimal
    as_of: date
    source_url: str = ""
    note: str = ""
    cached_input_usd_per_million: Decimal | None = None
    cache_write_usd_per_million: Decimal | None = None
    batch_factor: Decimal | None = None
    from_date: date | None = None
    shutdown_date: date | None = None

    @property
    def begins(self) -> date:
        return self.from_date or timezone.localdate()

    def as_entry(self) -> PriceEntry:
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return PriceEntry(**values | {"model": self.model.strip(), "from_date": self.begins})


def check(new: NewPrice) -> None:
    """Refuse a price that cannot stand in the table.

    Raises:
        Refusal: `price_invalid` with errors by field.
    """
    if errors := errors_of(new):
        raise Refusal("price_invalid", "This price cannot be saved as it is.", errors=errors)


def errors_of(new: NewPrice) -> dict[str, list[str]]:
    errors: dict[str, list[str]] = {}
    if new.provider not in PAID_PROVIDERS:
        errors["provider"] = ["Only paid providers have a price."]
    if not 0 < len(new.model.strip()) <= LONGEST_MODEL:
        errors["model"] = [f"Name the model, in at most {LONGEST_MODEL} characters."]
    for name in TOKEN_PRICES:
        value = getattr(new, name)
        if value is not None and not (value.is_finite() and 0 <= value < DEAREST):
            errors[name] = ["US dollars per million tokens, from 0."]
    if new.batch_factor is not None and not (new.batch_factor.is_finite() and 0 <= new.batch_factor <= 1):
        errors["batch_factor"] = ["A share of the live price, from 0 to 1."]
    if new.source_url and not new.source_url.startswith(("https://", "http://")):
        errors["source_url"] = ["The address of the page the price was taken from."]
    if new.begins < timezone.localdate():
        errors["from_date"] = ["A price counts from today on or later: what was paid keeps its price."]
    return errors


def set_price(new: NewPrice, *, by: Member) -> PriceEntry:
    """Set the price of a model, new or known, from a day on; a price of the same day is replaced.

    Raises:
        PermissionDenied: The member is no admin.
        Refusal: `price_invalid` with errors by field.
    """
    return set_prices([new], by=by)[0]


def set_prices(prices: Sequence[NewPrice], *, by: Member | None) -> list[PriceEntry]:
    """Set several prices, all or none; `by` is None at the command line.

    Raises:
        PermissionDenied: The member is no admin.
        Refusal: `price_invalid` with errors by field.
    """
    if by is not None:
        require_admin(by)
    for new in prices:
        check(new)
    with transaction.atomic():
        return [_save(new, by) for new in prices]


def _save(new: NewPrice, by: Member | None) -> PriceEntry:
    model = new.model.strip()
    names = (*TOKEN_PRICES, "batch_factor", "as_of", "source_url", "note", "shutdown_date")
    entry, _ = PriceEntry.objects.update_or_create(
        provider=new.provider,
        model=model,
        from_date=new.begins,
        defaults={name: getattr(new, name) for name in names},
    )
    usd = {name: str(getattr(new, name)) for name in TOKEN_PRICES if getattr(new, name) is not None}
    trail.record(
        "price_set", by=by, about=entry, provider=new.provider, model=model, from_date=new.begins.isoformat(), **usd
    )
    return entry


def keep_shutdown_dates(provider: str, dates: Mapping[str, date], *, by: Member) -> list[str]:
    """Keep when a provider shuts its models down, on prices that count now and later; return models whose day changed.

    Args:
        dates: By model, as the provider's list has them; models that it names no day for keep what was entered.

    Raises:
        PermissionDenied: The member is no admin.
    """
    require_admin(by)
    changed = []
    today = timezone.localdate()
    with transaction.atomic():
        current = {entry.pk for entry in queries.prices(today)}
        for entry in PriceEntry.objects.filter(provider=provider, model__in=list(dates)):
            day = dates[entry.model]
            if entry.shutdown_date == day or (entry.pk not in current and entry.from_date <= today):
                continue
            PriceEntry.objects.filter(pk=entry.pk).update(shutdown_date=day)
            trail.record(
                "price_shutdown_set", by=by, about=entry, provider=provider, model=entry.model, day=day.isoformat()
            )
            changed.append(entry.model)
    return sorted(set(changed))


def remove_price(entry: PriceEntry, *, by: Member) -> None:
    """Take a price out of the table; the one before it counts again, and without one the model cannot be asked.

    Raises:
        PermissionDenied: The member is no admin.
    """
    require_admin(by)
    with transaction.atomic():
        trail.record("price_removed", by=by, about=entry, provider=entry.provider, model=entry.model)
        entry.delete()
