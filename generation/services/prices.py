"""Keeps the price table: dated, sourced, an admin's to edit."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from generation.models import PriceEntry
from generation.services.teachers import require_admin
from generation.states import PAID
from members.models import Member
from web.errors import Refusal


def put(
    *,
    provider: str,
    model: str,
    input_usd_per_million: Decimal,
    output_usd_per_million: Decimal,
    as_of: date,
    source_url: str,
    by: Member,
    note: str = "",
) -> PriceEntry:
    """Set the price of a model, new or known.

    Raises:
        PermissionDenied: The member is no admin.
        Refusal: `price_invalid` with errors by field.
    """
    require_admin(by)
    errors: dict[str, list[str]] = {}
    if provider not in PAID:
        errors["provider"] = ["Only paid providers have a price."]
    if not model.strip():
        errors["model"] = ["Name the model."]
    for name, value in (
        ("input_usd_per_million", input_usd_per_million),
        ("output_usd_per_million", output_usd_per_million),
    ):
        if not 0 <= value < 100_000:
            errors[name] = ["US dollars per million tokens, from 0."]
    if source_url and not source_url.startswith(("https://", "http://")):
        errors["source_url"] = ["The address of the page the price was taken from."]
    if errors:
        raise Refusal("price_invalid", "This price cannot be saved as it is.", errors=errors)
    entry, _ = PriceEntry.objects.update_or_create(
        provider=provider,
        model=model.strip(),
        defaults={
            "input_usd_per_million": input_usd_per_million,
            "output_usd_per_million": output_usd_per_million,
            "as_of": as_of,
            "source_url": source_url,
            "note": note,
        },
    )
    return entry


def remove(entry: PriceEntry, *, by: Member) -> None:
    """Take a price out of the table; teachers of that model can then not be ordered from.

    Raises:
        PermissionDenied: The member is no admin.
    """
    require_admin(by)
    entry.delete()
