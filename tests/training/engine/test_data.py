"""Rows, their order and their batches."""

from __future__ import annotations

import json

import pytest

from training.engine.contracts import TrainError
from training.engine.data import sft_rows
from training.engine.data.chat import open_chat


@pytest.fixture
def chat(tokenizer):
    return open_chat(tokenizer)


def write(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_long_rows_are_refused_by_name_and_nothing_is_cut(tmp_path, chat, rows):
    rows[3]["completion"][0]["content"] = "word " * 200
    rows[5]["completion"][0]["content"] = "word " * 100

    with pytest.raises(TrainError) as refused:
        sft_rows.read(write(tmp_path / "train.jsonl", rows), chat, max_length=90)

    assert refused.value.code == "rows_too_long"
    assert "2 rows" in refused.value.message
    assert refused.value.message.index("row-3") < refused.value.message.index("row-5")
    assert "Raise max_length to" in refused.value.hint


def test_long_rows_can_be_left_out_and_are_counted(tmp_path, chat, rows):
    rows[3]["completion"][0]["content"] = "word " * 200

    path, left_out = sft_rows.leave_out_too_long(write(tmp_path / "train.jsonl", rows), chat, max_length=90)

    assert left_out == 1
    kept = sft_rows.read(path, chat, max_length=90)
    assert [row.id for row in kept] == [row["id"] for row in rows if row["id"] != "row-3"]
    with pytest.raises(TrainError, match="longer than 2 tokens"):
        sft_rows.leave_out_too_long(tmp_path / "train.jsonl", chat, max_length=2)


def test_rows_that_hold_other_breaks_than_lines_ends_are_kept_whole(tmp_path, chat, rows):
    rows[3]["completion"][0]["content"] = "One line.\u2028Another.\u0085A third."
    file = tmp_path / "train.jsonl"
    file.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")

    path, left_out = sft_rows.leave_out_too_long(file, chat, max_length=400)

    assert (path.read_bytes(), left_out) == (file.read_bytes(), 0)


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("{not json", "bad_row"),
        ('{"id": "1", "prompt": []}', "bad_row"),
        ('{"id": "1", "prompt": [], "completion": [{"role": "assistant", "content": "x"}]}', "bad_row"),
        ('{"id": "1", "prompt": [{"role": "user", "content": "x"}], "completion": []}', "bad_row"),
        (
            '{"id": "1", "prompt": [{"role": "user", "content": "x"}],'
            ' "completion": [{"role": "assistant", "content": " "}]}',
            "bad_row",
        ),
        ("", "no_rows"),
    ],
)
def test_a_broken_file_is_refused(tmp_path, chat, line, code):
    path = tmp_path / "train.jsonl"
    path.write_text(line)

    with pytest.raises(TrainError) as refused:
        sft_rows.read(path, chat, max_length=90)

    assert refused.value.code == code


def test_a_missing_file_is_refused(tmp_path, chat):
    with pytest.raises(TrainError, match="not in the run directory"):
        sft_rows.read(tmp_path / "none.jsonl", chat, max_length=90)


def made(lengths):
    return [sft_rows.TokenRow(str(n), list(range(length)), 1) for n, length in enumerate(lengths)]


def test_an_epoch_reads_every_row_once_in_an_order_fixed_by_the_seed():
    rows = made([n % 37 + 2 for n in range(203)])

    batches = sft_rows.plan_batches(rows, batch_size=8, seed=3, epoch=1)

    assert sorted(index for batch in batches for index in batch) == list(range(203))
    assert batches == sft_rows.plan_batches(rows, batch_size=8, seed=3, epoch=1)
    assert batches != sft_rows.plan_batches(rows, batch_size=8, seed=3, epoch=2)
    assert batches != sft_rows.plan_batches(rows, batch_size=8, seed=4, epoch=1)


def test_batches_hold_rows_of_like_length():
    rows = made([(n * 7919) % 400 + 2 for n in range(800)])

    batches = sft_rows.plan_batches(rows, batch_size=8, seed=1, epoch=0)

    real = sum(len(row.ids) for row in rows)
    padded = sum(len(batch) * max(len(rows[index].ids) for index in batch) for batch in batches)
    assert real / padded > 0.95


def test_a_batch_supervises_completions_only_even_where_padding_is_the_end_token():
    end = 1
    rows = [sft_rows.TokenRow("a", [5, 6, 7, end], 2), sft_rows.TokenRow("b", [5, 6, 7, 8, 9, end], 3)]

    batch = sft_rows.collate(rows, pad=end)

    assert batch.input_ids.tolist() == [[5, 6, 7, end, end], [5, 6, 7, 8, 9]]
    assert batch.positions.tolist() == [1, 2, 7, 8, 9]
    assert batch.targets.tolist() == [7, end, 8, 9, end]
    assert batch.tokens == 10
