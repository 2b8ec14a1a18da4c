"""Tokens that runs share: made once, found damaged, thrown away, and never in a run's way."""

from __future__ import annotations

import json
import os
import resource
import signal
import time
from dataclasses import replace

import pytest

from tests.nursery import nursery
from training.engine.contracts import TrainError
from training.engine.data import sft_rows, token_cache, token_file
from training.engine.data.chat import open_chat
from training.engine.data.token_cache import TokenCache, key_of, prune


@pytest.fixture
def chat(tokenizer):
    return open_chat(tokenizer)


@pytest.fixture
def file(tmp_path, rows):
    path = tmp_path / "train.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def kept(folder):
    return sorted(folder.glob("*.tokens"))


def test_rows_from_the_cache_are_those_of_the_file(tmp_path, file, chat):
    cache = TokenCache(tmp_path / "cache")
    expected = sft_rows.read(file, chat, max_length=256)

    made, found = (token_cache.read_cached(file, chat, cache=cache, max_length=256) for _ in range(2))

    assert list(made) == expected
    assert list(found) == expected
    assert found[-1] == expected[-1]
    assert found[2:5] == expected[2:5]
    assert list(found.lengths) == [row.length for row in expected]
    assert "".join(row.identity() for row in found) == "".join(row.identity() for row in expected)


def test_what_is_kept_is_not_encoded_again(tmp_path, file, chat, monkeypatch):
    cache = TokenCache(tmp_path / "cache")
    first = list(token_cache.read_cached(file, chat, cache=cache, max_length=256))
    monkeypatch.setattr(sft_rows, "encoded", _never)

    again = token_cache.read_cached(file, chat, cache=cache, max_length=256)

    assert list(again) == first


def test_a_student_with_fewer_embeddings_is_not_given_anothers_tokens(tmp_path, file, chat):
    """Two students of one tokenizer: what the larger reads, the smaller has no embedding for."""
    cache = TokenCache(tmp_path / "cache")
    rows = token_cache.read_cached(file, chat, cache=cache, max_length=256)
    smaller = replace(chat, vocabulary=max(token for row in rows for token in row.ids))

    with pytest.raises(TrainError) as refused:
        token_cache.read_cached(file, smaller, cache=cache, max_length=256)

    assert refused.value.code == "tokenizer_too_large"


def _never(*_, **__):
    raise AssertionError("encoded again")


def test_other_lengths_share_the_tokens_and_are_still_refused(tmp_path, file, chat):
    cache = TokenCache(tmp_path / "cache")
    token_cache.read_cached(file, chat, cache=cache, max_length=256)

    with pytest.raises(TrainError) as refused:
        token_cache.read_cached(file, chat, cache=cache, max_length=20)

    assert refused.value.code == "rows_too_long"
    assert len(kept(tmp_path / "cache")) == 1


