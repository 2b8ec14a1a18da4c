"""Moments at which a mail may be sent: quiet hours, weekends and days off in the recipient's time zone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from web import zones

SATURDAY = 5
DAYS_AHEAD = 8


@dataclass(frozen=True)
class SendingHours:
    """Local hours, 0 to 23, in which nothing is sent; equal bounds: never quiet. They may span midnight.

    On `days_off`, local dates, nothing is sent at all.
    """

    quiet_from: int
    quiet_until: int
    at_weekends: bool
    days_off: frozenset[date] = frozenset()

    def opens_at(self, now: datetime, *names: str) -> datetime | None:
        """Return the moment from which a mail may leave if it may not leave now, else None.

        Args:
            now: An aware moment.
            names: Of time zones, the first that is known counts; UTC if none is.
        """
        zone = zones.first_known(*names)
        if self._is_open(now.astimezone(zone)):
            return None
        moment = now.astimezone(UTC).replace(minute=now.minute // 15 * 15, second=0, microsecond=0)
        # By moments and not by the wall clock, whose hours summer time skips or doubles; all zones keep quarters.
        for _ in range(96 * (DAYS_AHEAD + 7 * len(self.days_off))):
            moment += timedelta(minutes=15)
            if self._is_open(moment.astimezone(zone)):
                return moment
        return (now + timedelta(days=1)).astimezone(UTC)

    def _is_open(self, local: datetime) -> bool:
        is_working_day = self.at_weekends or local.weekday() < SATURDAY
        return is_working_day and local.date() not in self.days_off and not self._is_quiet(local.hour)

    def _is_quiet(self, hour: int) -> bool:
        begin, end = self.quiet_from, self.quiet_until
        return begin <= hour < end if begin <= end else hour >= begin or hour < end


def day_starts(now: datetime, *names: str) -> datetime:
    """The last midnight in the first zone that is known, as UTC."""
    zone = zones.first_known(*names)
    return zones.start_of(now.astimezone(zone).date(), zone)


BURST_S = 1.0


@dataclass
class TokenBucket:
    """Times at which mails may leave.

    Attributes:
        next_s: When the next may leave, on the clock whose times are passed in.
    """

    interval_s: float
    next_s: float

    @classmethod
    def per_minute(cls, mails: int, *, now_s: float, since_last_s: float | None = None) -> TokenBucket:
        """A sending rate that continues where another attempt left off.

        Args:
            mails: How many a minute, at least one.
        """
        interval_s = 60 / max(mails, 1)
        wait_s = 0.0 if since_last_s is None else max(0.0, interval_s - since_last_s)
        return cls(interval_s, now_s + wait_s)

    def wait_s(self, now_s: float) -> float:
        """Seconds until a mail may leave; 0 if one may leave now."""
        return max(0.0, self.next_s - now_s)

    def took(self, now_s: float) -> None:
        """A mail has left. Time that was not used is kept for one second at most."""
        self.next_s = max(self.next_s, now_s - BURST_S) + self.interval_s
