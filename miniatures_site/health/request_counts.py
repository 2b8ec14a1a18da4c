"""Requests by route, method and status, with how long they took: counted by all web processes together.

Each process adds up for some seconds and then adds that to one hash in Redis; without Redis it counts for itself. A
process that is killed loses those seconds, no more.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

from asgiref.sync import iscoroutinefunction
from django.core.cache import cache
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.decorators import sync_and_async_middleware
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
    """Request counts of this process that are not yet added to the shared ones."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._fresh: Counter[str] = Counter()
        self._timer: threading.Timer | None = None

    def count(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count one request; some seconds later it is added to Redis, with what was counted meanwhile."""
        name = f"{route}|{method}|{status}"
        with self._lock:
            self._fresh[f"{name}|count"] += 1
            self._fresh[f"{name}|ms"] += round(seconds * 1000)
            for bound in BUCKETS:
                if seconds <= bound:
                    self._fresh[f"{name}|{bound:g}"] += 1
            if self._timer is None:
                # The event loop answers requests too: Redis is spoken to from a thread, and an idle process adds its
                # last counts.
                self._timer = threading.Timer(ADDED_EVERY_S, self._add_in_time)
                self._timer.daemon = True
                self._timer.start()

    def add(self) -> None:
        """Add what was counted to what all processes counted; where Redis does not answer it waits."""
        with self._lock:
            fresh, self._fresh = self._fresh, Counter()
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

    def _add_in_time(self) -> None:
        with self._lock:
            self._timer = None
        if _redis() is not None:
            self.add()

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


@sync_and_async_middleware
def count_requests(get_response: Callable[..., Any]) -> Callable[..., Any]:
    """Middleware: count each request once it is answered; of a stream, once it begins."""
    if iscoroutinefunction(get_response):

        async def answer_async(request: HttpRequest) -> HttpResponseBase:
            began_s = time.perf_counter()
            response: HttpResponseBase = await get_response(request)
            _count(request, response, time.perf_counter() - began_s)
            return response

        return answer_async

    def answer(request: HttpRequest) -> HttpResponseBase:
        began_s = time.perf_counter()
        response: HttpResponseBase = get_response(request)
        _count(request, response, time.perf_counter() - began_s)
        return response

    return answer


def _count(request: HttpRequest, response: HttpResponseBase, seconds: float) -> None:
    match = request.resolver_match
    route = (match.view_name or match.route) if match is not None else NO_ROUTE
    method = request.method if request.method in _METHODS else "other"
    COUNTS.count(route, str(method), response.status_code, seconds)


def _redis() -> Any:
    """The client of the cache that web processes share; None where each has its own."""
    shared: Any = getattr(cache, "_cache", None)
    return shared.get_client(write=True) if hasattr(shared, "get_client") else None
