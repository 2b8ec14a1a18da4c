"""What an SDK raises about a batch, as a `CallError`. Both SDKs raise errors of the same shape; knows neither by name."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from generation.engine.clients import faults
from generation.engine.clients.ports import CallError


class Translation:
    """For one SDK.

    Args:
        refused: What it raises for a status other than 2xx.
        timed_out: What it raises when no answer came in time.
    """

    def __init__(self, *, refused: type[Any], timed_out: type[Any]) -> None:
        self._refused, self._timed_out = refused, timed_out

    @contextlib.contextmanager
    def of_payment(self) -> Iterator[None]:
        """Around what may cost money: a break, or a failure of the provider's own, leaves its fate unknown.

        Raises:
            CallError: It failed.
        """
        try:
            yield
        except CallError:
            raise
        except Exception as error:
            raise self._read(error) from None

    @contextlib.contextmanager
    def of_question(self) -> Iterator[None]:
        """Around what costs nothing however often it is done: whatever breaks may be tried again.

        Raises:
            CallError: It failed.
        """
        try:
            yield
        except CallError:
            raise
        except Exception as error:
            raise faults.harmless(self._read(error)) from None

    def _read(self, error: Exception) -> CallError:
        if isinstance(error, self._refused):
            read = faults.from_status(error.status_code, error.response.headers, error.body, error.request_id or "")
            return faults.of_creation(read, error.status_code)
        return faults.from_connection(error, timed_out=isinstance(error, self._timed_out))


def name_of(made: Any) -> str:
    """The provider's name of what it made.

    Raises:
        CallError: The answer names none: whether anything was made is unknown.
    """
    name = getattr(made, "id", None)
    if not isinstance(name, str) or not name:
        raise CallError("unknown", "bad_answer", "The provider's answer names no id.")
    return name
