"""Rate limits of API tokens, by the minute. Every answer states the allowance; a refusal states when to retry.

A browser session is never counted: what an expert decided must not be lost to a limit. Counts are kept in the cache
`rates`: Redis where there is one, so that all web processes count together; a cache that does not answer lets everybody
in.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.cache import caches
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from members.models import ApiToken

if TYPE_CHECKING:  # DRF's views import this module by its settings.
    from rest_framework.views import APIView

logger = logging.getLogger(__name__)
WINDOW_S = 60
# After the cache has failed it is left alone for so long, so that no request waits for it.
SUSPENDED_S = 10.0
_left_alone_until = 0.0


@dataclass(frozen=True)
class Allowance:
    """Remaining requests of a token in the current minute.

    Attributes:
        policy: Which limit: `read`, `write` or `files`.
        reset_s: Seconds until the count resets.
    """

    policy: str
    limit: int
    remaining: int
    reset_s: int

    @property
    def headers(self) -> dict[str, str]:
        """Return the RateLimit header fields of the IETF's draft (draft-ietf-httpapi-ratelimit-headers)."""
        return {
            "RateLimit-Policy": f'"{self.policy}";q={self.limit};w={WINDOW_S}',
            "RateLimit": f'"{self.policy}";r={self.remaining};t={self.reset_s}',
        }


class TokenThrottle(BaseThrottle):
    """Counts a token's requests by kind: `files` for views that say so (`rate = "files"`), else read or write."""

    _allowance: Allowance | None = None

    def allow_request(self, request: Request, view: APIView) -> bool:
        """Return whether the request may proceed; the response states what is left either way."""
        if not isinstance(request.auth, ApiToken):
            return True
        policy = getattr(view, "rate", "read" if request.method in ("GET", "HEAD", "OPTIONS") else "write")
        limit = int(settings.RATE_LIMITS[policy])
        if limit == 0:
            return True
        used = count(f"{policy}:{request.auth.pk}")
        if used is None:
            return True
        reset_s = left_s()
        self._allowance = Allowance(policy, limit, max(0, limit - used), reset_s)
        # What a view's own headers hold stands in every answer of it, refusals too.
        view.headers |= self._allowance.headers
        return used <= limit

    def wait(self) -> float | None:
        return float(self._allowance.reset_s) if self._allowance else None


def count(key: str, by: int = 1) -> int | None:
    """Add to a count of this minute and return it; None while the cache does not answer. Less than 0 gives back."""
    global _left_alone_until
    if time.monotonic() < _left_alone_until:
        return None
    counts, place = caches["rates"], f"rate:{key}:{int(time.time()) // WINDOW_S}"
    try:
        if counts.add(place, by, timeout=2 * WINDOW_S):
            return by
        return int(counts.incr(place, by))
    except ValueError:
        return by  # It went between the two.
    except Exception as error:
        _left_alone_until = time.monotonic() + SUSPENDED_S
        logger.warning("Requests are not counted for %g s: %s.", SUSPENDED_S, type(error).__name__)
        return None


def left_s() -> int:
    """Return the seconds until counts reset."""
    return WINDOW_S - int(time.time()) % WINDOW_S
