"""Several connection pools instead of one wide one. Knows no SDK.

The HTTP clients under the SDKs look at every connection of a pool at the beginning and the end of every request: with
hundreds at once that costs more than the request. Small pools, taken in turn, keep that look short.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import cycle
from typing import Generic, Protocol, TypeVar


class Closable(Protocol):
    """What is known of an SDK's client here: that it holds connections."""

    async def close(self) -> None:
        """Let connections go."""
        ...


Sdk = TypeVar("Sdk", bound=Closable)
PER_POOL = 16


class ClientPool(Generic[Sdk]):
    """SDK clients of one teacher, each with a pool of its own.

    Args:
        make: Makes one.
        at_once: How many calls may be in flight.

    Attributes:
        all: All of them.
    """

    def __init__(self, make: Callable[[], Sdk], *, at_once: int) -> None:
        self.all = [make() for _ in range(math.ceil(at_once / PER_POOL))]
        self._turns = cycle(self.all)

    def next(self) -> Sdk:
        """Whose turn it is."""
        return next(self._turns)

    async def close(self) -> None:
        """Let the connections of all pools go."""
        for sdk in self.all:
            await sdk.close()
