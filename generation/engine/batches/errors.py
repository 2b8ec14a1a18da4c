"""Errors that an SDK raises about a batch, as a `CallError`. Both SDKs raise the same shape; knows neither by name."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

from generation.engine.clients import errors
from generation.engine.clients.interface import CallError


class ErrorTranslator:
    """For one SDK.

    Args:
        library: The SDK's module.
    """

    def __init__(self, library: Any) -> None:
        self._library = library

    def of_payment(self) -> AbstractContextManager[None]:
        """Around what may cost money: a break, or a failure of the provider's own, leaves its fate unknown.

        Raises:
            CallError: It failed.
        """
        return self._told_as(lambda error: error)

    def of_question(self) -> AbstractContextManager[None]:
        """Around what costs nothing however often it is done: whatever breaks may be tried again.

        Raises:
            CallError: It failed.
        """
        return self._told_as(errors.retryable)

    @contextlib.contextmanager
    def _told_as(self, meaning: Callable[[CallError], CallError]) -> Iterator[None]:
        try:
            yield
        except CallError:
            raise
        except Exception as error:
            raise meaning(self._read(error)) from None

    def _read(self, error: Exception) -> CallError:
        if isinstance(error, self._library.APIStatusError):
            return errors.of_creation(errors.from_sdk(error), error.status_code)
        return errors.from_connection(error, timed_out=isinstance(error, self._library.APITimeoutError))


def created_id(answer: object) -> str:
    """The provider's name of what it made.

    Raises:
        CallError: The answer names none: whether anything was made is unknown.
    """
    name = getattr(answer, "id", None)
    if not isinstance(name, str) or not name:
        raise CallError("unknown", "bad_answer", "The provider's answer names no id.")
    return name
