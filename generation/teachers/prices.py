"""Keeps the price table: dated, sourced, an admin's to edit."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from django.db import transaction

from audit import trail
from generation.models import PriceEntry
from generation.states import PAID_PROVIDERS
from generation.teachers.edit import require_admin
from members.models import Member
from web.errors import Refusal


def set_price(
    *,
    provider: str,
    model: str,
    input_usd_per_million: Decimal,
    output_usd_per_million: Decimal,
    as_of: date,
    source_url: str,
    by: Member,
    note: str = "",
    cached_input_usd_per_million: Decimal | None = None,
    cache_write_usd_per_million: Decimal | None = None,
    batch_factor: Decimal | None = None,
) -> PriceEntry:
    """Set the price of a model, new or known.

    A price or factor of None is what the provider does by default, as far as that is known: see `PriceEntry`.

    Raises:
        PermissionDenied: The member is no admin.
        Refusal: `price_invalid` with errors by field.
    """
    require_admin(by)
    errors: dict[str, list[str]] = {}
    if provider not in PAID_PROVIDERS:
        errors["provider"] = ["Only paid providers have a price."]
    if not model.strip():
        errors["model"] = ["Name the model."]
    tokens = {
        "input_usd_per_million": input_usd_per_million,
        "output_usd_per_million": output_usd_per_million,
        "cached_input_usd_per_million": cached_input_usd_per_million,
        "cache_write_usd_per_million": cache_write_usd_per_million,
    }
    for name, value in tokens.items():
        if value is not None and not 0 <= value < 100_000:
            errors[name] = ["US dollars per million tokens, from 0."]
    if batch_factor is not None and not 0 <= batch_factor <= 1:
        errors["batch_factor"] = ["A share of the live price, from 0 to 1."]
    if source_url and not source_url.startswith(("https://", "http://")):
        errors["source_url"] = ["The address of the page the price was taken from."]
    if errors:
        raise Refusal("price_invalid", "This price cannot be saved as it is.", errors=errors)
    with transaction.atomic():
        told = {**tokens, "batch_factor": batch_factor, "as_of": as_of, "source_url": source_url, "note": note}
        entry, _ = PriceEntry.objects.update_or_create(provider=provider, model=model.strip(), defaults=told)
        said = {name: str(value) for name, value in tokens.items() if value is not None}
        trail.record("price_set", by=by, about=entry, provider=provider, model=entry.model, **said)
    return entry


def remove_price(entry: PriceEntry, *, by: Member) -> None:
    """Take a price out of the table; teachers of that model can then not be ordered from.

    Raises:
        PermissionDenied: The member is no admin.
    """
    require_admin(by)
    with transaction.atomic():
        trail.record("price_removed", by=by, about=entry, provider=entry.provider, model=entry.model)
        entry.delete()
