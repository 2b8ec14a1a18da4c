"""The collector of garbage rests while engines import, and goes on as before."""

from __future__ import annotations

import gc

import pytest

from jobs.rundir.imports import without_garbage_collection


@pytest.mark.parametrize("before", [True, False])
def test_the_collector_rests_inside_and_is_as_before_afterwards(before: bool) -> None:
    try:
        (gc.enable if before else gc.disable)()

        with without_garbage_collection():
            inside = gc.isenabled()

        assert (inside, gc.isenabled()) == (False, before)
    finally:
        gc.enable()


def test_a_failed_import_leaves_the_collector_on() -> None:
    with pytest.raises(ImportError), without_garbage_collection():
        raise ImportError

    assert gc.isenabled()