@pytest.mark.parametrize("damage", ["truncated", "one bit", "empty", "not a file of tensors"])
def test_damaged_tokens_are_found_out_and_made_again(tmp_path, file, chat, damage):
    cache = TokenCache(tmp_path / "cache")
    expected = list(token_cache.read_cached(file, chat, cache=cache, max_length=256))
    path = kept(tmp_path / "cache")[0]
    whole = path.read_bytes()
    flipped = bytearray(whole)
    flipped[len(whole) - 40] ^= 1
    path.write_bytes({"truncated": whole[: len(whole) // 2], "one bit": bytes(flipped), "empty": b"",
                      "not a file of tensors": b"x" * 5000}[damage])  # fmt: skip

    rows = token_cache.read_cached(file, chat, cache=cache, max_length=256)

    assert list(rows) == expected
    assert list(token_file.read(path)) == expected


def test_another_file_tokenizer_template_or_count_has_tokens_of_its_own(tmp_path, file, rows, tokenizer, chat):
    other_file = tmp_path / "other.jsonl"
    other_file.write_text(json.dumps(rows[0]) + "\n")
    keys = [key_of(file, chat, max_rows=None), key_of(other_file, chat, max_rows=None), key_of(file, chat, max_rows=3)]
    tokenizer.add_tokens(["Northwind"])
    keys.append(key_of(file, open_chat(tokenizer), max_rows=None))
    tokenizer.chat_template = str(tokenizer.chat_template).replace("\n", " ")
    keys.append(key_of(file, open_chat(tokenizer), max_rows=None))

    assert None not in keys
    assert len(set(keys)) == 5


def test_a_key_does_not_depend_on_what_the_tokenizer_did_before(file, tokenizer):
    chat = open_chat(tokenizer)
    before = key_of(file, chat, max_rows=None)

    tokenizer(["a", "a longer text"], padding=True, truncation=True, max_length=4)

    assert key_of(file, chat, max_rows=None) == before


def test_a_refused_file_leaves_nothing(tmp_path, file, chat):
    file.write_text("{not json\n")

    with pytest.raises(TrainError) as refused:
        token_cache.read_cached(file, chat, cache=TokenCache(tmp_path / "cache"), max_length=256)

    assert refused.value.code == "bad_row"
    assert kept(tmp_path / "cache") == []


def test_a_folder_that_cannot_be_used_costs_no_run(tmp_path, file, chat):
    (tmp_path / "cache").write_text("a file, not a folder")

    rows = token_cache.read_cached(file, chat, cache=TokenCache(tmp_path / "cache"), max_length=256)

    assert list(rows) == sft_rows.read(file, chat, max_length=256)


def test_a_disk_that_is_full_costs_no_run_and_leaves_nothing(tmp_path, file, chat):
    expected = sft_rows.read(file, chat, max_length=256)
    before, signalled = resource.getrlimit(resource.RLIMIT_FSIZE), signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (64, before[1]))
    try:
        rows = token_cache.read_cached(file, chat, cache=TokenCache(tmp_path / "cache"), max_length=256)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, signalled)

    assert list(rows) == expected
    assert [path for path in (tmp_path / "cache").iterdir() if path.stat().st_size] == []


def test_a_cache_too_small_for_anything_still_gives_the_rows(tmp_path, file, chat):
    cache = TokenCache(tmp_path / "cache", limit_bytes=1)

    rows = token_cache.read_cached(file, chat, cache=cache, max_length=256)

    assert list(rows) == sft_rows.read(file, chat, max_length=256)


def test_the_least_recently_used_go_first_and_what_lay_for_long_goes_too(tmp_path):
    now = time.time()
    for name, age_days in (("new", 0), ("older", 1), ("oldest", 2), ("forgotten", 30)):
        (tmp_path / f"{name}.tokens").write_bytes(b"x" * 100)
        os.utime(tmp_path / f"{name}.tokens", (now, now - age_days * 86_400))

    gone = prune(tmp_path, limit_bytes=250)

    assert gone == 2
    assert [path.stem for path in kept(tmp_path)] == ["new", "older"]


def asking(folder, *, seconds=0.5):
    """A process that asks the cache in a folder, and notes when it makes the rows itself."""
    module = "tests.training.engine.tokens.asker"
    return nursery().start(module, folder / "cache", folder / "log", seconds, log=folder / "said")


@pytest.mark.slow
@pytest.mark.engine
def test_of_several_processes_at_once_one_makes_the_tokens(tmp_path):
    runs = [asking(tmp_path) for _ in range(2)]

    statuses = [run.wait(60) for run in runs]

    assert statuses == [0, 0]
    assert (tmp_path / "log").read_text() == "made\n"


@pytest.mark.slow
@pytest.mark.engine
def test_a_process_killed_while_it_makes_them_leaves_nothing_half_done(tmp_path):
    run = asking(tmp_path, seconds=60)
    while not (tmp_path / "log").exists():
        assert run.poll() is None
        time.sleep(0.05)
    run.kill()
    run.wait()

    again = asking(tmp_path).wait(60)

    assert again == 0
    assert len(kept(tmp_path / "cache")) == 1
