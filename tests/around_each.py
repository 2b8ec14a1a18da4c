"""What surrounds each test: a limit for its fixtures, and an end to what an engine in its process has taken.

`tests/conftest.py` makes these hooks and this fixture everybody's.
"""

from __future__ import annotations

import logging
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from pytest_timeout import Settings

from web.logs import context

# Fixtures of a test that take longer hang; those of the whole run's first may wait for a migration on a busy machine.
FIXTURES_WITHIN_S = 3600
# What Ctrl-C and a request to end come to in this process, before any engine has run in it.
HANDLERS = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}


@pytest.fixture(autouse=True)
def _engines_leave_nothing() -> Iterator[None]:
    """Put back what an engine in this process takes: fields of log lines,
    the root logger's handlers and level, signals.
    """
    # A fixture of a module may have run one before this test.
    forget_engine()
    root = logging.getLogger()
    handlers, level = [*root.handlers], root.level
    yield
    forget_engine()
    if root.handlers != handlers:
        root.handlers[:] = handlers
    if root.level != level:
        root.setLevel(level)


def forget_engine() -> None:
    """Clear the fields of log lines, and handle signals as this process did at its start."""
    context.clear()
    for number, handler in HANDLERS.items():
        if signal.getsignal(number) is not handler:
            signal.signal(number, handler)


@contextmanager
def limited(item: pytest.Item) -> Iterator[None]:
    """End fixtures that hang, with the timer that ends a test which does."""
    hook, method = item.config.hook, "signal" if hasattr(signal, "SIGALRM") else "thread"
    hook.pytest_timeout_set_timer(item=item, settings=Settings(FIXTURES_WITHIN_S, method, False, False))
    try:
        yield
    finally:
        hook.pytest_timeout_cancel_timer(item=item)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Iterator[None]:
    """Give a test's fixtures a limit of their own."""
    with limited(item):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Iterator[None]:
    """Give what fixtures do at their end a limit of its own."""
    with limited(item):
        return (yield)
