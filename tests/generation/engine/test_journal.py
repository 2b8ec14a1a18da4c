from __future__ import annotations

import asyncio
import json
import os
import threading
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from generation.engine.journal import history, writer
from generation.engine.journal.writer import Journal


def write(path: Path, work: Any) -> Journal:
    async def run() -> Journal:
        book = Journal(path)
        await work(book)
        await book.close()
        return book

    return asyncio.run(run())


def test_sent_is_on_disk_before_it_returns(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    seen: list[bytes] = []

    async def work(book: Journal) -> None:
        await book.sent("a", reserve_usd=0.5)
        seen.append(path.read_bytes())

    write(path, work)

    assert json.loads(seen[0])["call"] == "a"


def test_many_calls_at_once_share_few_writes(tmp_path: Path) -> None:
    async def work(book: Journal) -> None:
        await asyncio.gather(*(book.sent(str(n), reserve_usd=0.1) for n in range(200)))

    book = write(tmp_path / "journal.jsonl", work)

    assert book.groups <= 3
    assert len(history.read_history(tmp_path / "journal.jsonl").calls) == 200


def test_a_slow_disk_never_holds_the_event_loop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real, threads = os.fsync, []

    def slow(handle: int) -> None:
        threads.append(threading.current_thread().name)
        time.sleep(0.005)
        real(handle)

    async def work(book: Journal) -> None:
        monkeypatch.setattr(os, "fsync", slow)
        for n in range(5):
            await book.sent(str(n), reserve_usd=0.1)

    write(tmp_path / "journal.jsonl", work)

    assert len(threads) == 5
    assert all(name.startswith("journal") for name in threads)


def test_a_fast_disk_is_written_without_a_thread_and_one_slow_sync_ends_that(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[bool] = []
    takes_s, clock_s = [0.0], 0.0

    def timed(handle: int) -> None:
        nonlocal clock_s
        threads.append(threading.current_thread() is threading.main_thread())
        clock_s += takes_s[0]

    async def work(book: Journal) -> None:
        # A clock that goes on by what the disk takes, and by nothing that a busy machine adds.
        monkeypatch.setattr(writer, "time", SimpleNamespace(time=time.time, perf_counter=lambda: clock_s))
        monkeypatch.setattr(os, "fsync", timed)
        for disk_s in (0.0, 0.0, 2 * writer.FAST_DISK_S, 0.0):
            takes_s[0] = disk_s
            await book.sent(str(len(threads)), reserve_usd=0.1)

    write(tmp_path / "journal.jsonl", work)

    assert threads == [False, True, True, False]


def test_the_last_word_on_a_call_counts(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"

    async def work(book: Journal) -> None:
        for call in ("sent", "refused", "answered", "asked again"):
            await book.sent(call, reserve_usd=0.1)
        book.unbilled("refused", code="rate_limited")
        book.answered("answered", kind="draft", payload={"cost_usd": 0.05})
        book.unbilled("asked again", code="server_error")
        await book.sent("asked again", reserve_usd=0.1)

    write(path, work)

    fates = history.read_history(path).calls
    assert {call: fate.state for call, fate in fates.items()} == {
        "sent": "sent",
        "refused": "unbilled",
        "answered": "answered",
        "asked again": "sent",
    }
    assert (fates["answered"].kind, fates["answered"].payload) == ("draft", {"cost_usd": 0.05})
    assert fates["asked again"].doubted_usd == 0


@pytest.mark.parametrize("kept", range(1, 60, 7))
def test_power_lost_in_the_last_line_loses_that_line_only(tmp_path: Path, kept: int) -> None:
    path = tmp_path / "journal.jsonl"

    async def first(book: Journal) -> None:
        await book.sent("a", reserve_usd=0.1)

    async def second(book: Journal) -> None:
        await book.sent("c", reserve_usd=0.1)

    write(path, first)
    whole = path.read_bytes()
    path.write_bytes(whole + whole.replace(b'"a"', b'"b"')[:kept])

    write(path, second)

    assert list(history.read_history(path).calls) == ["a", "c"]


def test_a_damaged_line_in_the_middle_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    path.write_bytes(b'{"what": "sent"\n{"what":"sent","call":"a","reserve_usd":0}\n')

    with pytest.raises(ValueError, match="line 1"):
        history.read_history(path)


def test_carrying_over_twice_adds_nothing(tmp_path: Path) -> None:
    old, new = tmp_path / "old.jsonl", tmp_path / "new.jsonl"
    old.write_bytes(b'{"what":"sent","call":"a","reserve_usd":0.1}\n{"torn')

    history.carry_over(old, new)
    history.carry_over(old, new)

    assert new.read_bytes() == b'{"what":"sent","call":"a","reserve_usd":0.1}\n'


def test_a_disk_that_takes_no_more_stops_every_later_call(tmp_path: Path) -> None:
    failures: list[str] = []

    async def work(book: Journal) -> None:
        book._file.close()
        book._file = Path("/dev/full").open("ab", buffering=0)  # noqa: SIM115
        for _ in range(2):
            try:
                await book.sent("a", reserve_usd=0.1)
            except OSError as error:
                failures.append(str(error))

    write(tmp_path / "journal.jsonl", work)

    assert len(failures) == 2
