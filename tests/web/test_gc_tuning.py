"""Garbage is looked for rarely only as long as somebody asks for it."""

from __future__ import annotations

import gc

import pytest

from web.process.gc_tuning import GC_THRESHOLD, infrequent_gc


def test_it_is_rare_while_anybody_wants_it_and_as_before_afterwards() -> None:
    before = gc.get_threshold()

    with infrequent_gc():
        with infrequent_gc():
            pass
        within = gc.get_threshold()

    assert within == (GC_THRESHOLD, *before[1:])
    assert gc.get_threshold() == before


def test_a_fault_within_puts_back_what_was() -> None:
    before = gc.get_threshold()

    with pytest.raises(ZeroDivisionError), infrequent_gc():
        _ = 1 / 0

    assert gc.get_threshold() == before


def test_a_process_that_looks_more_rarely_still_keeps_doing_so() -> None:
    before = gc.get_threshold()
    gc.set_threshold(GC_THRESHOLD * 2, 5, 5)

    try:
        with infrequent_gc():
            within = gc.get_threshold()
    finally:
        gc.set_threshold(*before)

    assert within == (GC_THRESHOLD * 2, 5, 5)
