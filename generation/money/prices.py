"""Keep the price table: dated rows, each with its source, an admin's to edit. Rows of the past are never changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.utils import timezone

from audit import trail
from generation.engine.prices import TOKEN_PRICES
from generation.models import PriceEntry, Teacher
from generation.states import PAID_PROVIDERS
from members import session
from members.models import Member
from web.errors import Refusal
from web.http.first_or_404 import first_or_404

LONGEST_MODEL = 120
DEAREST = 100_000


def prices(today: date | None = None) -> QuerySet[PriceEntry]:
    """Prices that count on a day, today by default, by provider and model: of each model the newest that has begun."""
    begun = PriceEntry.objects.filter(
        provider=OuterRef("provider"), model=OuterRef("model"), from_date__lte=today or timezone.localdate()
    )
    newest = Subquery(begun.order_by("-from_date").values("pk")[:1])
    return PriceEntry.objects.filter(pk=newest).order_by("provider", "model")


def connected_prices(today: date | None = None) -> QuerySet[PriceEntry]:
    """The prices that count on a day, today by default, of models that a teacher in use asks."""
    teachers = Teacher.objects.filter(is_active=True, provider=OuterRef("provider"), model=OuterRef("model"))
    return prices(today).filter(Exists(teachers))


def price_rows(*, provider: str = "", model: str = "") -> QuerySet[PriceEntry]:
    """Every row of the price table, those of the past and to come included, each model's newest first."""
    rows = PriceEntry.objects.order_by("provider", "model", "-from_date")
    rows = rows.filter(provider=provider) if provider else rows
    return rows.filter(model=model) if model else rows


def coming_prices() -> QuerySet[PriceEntry]:
    """Prices that do not count yet, the soonest first."""
    return PriceEntry.objects.filter(from_date__gt=timezone.localdate()).order_by("from_date", "provider", "model")


def price_entry(provider: str, model: str) -> PriceEntry | None:
    """The table's line for a model that counts now, if it has one."""
    return prices().filter(provider=provider, model=model).first()


def lasting_facts(provider: str, model: str, from_date: date | None) -> dict[str, Any]:
    """Return what a new price takes over where it names nothing else: the facts of the price that counts on its day."""
    before = prices(from_date).filter(provider=provider, model=model).first()
    return {name: getattr(before, name) for name in ("batch_factor", "shutdown_date")} if before else {}


def price_or_404(price_id: int) -> PriceEntry:
    """One entry of the table."""
    return first_or_404(PriceEntry.objects.filter(pk=price_id), "There is no such price.")


def new_price(*, from_date: date | None = None, model: str, **values: Any) -> PriceEntry:
    """Return a price as it is to stand in the table, unsaved; without a day it counts from today on."""
    return PriceEntry(from_date=from_date or timezone.localdate(), model=model.strip(), **values)


def errors_of(new: PriceEntry) -> dict[str, list[str]]:
    errors: dict[str, list[str]] = {}
    if new.provider not in PAID_PROVIDERS:
        errors["provider"] = ["Only paid providers have a price."]
    if not 0 < len(new.model) <= LONGEST_MODEL:
        errors["model"] = [f"Name the model, in at most {LONGEST_MODEL} characters."]
    for name in TOKEN_PRICES:
        value = getattr(new, name)
        if value is not None and not (value.is_finite() and 0 <= value < DEAREST):
            errors[name] = ["US dollars per million tokens, from 0."]
    if new.batch_factor is not None and not (new.batch_factor.is_finite() and 0 <= new.batch_factor <= 1):
        errors["batch_factor"] = ["A share of the live price, from 0 to 1."]
    if new.source_url and not new.source_url.startswith(("https://", "http://")):
        errors["source_url"] = ["The address of the page the price was taken from."]
    if new.from_date < timezone.localdate():
        errors["from_date"] = ["A price counts from today on or later: what was paid keeps its price."]
    return errors


def set_price(new: PriceEntry, *, by: Member) -> PriceEntry:
    """Set the price of a model, new or known, from a day on; a price of the same day is replaced.

    Raises:
        PermissionDenied: The member is no admin.
        Refusal: `price_invalid` with errors by field.
    """
    return set_prices([new], by=by)[0]


def set_prices(entries: Sequence[PriceEntry], *, by: Member | None) -> list[PriceEntry]:
    """Set several prices, all or none; `by` is None at the command line.

    Raises:
        PermissionDenied: The member is no admin.
        Refusal: `price_invalid` with errors by field.
    """
    if by is not None:
        require_admin(by)
    for new in entries:
        if errors := errors_of(new):
            raise Refusal("price_invalid", "This price cannot be saved as it is.", errors=errors)
    with transaction.atomic():
        return [_save(new, by) for new in entries]


def _save(new: PriceEntry, by: Member | None) -> PriceEntry:
    names = (*TOKEN_PRICES, "batch_factor", "as_of", "source_url", "note", "shutdown_date")
    entry, _ = PriceEntry.objects.update_or_create(
        provider=new.provider,
        model=new.model,
        from_date=new.from_date,
        defaults={name: getattr(new, name) for name in names},
    )
    usd = {name: str(getattr(new, name)) for name in TOKEN_PRICES if getattr(new, name) is not None}
    trail.record(
        "price_set",
        by=by,
        about=entry,
        provider=new.provider,
        model=new.model,
        from_date=new.from_date.isoformat(),
        **usd,
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
        current = {entry.pk for entry in prices(today)}
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


def require_admin(member: Member) -> None:
    """Refuse anyone but an admin.

    Raises:
        PermissionDenied: Always, for others.
    """
    session.require_admin(member, "Only an admin may add or change teachers and prices.")
