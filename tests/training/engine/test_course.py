"""Arithmetic of a run's steps, and the learning rate over them."""

from __future__ import annotations

import pytest

from training.engine.data.sft_rows import TokenRow
from training.engine.optimization import rate_at
from training.engine.schedule import Schedule
from training.engine.state import Diverged, TrainState, check_divergence, check_rise
from training.recipes.schema import Recipe


def rows(count):
    return [TokenRow(str(n), list(range(n % 5 + 3)), 1) for n in range(count)]


@pytest.mark.parametrize(("count", "batch", "accumulation", "processes", "steps"), [
    (16, 4, 1, 1, 4), (17, 4, 1, 1, 5), (17, 4, 2, 1, 3), (17, 4, 2, 2, 2), (1, 8, 4, 1, 1),
])  # fmt: skip
def test_an_epoch_reads_every_row_once(count, batch, accumulation, processes, steps):
    schedule = Schedule(rows(count), Recipe(batch_size=batch, accumulation=accumulation, epochs=2), processes)

    read = [row.id for step in range(steps) for part in schedule.batches_of(step) for row in part]

    assert schedule.total_steps == 2 * steps
    assert sorted(read, key=int) == [str(n) for n in range(count)]


def test_duties_fall_due_at_their_steps_and_at_the_end():
    schedule = Schedule(rows(40), Recipe(batch_size=4, epochs=2, eval_every_steps=6))

    assert [step for step in range(21) if schedule.validates_after(step)] == [0, 6, 12, 18, 20]
    assert [step for step in range(21) if schedule.saves_after(step)] == [0, 10, 20]


def test_the_rate_warms_up_and_falls_along_a_cosine():
    recipe = Recipe(learning_rate=0.1, warmup_ratio=0.1)

    rates = [rate_at(step, total=100, recipe=recipe) / 0.1 for step in range(100)]

    assert rates[:10] == pytest.approx([n / 10 for n in range(1, 11)])
    assert rates[10] == pytest.approx(1.0)
    assert rates[55] == pytest.approx(0.5)
    assert rates[10:] == sorted(rates[10:], reverse=True)
    assert 0 < rates[99] < 0.001


def test_a_loss_that_is_no_number_is_divergence():
    with pytest.raises(Diverged, match="nan"):
        check_divergence(TrainState(), float("nan"), 1.0, skipped=False)
    with pytest.raises(Diverged, match="gradient"):
        check_divergence(TrainState(), 1.0, float("inf"), skipped=False)


def test_a_step_that_the_loss_scaler_skipped_is_none():
    check_divergence(TrainState(), 1.0, float("inf"), skipped=True)


def test_a_scaler_that_skips_every_step_ends_the_run_and_one_that_recovers_does_not():
    recovers, stuck = TrainState(), TrainState()

    for step in range(100):
        check_divergence(recovers, 1.0, 1.0, skipped=step % 20 != 0)
    with pytest.raises(Diverged, match="30 steps in a row, and no weight has changed"):
        [check_divergence(stuck, 1.0, float("inf"), skipped=True) for _ in range(30)]

    assert stuck.skipped_in_a_row == 30


def test_one_high_loss_is_noise_and_a_lasting_one_divergence():
    state = TrainState()
    check_rise(state, 3.0)
    check_rise(state, 12.0)

    def keep_on():
        for _ in range(30):
            check_rise(state, 12.0)

    with pytest.raises(Diverged, match=r"risen from 3\.00"):
        keep_on()
