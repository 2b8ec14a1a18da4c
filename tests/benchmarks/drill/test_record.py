"""Counts of drills: totals over several runs, and the line that tells of one."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.drill.record import Counts, load, save


def test_totals_go_on_where_an_earlier_run_ended(tmp_path: Path) -> None:
    file = tmp_path / "kept" / "order.json"
    save(file, Counts(rounds=2, acknowledged=60, recovered_s=[1.0, 3.0]))

    total = load(file)
    total.add(Counts(rounds=1, acknowledged=30, in_doubt=3, recovered_s=[2.0]))

    assert total == Counts(rounds=3, acknowledged=90, in_doubt=3, recovered_s=[1.0, 3.0, 2.0])
    assert load(tmp_path / "none.json") == Counts()


@pytest.mark.parametrize("fault", ["lost", "doubled", "stuck", "wrong"])
def test_a_run_that_lost_doubled_or_left_something_is_not_sound(fault: str) -> None:
    assert Counts(rounds=1, in_doubt=3, resumed=1).is_sound
    assert not Counts(rounds=1, **{fault: 1}).is_sound


def test_a_run_without_a_round_is_not_sound() -> None:
    assert not Counts().is_sound
