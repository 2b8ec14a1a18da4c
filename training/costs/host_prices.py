"""Keeps what hosts cost: an admin's to edit. Runs that have ended keep the price they ended under."""

from __future__ import annotations

from decimal import Decimal

from django.db import transaction

from audit import trail
from jobs.scheduling import workers
from members import session
from members.models import Member
from training.models import HostPrice, TrainingRun
from web.errors import Refusal

MAX_USD_PER_HOUR = Decimal(10_000)


def set_price(*, host: str, usd_per_hour: Decimal, by: Member, note: str = "") -> HostPrice:
    """Set the price of a host, new or known.

    Raises:
        PermissionDenied: The member is no admin.
        Refusal: 400, with errors by field.
    """
    _require_admin(by)
    errors: dict[str, list[str]] = {}
    if not host.strip():
        errors["host"] = ["Name the host, or 'default'."]
    if not 0 <= usd_per_hour <= MAX_USD_PER_HOUR:
        errors["usd_per_hour"] = ["US dollars an hour, from 0 to 10,000."]
    if errors:
        raise Refusal("price_invalid", "This price cannot be saved as it is.", status=400, errors=errors)
    with transaction.atomic():
        row, _ = HostPrice.objects.update_or_create(
            host=host.strip(), defaults={"usd_per_hour": usd_per_hour, "note": note.strip()}
        )
        trail.record("host_price_set", by=by, about=row, host=row.host, usd_per_hour=str(usd_per_hour))
    return row


def remove_price(price_id: int, *, by: Member) -> str:
    """Take a price out of the table; returns its host. One that is gone already stays gone.

    Raises:
        PermissionDenied: The member is no admin.
    """
    _require_admin(by)
    row = HostPrice.objects.filter(pk=price_id).first()
    if row is None:
        return ""
    with transaction.atomic():
        trail.record("host_price_removed", by=by, about=row, host=row.host)
        row.delete()
    return row.host


def _require_admin(member: Member) -> None:
    session.require_admin(member, "Only an admin can set the prices of hosts.")


def price_table() -> list[HostPrice]:
    """Prices by host, the default one first."""
    return sorted(HostPrice.objects.all(), key=lambda row: (row.host != "default", row.host))


def hosts_without_price() -> list[str]:
    """Hosts that train or have trained and have no line of their own."""
    trained = TrainingRun.objects.exclude(job__host_id="").values_list("job__host_id", flat=True).distinct()
    present = [beat.host for beat in workers.present() if not beat.queues or "training" in beat.queues.split(",")]
    priced = set(HostPrice.objects.values_list("host", flat=True))
    return sorted({*trained, *present} - priced)
