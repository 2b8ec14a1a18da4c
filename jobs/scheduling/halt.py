"""The one switch that stops whatever leaves the installation: mails, paid calls, pushes to a hub, webhooks.

The row is the truth. Whatever is about to leave asks `hold` inside the transaction that lets it go. `halt` waits for
such transactions and holds up later ones, so that nothing is let go after the halt has committed.
"""

from __future__ import annotations

from datetime import datetime

from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from audit import trail
from jobs.kinds import registry
from jobs.models import Halt, Job
from jobs.scheduling.clock import database_time_in
from jobs.states import CLAIMABLE
from members import session
from members.models import Member
from web.db.compiled_query import CompiledQuery
from web.errors import Refusal

ONLY = 1
LONGEST_REASON = 200
# Any number that nothing else locks on.
_LOCK = 0x68616C74


# Asked for each thing that leaves, so it is compiled once.
_STANDING = CompiledQuery(lambda: standing().select_related("by"))


class HaltedError(Exception):
    """Refusal to start work that leaves the installation during a halt."""


def standing() -> QuerySet[Halt]:
    """The halt that stands, as a queryset of one row or none, to be asked in one statement with other things."""
    return Halt.objects.filter(pk=ONLY, is_on=True)


def current_halt() -> Halt | None:
    """Return the halt that stands, or None. One query; only `hold` is safe against a halt that commits meanwhile."""
    return next(iter(_STANDING()), None)


def check_and_lock() -> Halt | None:
    """Return the halt that stands, or None and keep any from committing until the caller's transaction has ended.

    Raises:
        TransactionManagementError: There is no transaction.
    """
    hold_off()
    return current_halt()


def hold_off() -> None:
    """Keep any halt from committing until the caller's transaction has ended. Whether one stands is asked after it.

    Raises:
        TransactionManagementError: There is no transaction.
    """
    _lock(shared=True)


def halt(*, by: Member | None, reason: str = "") -> Halt:
    """Stop everything that leaves. While it is stopped, stopping again changes nothing: who was first stays named.

    Args:
        by: An admin; None from the command line.
        reason: Why, shown to every member; at most 200 characters.

    Returns:
        The halt that stands.

    Raises:
        PermissionDenied: The member is no admin.
        Refusal: 422, the reason is too long.
    """
    require_admin(by)
    reason = " ".join(reason.split())
    if len(reason) > LONGEST_REASON:
        raise Refusal(
            "invalid_halt",
            "The reason is too long; nothing was stopped.",
            hint="Correct this field, or leave it empty.",
            errors={"reason": [f"It has {len(reason)} characters; {LONGEST_REASON} are kept."]},
        )
    with transaction.atomic():
        _lock(shared=False)
        Halt.objects.get_or_create(pk=ONLY)
        stopped = Halt.objects.filter(pk=ONLY, is_on=False)
        if stopped.update(is_on=True, since=timezone.now(), by=by, reason=reason):
            trail.record("halted", by=by, reason=reason)
        return Halt.objects.select_related("by").get(pk=ONLY)


def resume(*, by: Member | None) -> bool:
    """Let things leave again, from where they stood; every job that waits is rung for within seconds.

    Args:
        by: An admin; None from the command line.

    Returns:
        Whether anything had been stopped.

    Raises:
        PermissionDenied: The member is no admin.
    """
    require_admin(by)
    with transaction.atomic():
        _lock(shared=False)
        ended = Halt.objects.filter(pk=ONLY, is_on=True).update(is_on=False, resumed_at=timezone.now())
        if not ended:
            return False
        trail.record("resumed", by=by)
        # Marked as unheard, so that the next reaper rings for all of them, whether or not the broker is there now.
        Job.objects.filter(kind__in=leaving_kinds(), state__in=CLAIMABLE).update(rung_at=database_time_in(-86400.0))
    return True


def leaving_kinds() -> list[str]:
    """Names of the kinds of jobs whose work leaves the installation."""
    return sorted(kind.name for kind in registry.KINDS.values() if kind.leaves)


def wait_reason(standing: Halt) -> str:
    """Return the reason that a job shows while it waits for the end of a halt."""
    return f"all outgoing traffic is stopped{': ' + standing.reason if standing.reason else ''}"


def resumed_at() -> datetime | None:
    """Return when things were last allowed to leave again, None if they never were stopped."""
    return Halt.objects.filter(pk=ONLY).values_list("resumed_at", flat=True).first()


def require_admin(by: Member | None) -> None:
    """Refuse everybody but admins and the command line.

    Raises:
        PermissionDenied: The member is no admin.
    """
    if by is not None:
        session.require_admin(by, "Only an admin can stop or resume outgoing traffic. Ask one.")


def _lock(*, shared: bool) -> None:
    """Keep halts and what leaves apart. SQLite's IMMEDIATE transactions follow each other anyway."""
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("Ask inside the transaction that lets something leave.")
    if connection.vendor == "postgresql":
        name = "pg_advisory_xact_lock_shared" if shared else "pg_advisory_xact_lock"
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {name}(%s)", [_LOCK])
