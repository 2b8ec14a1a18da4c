"""How fast mails leave: a token bucket that holds one second's worth. Pure; the clock is the caller's."""

from __future__ import annotations

from dataclasses import dataclass

BURST_S = 1.0


@dataclass
class Pace:
    """Times at which mails may leave.

    Attributes:
        interval_s: Seconds from one mail to the next.
        next_s: When the next may leave, on the clock whose times are passed in.
    """

    interval_s: float
    next_s: float

    @classmethod
    def per_minute(cls, mails: int, *, now_s: float, since_last_s: float | None = None) -> Pace:
        """A pace that goes on where another attempt left off.

        Args:
            mails: How many a minute, at least one.
            now_s: The time.
            since_last_s: Seconds since the last mail left; None if none has.
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
