"""Calls over several processes: the same order, the same journal and money, and a process that is lost on the way."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from generation.engine.clients.interface import CallError, Question, Reply
from generation.engine.contracts import GenerationSpec
from generation.engine.processes import frames, process_count
from generation.engine.processes.client import Connection
from tests.generation.engine.conftest import KEY, OFFLINE, TASK, Attempts, teacher
from tests.generation.provider_server import Running
from tests.waiting import wait_until

pytestmark = pytest.mark.engine
# A call's time begins before its process is up, which may take long on a busy machine.
TWO = {"limits": {"concurrency": 8, "processes": 2, "timeout_s": 60}}


def spec(concurrency: int, count: int, processes: int | None = None, **over: Any) -> GenerationSpec:
    told = {
        "order": "00000000-0000-0000-0000-000000000001",
        "task": TASK,
        "teacher": teacher("http://localhost:1"),
        "records": [{"id": "r", "facts": {}}],
        "count": count,
        "limits": {"concurrency": concurrency, "processes": processes},
    }
    return GenerationSpec.model_validate(told | over)


@pytest.mark.parametrize(
    ("concurrency", "count", "cores", "expected"),
    [(16, 100_000, 8, 1), (64, 999, 8, 1), (64, 1000, 8, 4), (256, 5000, 3, 2), (256, 5000, 2, 1), (512, 5000, 1, 1)],
)
def test_processes_are_taken_where_they_pay(concurrency: int, count: int, cores: int, expected: int) -> None:
    assert process_count(spec(concurrency, count), cores=cores) == expected


def test_an_order_may_say_how_many_but_never_more_than_it_has_calls_at_once() -> None:
    assert process_count(spec(4, 10, processes=3), cores=1) == 3
    assert process_count(spec(2, 10, processes=3), cores=1) == 2
    assert process_count(spec(8, 10, processes=3, teacher=OFFLINE), cores=8) == 1


def test_a_reply_and_an_error_cross_the_socket_as_they_are() -> None:
    reply = Reply("Subject: \ud800 ü", finish="length", input_tokens=7, flaws=("a", "b"), labelled_defects=("c",))
    error = CallError("unbilled", "rate_limited", "slow", wait_s=1.5, slow_down=True, request_id="r")

    crossed = frames.to_reply(json.loads(frames.packed(frames.of_reply(1, reply))[4:]))
    with pytest.raises(CallError) as caught:
        frames.to_reply(json.loads(frames.packed(frames.of_error(1, error))[4:]))

    assert crossed == reply
    assert vars(caught.value) == vars(error)


def test_a_question_crosses_with_all_that_a_wire_format_reads() -> None:
    question = Question("c", [{"role": "user", "content": "ü"}], {}, seed=3, repeat=1, teacher=2, temperature=0.4)

    assert frames.to_question(frames.of_question(9, question)) == question


@pytest.mark.slow
@pytest.mark.parametrize("wire", ["openai", "anthropic"])
def test_an_order_over_two_processes_ends_like_any_other(attempts: Attempts, provider: Running, wire: str) -> None:
    provider.provider.script = ["ok", "status:429", "refused", "status:500"]

    result = attempts.run(teacher(provider.url, wire), count=30, records=5, **TWO)

    drafts, failures = attempts.events("draft"), attempts.events("failure")
    assert result["outcome"] == "succeeded"
    assert len(drafts) == 29
    assert [f["code"] for f in failures] == ["refused"]
    assert provider.provider.billed == {told["call_id"]: 1 for told in [*drafts, *failures]}


@pytest.mark.slow
def test_a_key_that_is_refused_ends_the_order_and_stands_nowhere(attempts: Attempts, provider: Running) -> None:
    provider.provider.always = "status:401"

    result = attempts.run(teacher(provider.url), count=30, **TWO)

    assert result["error"]["code"] == "key_refused"
    assert not provider.provider.billed
    for file in Path(attempts.path).rglob("*"):
        assert not file.is_file() or KEY not in file.read_text(errors="replace")


@pytest.mark.slow
def test_a_process_that_is_killed_loses_no_call_and_pays_none_twice(attempts: Attempts, provider: Running) -> None:
    # Long enough for both processes to be waiting for answers when one of them goes.
    provider.provider.latency_s = 0.4
    engine = attempts.start(teacher(provider.url), count=120, records=10, **TWO)
    wait_until(lambda: provider.provider.requests >= 20)
    os.kill(_children(engine.pid)[0], signal.SIGKILL)
    engine.wait(60)

    drafts, doubts = attempts.events("draft"), attempts.events("uncertain")
    told = {event["call_id"] for event in [*drafts, *doubts]}
    assert attempts.result()["outcome"] == "succeeded"
    assert len(told) == len(drafts) + len(doubts) == 120
    assert 1 <= len(doubts) <= 8
    assert {doubt["code"] for doubt in doubts} == {"process_lost"}
    assert all(doubt["possible_cost_usd"] > 0 for doubt in doubts)
    assert set(provider.provider.billed.values()) == {1}
    assert {draft["call_id"] for draft in drafts} <= set(provider.provider.billed)


@pytest.mark.slow
def test_processes_that_end_as_soon_as_begun_end_the_order_unpaid(capfd: pytest.CaptureFixture[str]) -> None:
    opening = frames.packed({"task": {}, "limits": {}, "teachers": [], "key": KEY})

    async def ask_until_fatal() -> list[CallError]:
        connection, seen = Connection(opening), []
        while not seen or seen[-1].fate != "fatal":
            with pytest.raises(CallError) as caught:
                await connection.ask(Question("c", [], {}, seed=1, repeat=0))
            seen.append(caught.value)
        await connection.close()
        return seen

    errors = asyncio.run(ask_until_fatal())

    assert [error.fate for error in errors] == ["unbilled"] * 3 + ["fatal"]
    assert {error.code for error in errors} == {"process_lost"}
    assert KEY not in capfd.readouterr().err


@pytest.mark.slow
def test_no_process_outlives_an_engine_that_was_killed(attempts: Attempts, provider: Running) -> None:
    provider.provider.latency_s = 5
    engine = attempts.start(teacher(provider.url), count=20, **TWO)
    wait_until(lambda: provider.provider.requests >= 8)
    children = _children(engine.pid)
    engine.kill()
    engine.wait()

    assert len(children) == 2
    wait_until(lambda: not any(_lives(pid) for pid in children))
    provider.provider.latency_s = 0
    result = attempts.run(teacher(provider.url), count=20)
    assert result["summary"]["drafts"] == 12
    assert result["summary"]["uncertain"] == 8


@pytest.mark.slow
def test_a_stop_waits_for_what_the_processes_have_on_the_wire(attempts: Attempts, provider: Running) -> None:
    provider.provider.latency_s = 0.5
    engine = attempts.start(teacher(provider.url), count=200, **TWO)
    wait_until(lambda: provider.provider.requests >= 8)
    for pid in [*_children(engine.pid), engine.pid]:
        os.kill(pid, signal.SIGTERM)
    engine.wait(60)

    result = attempts.result()
    assert result["outcome"] == "stopped"
    assert result["summary"]["uncertain"] == 0
    assert result["summary"]["drafts"] == provider.provider.billed.total()


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split(") ")[1][0] != "Z"
    except FileNotFoundError:
        return False
