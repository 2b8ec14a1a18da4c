"""Calls of unknown fate, budgets, stops and crashes: nothing is paid for twice, nothing lost."""

from __future__ import annotations

import json
import signal
from functools import partial
from typing import Any

import pytest

from generation.engine import run as runs
from generation.engine.journal import writer
from tests.generation.engine.conftest import Attempts, teacher
from tests.generation.provider_server import Running
from tests.waiting import wait_until


@pytest.mark.parametrize("loss", ["cut", "drop", "status:504"])
def test_a_call_of_unknown_fate_is_held_and_never_repeated(attempts: Attempts, provider: Running, loss: str) -> None:
    provider.provider.script = [loss]
    limits = {"timeout_s": 60, "connect_timeout_s": 60, "concurrency": 1}

    first = attempts.run(teacher(provider.url), count=2, limits=limits)
    second = attempts.run(teacher(provider.url), count=2, limits=limits)

    assert_held(attempts, provider, first, second)


@pytest.mark.parametrize("silence", ["slow:3", "drip:0.05"])
def test_a_call_that_was_given_up_is_held_and_never_repeated(
    attempts: Attempts, provider: Running, silence: str
) -> None:
    provider.provider.script = [silence]

    # Only the call that is to be given up has little time: on a busy machine a good answer may take longer than that.
    little, much = {"timeout_s": 0.4, "connect_timeout_s": 0.8}, {"timeout_s": 60, "connect_timeout_s": 60}
    first = attempts.run(teacher(provider.url), count=1, limits={**little, "concurrency": 1})
    second = attempts.run(teacher(provider.url), count=2, limits={**much, "concurrency": 1})

    assert_held(attempts, provider, first, second)
    assert second["summary"]["drafts"] == 1


def assert_held(attempts: Attempts, provider: Running, first: dict[str, Any], second: dict[str, Any]) -> None:
    """One call of two is in doubt in both attempts, and the provider was asked for each once."""
    assert first["summary"]["uncertain"] == second["summary"]["uncertain"] == 1
    assert first["summary"]["possible_cost_usd"] > 0
    (doubt,) = attempts.events("uncertain")
    assert doubt["possible_cost_usd"] == pytest.approx(first["summary"]["possible_cost_usd"], abs=1e-6)
    assert provider.provider.requests == 2
    assert max(provider.provider.billed.values()) == 1


def test_a_call_of_unknown_fate_is_repeated_when_the_order_says_so(attempts: Attempts, provider: Running) -> None:
    provider.provider.script = ["cut"]

    result = attempts.run(teacher(provider.url), count=1, uncertain="retry")

    assert result["summary"]["drafts"] == 1
    assert result["summary"]["possible_cost_usd"] > 0
    assert list(provider.provider.billed.values()) == [2]


def test_the_budget_is_passed_by_nothing_when_the_worst_case_holds(attempts: Attempts, provider: Running) -> None:
    # A call costs 0.0007; its worst case, at 100 tokens, stays below 0.0016.
    priced = teacher(provider.url, parameters={"max_tokens": 100})

    result = attempts.run(priced, count=50, budget_usd=0.01)

    assert result["outcome"] == "succeeded"
    assert result["summary"]["ended"] == "budget"
    assert 0.008 < result["summary"]["cost_usd"] <= 0.01


@pytest.mark.slow
def test_a_stop_lets_calls_in_flight_come_home_and_a_resume_pays_for_the_rest_only(
    attempts: Attempts, provider: Running
) -> None:
    provider.provider.latency_s = 0.15
    process = attempts.start(teacher(provider.url), count=30)
    wait_until(lambda: provider.provider.billed.total() >= 8)

    process.send_signal(signal.SIGTERM)
    process.wait(30)
    first, paid = attempts.result(), provider.provider.billed.total()
    second = attempts.run(teacher(provider.url), count=30)

    assert first["outcome"] == "stopped"
    assert first["summary"]["drafts"] == paid < 30
    assert first["summary"]["uncertain"] == 0
    assert second["summary"]["drafts"] == 30
    assert len({d["call_id"] for d in attempts.events("draft")}) == 30
    assert max(provider.provider.billed.values()) == 1


