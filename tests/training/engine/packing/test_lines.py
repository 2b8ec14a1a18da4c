"""Rows in lines: what is supervised, and which rows share a line."""

from __future__ import annotations

import random

import pytest

from training.engine.data.packing import bin_pack, pack
from training.engine.data.sft_rows import TokenRow, collate


def made(lengths):
    return [TokenRow(str(number), list(range(length)), 1) for number, length in enumerate(lengths)]


def test_a_line_supervises_what_the_padded_batch_does():
    rows = [TokenRow("a", [5, 6, 7, 1], 2), TokenRow("b", [5, 6, 7, 8, 9, 1], 3)]

    line, batch = pack(rows), collate(rows, 0)

    assert line.input_ids.tolist() == [[5, 6, 7, 5, 6, 7, 8, 9]]
    assert line.position_ids.tolist() == [[0, 1, 2, 0, 1, 2, 3, 4]]
    assert line.bounds.tolist() == [0, 3, 8]
    assert line.longest == 5
    assert line.positions.tolist() == [1, 2, 5, 6, 7]
    assert line.targets.tolist() == batch.targets.tolist()


@pytest.mark.parametrize("seed", range(20))
def test_every_row_is_in_one_line_and_no_line_is_over_the_budget(seed):
    chance = random.Random(seed)
    rows = made(chance.randint(2, 200) for _ in range(chance.randint(1, 60)))
    budget, processes = chance.randint(200, 1200), chance.choice([1, 2, 4])

    lines = bin_pack(rows, budget, multiple=processes)

    assert sorted(row.id for line in lines for row in line) == sorted(row.id for row in rows)
    assert all(line for line in lines)
    assert max(sum(row.length for row in line) for line in lines) <= budget
    assert len(lines) % processes == 0 or len(lines) == len(rows)
    assert len(lines) <= processes + 2 * sum(row.length for row in rows) / budget + 1


def test_processes_get_like_shares():
    chance = random.Random(4)
    rows = made(chance.randint(20, 400) for _ in range(64))

    lines = bin_pack(rows, 100_000, multiple=4)

    held = [sum(row.length for row in line) for line in lines]
    assert len(lines) == 4
    assert max(held) < 1.02 * min(held)


def test_a_row_longer_than_the_budget_has_a_line_that_holds_it():
    lines = bin_pack(made([500, 10, 10]), 100)

    assert sorted(len(line) for line in lines) in ([3], [1, 2])


def test_lines_are_a_pure_function_of_the_rows():
    rows = made([7, 3, 3, 9, 3, 7])

    assert bin_pack(rows, 12) == bin_pack(rows, 12)
