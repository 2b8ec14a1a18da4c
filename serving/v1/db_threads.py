"""Threads that keep a database connection open for `/v1`.

Opening a new one took two thirds of the time of authentication.

Only where a server answers past the pages' middleware; elsewhere work runs in Django's own threads, which give their
connections back.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar
from typing import Final, ParamSpec, TypeVar

from asgiref.sync import sync_to_async
from django.db import InterfaceError, OperationalError, close_old_connections, connection

Given = ParamSpec("Given")
Got = TypeVar("Got")

# Whether this request came past the pages; tasks that it starts inherit it.
IS_FAST_PATH: ContextVar[bool] = ContextVar("is_short", default=False)
# Who may ask is answered before anything else; counting must not stand in its way.
FIRST_THREAD: Final = ThreadPoolExecutor(1, thread_name_prefix="door")
LATER_THREAD: Final = ThreadPoolExecutor(1, thread_name_prefix="count")


async def run_first(work: Callable[Given, Got], *args: Given.args, **kwargs: Given.kwargs) -> Got:
    """Do short work that a request waits for."""
    if not IS_FAST_PATH.get():
        return await sync_to_async(work)(*args, **kwargs)
    return await asyncio.get_running_loop().run_in_executor(
        FIRST_THREAD, lambda: _on_kept_connection(work, *args, **kwargs)
    )


async def run_later(work: Callable[Given, Got], *args: Given.args, **kwargs: Given.kwargs) -> Got:
    """Do short work in the background."""
    if not IS_FAST_PATH.get():
        return await run_apart(work, *args, **kwargs)
    return await asyncio.get_running_loop().run_in_executor(
        LATER_THREAD, lambda: _on_kept_connection(work, *args, **kwargs)
    )


async def run_apart(work: Callable[Given, Got], *args: Given.args, **kwargs: Given.kwargs) -> Got:
    """Do work that takes its time in a thread that nobody else waits for."""
    return await sync_to_async(_on_closed_connection, thread_sensitive=False)(work, *args, **kwargs)


def _on_kept_connection(work: Callable[Given, Got], *args: Given.args, **kwargs: Given.kwargs) -> Got:
    """Retry once on this thread's own connection where the database has gone away since the last time."""
    try:
        return work(*args, **kwargs)
    except (OperationalError, InterfaceError):
        connection.close()
        return work(*args, **kwargs)


def _on_closed_connection(work: Callable[Given, Got], *args: Given.args, **kwargs: Given.kwargs) -> Got:
    try:
        return work(*args, **kwargs)
    finally:
        # This thread serves no request whose end would give its connection back.
        close_old_connections()
