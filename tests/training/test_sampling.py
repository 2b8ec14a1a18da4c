"""Samples of records: nested, seeded, of records and not of rows."""

from __future__ import annotations

import pytest

from training.inputs import tuning_data

RECORDS = [f"record-{number}" for number in range(50)]


def test_a_larger_sample_of_a_seed_holds_the_smaller_one() -> None:
    samples = [tuning_data.draw_records(RECORDS, size=size, seed=3) for size in (5, 10, 40)]

    assert samples[0] < samples[1] < samples[2]
    assert [len(sample) for sample in samples] == [5, 10, 40]


def test_another_seed_draws_another_sample_and_the_order_of_records_does_not_matter() -> None:
    one = tuning_data.draw_records(RECORDS, size=10, seed=1)

    assert one != tuning_data.draw_records(RECORDS, size=10, seed=2)
    assert one == tuning_data.draw_records(reversed(RECORDS), size=10, seed=1)


def test_every_record_is_drawn_about_as_often() -> None:
    counts = dict.fromkeys(RECORDS, 0)

    for seed in range(400):
        for record in tuning_data.draw_records(RECORDS, size=10, seed=seed):
            counts[record] += 1

    # 80 expected, standard deviation 8.
    assert 45 < min(counts.values()) <= max(counts.values()) < 115


def test_a_record_given_twice_counts_once_and_too_few_are_refused() -> None:
    with pytest.raises(ValueError, match="3 records are wanted and there are 2"):
        tuning_data.draw_records(["a", "a", "b"], size=3, seed=1)
