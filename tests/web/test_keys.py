"""Ids as people send them, slugs for new rows, and long lists in parts."""

from __future__ import annotations

from uuid import uuid4

import pytest

from review.models import Task
from web.db.chunks import chunked
from web.db.keys import free_slug, uuid_or_none


def test_an_id_is_read_and_anything_else_is_none() -> None:
    wanted = uuid4()

    assert uuid_or_none(str(wanted)) == wanted
    assert [uuid_or_none(text) for text in ("", "not-an-id", None, 7)] == [None] * 4


@pytest.mark.django_db
def test_a_slug_that_is_taken_gets_the_first_free_number() -> None:
    taken = Task.objects.create(slug="mails", name="Mails")
    rows = Task.objects.all()
    assert (free_slug(rows, "letters"), free_slug(rows, "mails")) == ("letters", "mails-2")

    Task.objects.create(slug="mails-2", name="More")

    assert free_slug(rows, "mails") == "mails-3"
    assert free_slug(rows.exclude(pk=taken.pk), "mails") == "mails"


def test_a_long_list_comes_in_parts_and_an_empty_one_in_none() -> None:
    assert list(chunked(range(5), 2)) == [[0, 1], [2, 3], [4]]
    assert list(chunked(iter([1, 2]), 2)) == [[1, 2]]
    assert list(chunked([], 3)) == []
