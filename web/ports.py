"""Ports by which a room asks rooms above it. The upper room fills the port in its `AppConfig.ready()`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


class Port(Generic[P, R]):
    """A question that one room above answers. Calling the port asks it.

    Args:
        default: What is answered while no room has installed an answer.
    """

    def __init__(self, default: Callable[P, R]) -> None:
        self.answer = default

    def install(self, answer: Callable[P, R]) -> None:
        """Let `answer` answer from now on, in place of what did."""
        self.answer = answer

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        return self.answer(*args, **kwargs)


class Listeners(Generic[P, R]):
    """An occasion of which any number of rooms above are told, in the order they registered."""

    def __init__(self) -> None:
        self._listeners: list[Callable[P, R]] = []

    def register(self, listener: Callable[P, R]) -> None:
        """Have `listener` called each time; registering it twice changes nothing."""
        if listener not in self._listeners:
            self._listeners.append(listener)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> list[R]:
        return [listener(*args, **kwargs) for listener in self._listeners]
