"""Django's cache in Redis, which all web processes share: tries to sign in are counted together.

While Redis does not answer each process counts for itself: losing Redis keeps nobody out.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any

from django.core.cache.backends.base import DEFAULT_TIMEOUT
from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)
# After Redis has failed it is left alone for so long, so that no request waits for it.
SUSPENDED_S = 10.0


class SharedCache(RedisCache):
    """Redis, and this process's own memory while Redis is away."""

    def __init__(self, server: str | list[str], params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._own = LocMemCache("while-redis-is-away", {})
        self._left_alone_until = 0.0

    def add(self, key: object, value: object, timeout: object = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        return bool(self._ask("add", key, value, timeout=timeout, version=version))

    def get(self, key: object, default: object = None, version: int | None = None) -> Any:
        return self._ask("get", key, default=default, version=version)

    def set(self, key: object, value: object, timeout: object = DEFAULT_TIMEOUT, version: int | None = None) -> None:
        self._ask("set", key, value, timeout=timeout, version=version)

    def delete(self, key: object, version: int | None = None) -> bool:
        return bool(self._ask("delete", key, version=version))

    def incr(self, key: object, delta: int = 1, version: int | None = None) -> int:
        return int(self._ask("incr", key, delta=delta, version=version))

    def _ask(self, verb: str, *args: Any, **kwargs: Any) -> Any:
        if time.monotonic() >= self._left_alone_until:
            try:
                ask: Callable[..., Any] = getattr(super(), verb)
                return ask(*args, **kwargs)
            except (RedisError, OSError) as error:
                self._left_alone_until = time.monotonic() + SUSPENDED_S
                logger.warning("Redis does not answer (%s); this process counts for itself.", type(error).__name__)
        return getattr(self._own, verb)(*args, **kwargs)
