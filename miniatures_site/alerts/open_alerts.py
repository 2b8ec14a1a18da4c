"""Keep the alerts that are under way as rows, and tell each channel once of the beginning and once of the end.

A row is claimed by a conditional UPDATE before it is told, so of two checkers one tells. A checker that dies between
telling and writing it down leaves its claim: after that the alert is told a second time, rather than never.

What one machine alone sees carries its mark in the subject, and ends when that machine sees it no more. A boot changes
the mark; what outlasts it stays the alert it was.
"""

from __future__ import annotations

import platform
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Literal

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils import timezone

from jobs.models import Alert, Host
from jobs.rundir import identity
from miniatures_site.alerts import channels
from miniatures_site.alerts.channels import Change
from miniatures_site.operations.troubles import Trouble

# Longer than both channels may take; also the pause before a receiver that was away is tried again.
CLAIM_S = 90
# Between a subject and the machine that alone sees it; containers of one machine share its boot.
SEEN_FROM = "seen from machine "
# Where workers of several machines look by lot, each looks seldom. A machine silent for longer is gone.
GONE_AFTER = timedelta(hours=1)


def update(troubles: Sequence[Trouble]) -> None:
    """Write down which troubles are there now, and tell of what began and ended."""
    now = timezone.now()
    for trouble in troubles:
        if trouble.alert:
            _see(trouble, now)
    claimed = [(alert, change) for alert in Alert.objects.all() if (change := _claim(alert, now))]
    for channel in channels.configured():
        mine = [(alert, change) for alert, change in claimed if channel in alert.telling]
        if mine and channels.tell(channel, [change for _, change in mine]):
            for alert, change in mine:
                _record(alert, channel, change.state)
    for alert, change in claimed:
        _release(alert, change.state)


def _see(trouble: Trouble, now: datetime) -> None:
    message, subject = trouble.message, trouble.subject[:200]
    if trouble.is_local:
        message, subject = f"On {platform.node()}: {message}", _own_subject(trouble.alert, subject)
    words = {"message": message[:500], "hint": trouble.hint[:500], "last_seen_at": now}
    Alert.objects.update_or_create(
        name=trouble.alert,
        subject=subject,
        defaults=words,
        create_defaults={**words, "first_seen_at": now},
    )


def _own_subject(name: str | None, subject: str) -> str:
    """The subject with this machine's mark; the alert of before its boot, or of before there were marks, gets it."""
    own = f"{subject} {_mark(identity.boot_id())}".strip()
    if not Alert.objects.filter(name=name, subject=own).exists():
        booted_at = datetime.fromtimestamp(identity.booted_at(), UTC)
        before_boot = Q(subject__startswith=f"{subject} {SEEN_FROM}".lstrip(), last_seen_at__lt=booted_at)
        alerts = Alert.objects.filter(before_boot | Q(subject=subject), name=name).order_by("-last_seen_at")
        # A boot that has beaten since this one is of another machine, which looks again.
        boots = Host.objects.filter(seen_at__gte=booted_at).values_list("boot_id", flat=True)
        others = tuple(map(_mark, boots))
        earlier = next((alert for alert in alerts if not alert.subject.endswith(others)), None)
        if earlier is not None:
            Alert.objects.filter(pk=earlier.pk, subject=earlier.subject).update(subject=own)
    return own


def _mark(boot_id: str) -> str:
    return SEEN_FROM + boot_id[-8:]


def _claim(alert: Alert, now: datetime) -> Change | None:
    """Take the right to tell of an alert; None where there is nothing to tell, or another checker is at it."""
    state, due = _due(alert, now)
    unclaimed = Q(claimed_until__isnull=True) | Q(claimed_until__lt=now)
    mine = Alert.objects.filter(unclaimed, pk=alert.pk, last_seen_at=alert.last_seen_at, told=alert.told)
    if state == "gone":
        mine.delete()
    if state in ("lasting", "gone") or not due:
        return None
    alert.claimed_until, alert.telling = now + timedelta(seconds=CLAIM_S), due
    if not mine.update(claimed_until=alert.claimed_until, telling=due):
        return None
    words = (alert.name, alert.subject, alert.message, alert.hint, alert.first_seen_at)
    return Change("ended" if state == "ended" else "began", *words)


def _due(alert: Alert, now: datetime) -> tuple[Literal["lasting", "gone", "began", "ended"], list[str]]:
    """Return the state of an alert, and the channels to notify."""
    patience = timedelta(seconds=settings.ALERT_AFTER_S)
    configured = channels.configured()
    notified = [channel for channel in configured if channel in [*alert.told, *alert.telling]]
    is_there = alert.last_seen_at >= now
    is_elsewhere = SEEN_FROM in alert.subject and not alert.subject.endswith(_mark(identity.boot_id()))
    if is_elsewhere and now - alert.last_seen_at < GONE_AFTER:
        return "lasting", []
    if not is_there and not notified:
        return "gone", []
    if not is_there:
        return ("ended", notified) if now - alert.last_seen_at >= patience else ("lasting", [])
    if now - alert.first_seen_at < patience:
        return "lasting", []
    return "began", [channel for channel in configured if channel not in alert.told]


def _record(alert: Alert, channel: str, state: str) -> None:
    """Write down at once that a channel has been told."""
    alert.told = [*alert.told, channel] if state == "began" else [name for name in alert.told if name != channel]
    alert.telling = [name for name in alert.telling if name != channel]
    _held(alert).update(told=alert.told, telling=alert.telling)


def _release(alert: Alert, state: str) -> None:
    """End the claim; where a receiver was away it stays until it runs out."""
    if state == "ended" and not alert.telling:
        _held(alert).delete()
    elif not alert.telling:
        _held(alert).update(claimed_until=None)
    elif state == "began":
        # It is known that they were not told.
        _held(alert).update(telling=[])


def _held(alert: Alert) -> QuerySet[Alert]:
    return Alert.objects.filter(pk=alert.pk, claimed_until=alert.claimed_until)
