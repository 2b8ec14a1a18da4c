"""Rows of a snapshot move by whole days, and what is held by a hash is sealed again."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from campaigns.experiments import design
from miniatures_site.backup.portable import Table
from miniatures_site.demo_snapshot.rows_in import Newcomer

MADE = datetime(2026, 11, 27, 18, 0, tzinfo=UTC)


def _changed(newcomer: Newcomer, table: Table, row: list[object]) -> list[object]:
    step = newcomer(table)
    return row if step is None else step(row)


@pytest.mark.parametrize(
    ("now", "moved"),
    [
        (datetime(2026, 11, 28, 9, 0, tzinfo=UTC), "2026-11-27 17:59:00.5"),
        (datetime(2026, 12, 1, 18, 0, tzinfo=UTC), "2026-12-01 17:59:00.5"),
        (datetime(2026, 11, 1, tzinfo=UTC), "2026-11-27 17:59:00.5"),
    ],
)
def test_no_moment_comes_to_lie_in_the_future_or_at_another_hour(now, moved):
    table = Table("review_decision", ["id", "created_at"], ["created_at"], [])

    assert _changed(Newcomer(MADE, now=now), table, [1, "2026-11-27 17:59:00.5"]) == [1, moved]


def test_prices_and_what_people_wrote_keep_their_dates():
    newcomer = Newcomer(MADE, now=datetime(2027, 1, 27, 18, 0, tzinfo=UTC))
    price = Table("generation_priceentry", ["id", "as_of"], [], ["as_of"])
    text = Table("review_draft", ["id", "fields"], [], [])

    assert _changed(newcomer, price, [1, "2026-11-20"]) == [1, "2026-11-20"]
    assert _changed(newcomer, text, [1, '{"body": "Since 2026-11-20"}']) == [1, '{"body": "Since 2026-11-20"}']


def test_a_registration_is_sealed_again_and_later_rows_name_the_new_seal():
    newcomer = Newcomer(MADE, now=datetime(2026, 12, 7, 18, 0, tzinfo=UTC))
    before = design.registration_sha256({"registered_at": "2026-10-21T09:00:00+00:00"})
    experiments = Table("campaigns_experiment", ["id", "registration", "registration_sha256"], [], [])
    looks = Table("campaigns_look", ["id", "result"], [], [])

    row = _changed(newcomer, experiments, [1, '{"registered_at": "2026-10-21T09:00:00+00:00"}', before])
    look = _changed(newcomer, looks, [1, f'{{"registration_sha256": "{before}"}}'])

    after = design.registration_sha256({"registered_at": "2026-10-31T09:00:00+00:00"})
    assert row == [1, '{"registered_at": "2026-10-31T09:00:00+00:00"}', after]
    assert look == [1, f'{{"registration_sha256": "{after}"}}']
