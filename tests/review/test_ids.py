"""Ids by the hundred are such as any library reads, each its own, and rise."""

from __future__ import annotations

import time
from uuid import UUID

import pytest

from review.drafts.bulk_insert import new_ids


@pytest.mark.parametrize("count", [0, 1, 2000, 4096, 10_000])
def test_as_many_as_asked_for_and_no_two_alike(count):
    ids = new_ids(count)

    assert len(ids) == len(set(ids)) == count


def test_each_is_a_uuid_of_version_seven_with_the_time_it_was_made():
    before_ms = time.time_ns() // 1_000_000

    made = [UUID(one) for one in new_ids(100)]

    assert {(one.version, one.variant) for one in made} == {(7, "specified in RFC 4122")}
    assert all(before_ms <= one.int >> 80 <= time.time_ns() // 1_000_000 for one in made)


def test_they_rise_within_a_batch():
    ids = new_ids(4096)

    assert ids == sorted(ids)
