"""Prefetch an iterator in a thread while the caller works on the previous item.

It pays where the caller waits for a database or a disk.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import copy_context
from queue import Full, Queue
from threading import Event, Lock, Thread
from typing import Any, TypeVar

T = TypeVar("T")
_END = object()
POLL_S = 0.1
SWITCH_INTERVAL_S = 0.0001


def prefetch(items: Iterable[T], *, capacity: int = 2) -> Iterator[T]:
    """The same items in the same order, up to `capacity` of them made before they are asked for.

    What the iterable raises is raised where its next item would have come. Closed early, its thread ends after the item
    at hand. The iterable runs on another thread: it must not use connections of the caller's.
    """
    queue: Queue[Any] = Queue(maxsize=capacity)
    is_over = Event()
    context = copy_context()
    maker = Thread(target=context.run, args=(_produce, items, queue, is_over), name="reading-ahead", daemon=True)
    maker.start()
    try:
        with fast_thread_switching():
            while (item := queue.get()) is not _END:
                if isinstance(item, _Raised):
                    raise item.error
                yield item
    finally:
        is_over.set()
        maker.join()


class _SwitchInterval:
    """Count the callers that want short thread switches in this process, and keep the default interval."""

    lock = Lock()
    wanted = 0
    usual_s = 0.005


@contextmanager
def fast_thread_switching() -> Iterator[None]:
    """Have the interpreter pass between this process's threads within `TURN_S`.

    A thread that computes keeps it for 5 ms else, each time the one that feeds the database has a word to say: then the
    database waits longer than it works.
    """
    with _SwitchInterval.lock:
        if not _SwitchInterval.wanted:
            _SwitchInterval.usual_s = sys.getswitchinterval()
            sys.setswitchinterval(SWITCH_INTERVAL_S)
        _SwitchInterval.wanted += 1
    try:
        yield
    finally:
        with _SwitchInterval.lock:
            _SwitchInterval.wanted -= 1
            if not _SwitchInterval.wanted:
                sys.setswitchinterval(_SwitchInterval.usual_s)


class _Raised:
    def __init__(self, error: BaseException) -> None:
        self.error = error


def _produce(items: Iterable[Any], queue: Queue[Any], is_over: Event) -> None:
    try:
        for item in items:
            if not _put(queue, item, is_over):
                return
    except BaseException as error:
        _put(queue, _Raised(error), is_over)
        return
    _put(queue, _END, is_over)


def _put(queue: Queue[Any], item: object, is_over: Event) -> bool:
    while not is_over.is_set():
        try:
            queue.put(item, timeout=POLL_S)
        except Full:
            continue
        return True
    return False
