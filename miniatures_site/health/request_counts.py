"""Requests by route, method and status, with how long they took: counted by all web processes together.

Each process adds up for some seconds and then adds that to one hash in Redis; without Redis it counts for itself. A process that is
killed loses those seconds, no more.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

from django.core.cache import cache
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)
KEY = "miniatures:http-requests"
ADDED_EVERY_S = 5.0
# Upper bounds of what a histogram counts, in seconds.
BUCKETS = (0.05, 0.1, 0.3, 1.0, 3.0, 10.0)
# Addresses that lead nowhere are one route: anybody can make up more.
NO_ROUTE = "none"
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class RequestCounts:
    """What this process has counted and not added to the others' yet."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._fresh: Counter[str] = Counter()
        self._added_s = time.monotonic()

    def count(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count one request; now and then it adds what was counted to Redis."""
        name = f"{route}|{method}|{status}"
        with self._lock:
            self._fresh[f"{name}|count"] += 1
            self._fresh[f"{name}|ms"] += round(seconds * 1000)
            for bound in BUCKETS:
                if seconds <= bound:
                    self._fresh[f"{name}|{bound:g}"] += 1
            is_time = time.monotonic() - self._added_s > ADDED_EVERY_S
        if is_time:
            self.add()

    def add(self) -> None:
        """Add what was counted to what all processes counted; where Redis does not answer it waits."""
        with self._lock:
            fresh, self._fresh, self._added_s = self._fresh, Counter(), time.monotonic()
        client = _redis()
        if client is None or not fresh:
            self._give_back(fresh)
            return
        try:
            with client.pipeline(transaction=False) as pipeline:
                for name, number in fresh.items():
                    pipeline.hincrby(KEY, name, number)
                pipeline.execute()
        except (RedisError, OSError) as error:
            logger.warning("Redis does not answer (%s); requests are counted on.", type(error).__name__)
            self._give_back(fresh)

    def read(self) -> dict[str, int]:
        """Return all counts by `route|method|status|what`: `count`, `ms`, or the upper bound of a bucket."""
        self.add()
        client = _redis()
        with self._lock:
            own = Counter(self._fresh)
        if client is not None:
            own.update({name.decode(): int(number) for name, number in client.hgetall(KEY).items()})
        return dict(own)

    def _give_back(self, fresh: Counter[str]) -> None:
        with self._lock:
            self._fresh.update(fresh)


COUNTS = RequestCounts()


class CountRequests:
    """Middleware: count each request once it is answered; of a stream, once it begins."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        began = time.perf_counter()
        response = self._get_response(request)
        match = request.resolver_match
        route = (match.view_name or match.route) if match is not None else NO_ROUTE
        method = request.method if request.method in _METHODS else "other"
        COUNTS.count(route, str(method), response.status_code, time.perf_counter() - began)
        return response


def _redis() -> Any:
    """The client of the cache that web processes share; None where each has its own."""
    shared: Any = getattr(cache, "_cache", None)
    return shared.get_client(write=True) if hasattr(shared, "get_client") else None