@pytest.mark.slow
def test_a_stop_that_cannot_wait_leaves_the_call_uncertain(attempts: Attempts, provider: Running) -> None:
    provider.provider.always = "slow:80"
    process = attempts.start(teacher(provider.url), count=4, limits={"stop_grace_s": 0.2, "timeout_s": 90})
    wait_until(lambda: provider.provider.in_flight == 4)

    process.send_signal(signal.SIGTERM)
    process.wait(30)

    assert attempts.result()["summary"]["uncertain"] == 4
    assert {u["code"] for u in attempts.events("uncertain")} == {"stopped"}


@pytest.mark.slow
def test_an_engine_killed_in_the_middle_pays_nothing_twice(attempts: Attempts, provider: Running) -> None:
    provider.provider.latency_s = 0.05
    for kills in range(2):
        process = attempts.start(teacher(provider.url), count=60, limits={"concurrency": 8})
        wait_until(lambda target=(kills + 1) * 12: provider.provider.billed.total() >= target)
        process.kill()
        process.wait()

    result = attempts.run(teacher(provider.url), count=60, limits={"concurrency": 8})

    summary = result["summary"]
    assert max(provider.provider.billed.values()) == 1
    assert summary["uncertain"] <= 16
    assert summary["drafts"] + summary["uncertain"] == 60
    known = {d["call_id"] for d in attempts.events("draft", "uncertain")}
    assert set(provider.provider.billed) <= known


def test_what_the_database_knows_is_not_asked_again_even_without_a_journal(
    attempts: Attempts, provider: Running
) -> None:
    attempts.run(teacher(provider.url), count=4)
    ids = [d["call_id"] for d in attempts.events("draft")]
    (attempts.path / writer.FILENAME).unlink()

    result = attempts.run(teacher(provider.url), count=4, settled={ids[0]: 0.5, ids[1]: 0.25}, in_doubt={ids[2]: 0.0})

    assert result["summary"]["cost_usd"] == pytest.approx(0.75 + 0.0007)
    assert result["summary"]["uncertain"] == 1
    assert [provider.provider.billed[call] for call in ids] == [1, 1, 1, 2]


def test_a_damaged_journal_stops_the_engine_before_it_pays(attempts: Attempts, provider: Running) -> None:
    attempts.run(teacher(provider.url), count=4)
    path = attempts.path / writer.FILENAME
    path.write_bytes(b"{not json\n" + path.read_bytes())
    paid = provider.provider.requests

    result = attempts.run(teacher(provider.url), count=4)

    assert result["outcome"] == "failed"
    assert "damaged" in result["error"]["message"]
    assert provider.provider.requests == paid


def test_a_lost_call_whose_gateway_asks_for_hours_is_held_and_counted(attempts: Attempts, provider: Running) -> None:
    provider.provider.script = ["status:504;7200"]

    result = attempts.run(teacher(provider.url), count=2, limits={"concurrency": 1})

    assert (result["outcome"], result["error"]["code"]) == ("failed", "gateway_lost")
    assert "7,200" in result["error"]["message"]
    (doubt,) = attempts.events("uncertain")
    assert doubt["possible_cost_usd"] == pytest.approx(result["summary"]["possible_cost_usd"], abs=1e-6)
    assert result["summary"]["possible_cost_usd"] > 0


pytestmark = pytest.mark.engine


def test_answers_are_journalled_though_a_connection_does_not_close(
    attempts: Attempts, provider: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def break_off(*parts: object) -> None:
        raise OSError("the connection is in a bad way")

    monkeypatch.setattr(runs, "_close", break_off)
    # A disk that is slow enough for the last answers to wait still.
    monkeypatch.setattr(writer, "FAST_DISK_S", 0.0)
    monkeypatch.setattr(runs, "Journal", partial(writer.Journal, group_s=0.3))

    result = attempts.run(teacher(provider.url), count=3)

    entries = [json.loads(line) for line in (attempts.path / writer.FILENAME).read_text().splitlines()]
    assert result["outcome"] == "failed"
    assert sorted(entry["what"] for entry in entries) == ["answered"] * 3 + ["sent"] * 3
