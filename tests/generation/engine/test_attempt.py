from __future__ import annotations

import signal
import time
from pathlib import Path
from typing import Any

import pytest

from generation.engine import journal
from tests.generation.engine.conftest import KEY, OFFLINE, Attempts, teacher
from tests.generation.provider_server import Running

WIRES = ["openai", "anthropic", "openai-compatible"]


def wait_until(condition: Any, timeout_s: float = 45) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.01)


@pytest.mark.parametrize("wire", WIRES)
def test_every_draft_of_an_order_arrives_with_its_provenance_and_cost(
    attempts: Attempts, provider: Running, wire: str
) -> None:
    result = attempts.run(teacher(provider.url, wire), count=7, records=3)

    drafts = attempts.events("draft")
    assert result["outcome"] == "succeeded"
    assert len(drafts) == 7
    assert result["summary"]["cost_usd"] == pytest.approx(7 * (120 * 2.5 + 40 * 10) / 1e6)
    assert [sum(d["record"][-1] == str(n) for d in drafts) for n in range(3)] == [3, 2, 2]
    assert {d["usage"]["input_tokens"] for d in drafts} == {120}
    assert all(len(d["prompt_hash"]) == 64 and d["model"].endswith("test-1") and d["latency_s"] >= 0 for d in drafts)
    assert provider.provider.billed == {d["call_id"]: 1 for d in drafts}
    for seen in provider.provider.seen:
        (message,) = seen["body"]["messages"]
        assert message["role"] == "user"
        assert "company: Co " in message["content"]


def test_the_offline_teacher_works_without_a_network_or_a_key(attempts: Attempts) -> None:
    result = attempts.run(OFFLINE | {"parameters": {"defect_rate": 0.5}}, count=40, records=20)

    drafts = attempts.events("draft")
    assert result["outcome"] == "succeeded"
    assert result["summary"]["cost_usd"] == 0
    assert len({d["fields"]["body"] for d in drafts}) == 40
    assert 5 < sum(bool(d["labelled_defects"]) for d in drafts) < 35


@pytest.mark.parametrize("wire", ["openai", "anthropic"])
@pytest.mark.parametrize(
    ("what", "code"),
    [
        ("empty", "empty"),
        ("blank", "empty"),
        ("nothing", "empty"),
        ("shapeless", "malformed"),
        ("mojibake", "mis_encoded"),
        ("replacement", "mis_encoded"),
        ("surrogate", "mis_encoded"),
        ("length", "truncated"),
        ("refused", "refused"),
        ("raw:not json at all", "malformed"),
        (r'raw:{"choices": "\xff\xfe"}', "mis_encoded"),
        ("raw:[]", "malformed"),
        ("raw:{}", "empty"),
    ],
)
def test_a_useless_answer_is_a_failure_with_its_cost(
    attempts: Attempts, provider: Running, wire: str, what: str, code: str
) -> None:
    provider.provider.script = [what]

    result = attempts.run(teacher(provider.url, wire), count=2, limits={"concurrency": 1})

    (failure,) = attempts.events("failure")
    if wire == "anthropic" and what == "nothing":
        assert failure["code"] == "empty"
    assert failure["code"] == code
    assert failure["cost_usd"] > 0
    assert failure["cost_is_estimate"] == what.startswith("raw")
    assert result["summary"]["failures"] == {code: 1}
    assert result["summary"]["drafts"] == 1
    assert provider.provider.requests == 2


def test_a_filtered_answer_and_a_fenced_one_are_told_apart(attempts: Attempts, provider: Running) -> None:
    provider.provider.script = ["filtered", "fenced", "null", "unmetered"]

    attempts.run(teacher(provider.url), count=4, limits={"concurrency": 1})

    assert [f["code"] for f in attempts.events("failure")] == ["content_filter", "empty"]
    assert [d["cost_is_estimate"] for d in attempts.events("draft")] == [False, True]


@pytest.mark.parametrize(
    "refusal", ["status:429", "status:429;0.05", "status:529", "status:500", "status:503", "status:409"]
)
def test_a_refused_call_is_tried_again_under_the_same_id(attempts: Attempts, provider: Running, refusal: str) -> None:
    provider.provider.script = [refusal, refusal]

    attempts.run(teacher(provider.url), count=1)

    ids = {seen["headers"]["idempotency-key"] for seen in provider.provider.seen}
    assert len(provider.provider.seen) == 3
    assert ids == {attempts.events("draft")[0]["call_id"]}


@pytest.mark.parametrize("wait", ["1", "date+2"])
def test_retry_after_is_honoured_in_seconds_and_as_a_date(attempts: Attempts, provider: Running, wait: str) -> None:
    provider.provider.script = [f"status:429;{wait}"]

    attempts.run(teacher(provider.url), count=3, limits={"concurrency": 1})

    first, second = provider.provider.arrivals[:2]
    assert second - first >= 0.95


def test_a_provider_that_asks_for_hours_ends_the_job_and_loses_nothing(attempts: Attempts, provider: Running) -> None:
    provider.provider.script = ["ok", "status:429;7200"]

    first = attempts.run(teacher(provider.url), count=3, limits={"concurrency": 1})
    second = attempts.run(teacher(provider.url), count=3)

    assert first["outcome"] == "failed"
    assert first["error"]["code"] == "rate_limited"
    assert "7,200" in first["error"]["message"]
    assert second["summary"]["drafts"] == 3
    assert provider.provider.billed.total() == 3


@pytest.mark.parametrize(
    ("status", "code"), [(401, "key_refused"), (402, "payment_required"), (403, "forbidden"), (404, "not_found")]
)
def test_what_no_call_can_get_past_ends_the_job_with_a_hint(
    attempts: Attempts, provider: Running, status: int, code: str
) -> None:
    provider.provider.always = f"status:{status}"

    result = attempts.run(teacher(provider.url), count=50)

    assert result["outcome"] == "failed"
    assert result["error"]["code"] == code
    assert result["error"]["hint"]
    assert provider.provider.requests <= 4


def test_ten_refused_requests_in_a_row_end_the_job(attempts: Attempts, provider: Running) -> None:
    provider.provider.always = "status:400"

    result = attempts.run(teacher(provider.url), count=200)

    assert result["error"]["code"] == "request_rejected"
    assert 10 <= provider.provider.requests <= 14


def test_a_server_nobody_listens_at_is_unreachable_and_costs_nothing(attempts: Attempts) -> None:
    result = attempts.run(teacher("http://127.0.0.1:9"), count=20, limits={"max_tries": 2})

    assert result["error"]["code"] == "unreachable"
    assert result["summary"]["cost_usd"] == result["summary"]["possible_cost_usd"] == 0


def test_a_redirect_is_not_followed(attempts: Attempts, provider: Running) -> None:
    provider.provider.always = f"redirect:{provider.url}/elsewhere"

    result = attempts.run(teacher(provider.url), count=3)

    assert result["error"]["code"] == "redirected"
    assert all("elsewhere" not in seen["path"] for seen in provider.provider.seen)


@pytest.mark.parametrize("loss", ["cut", "drop", "slow:3", "drip:0.05", "status:504"])
def test_a_call_of_unknown_fate_is_held_and_never_repeated(attempts: Attempts, provider: Running, loss: str) -> None:
    provider.provider.script = [loss]
    limits = {"timeout_s": 0.4, "connect_timeout_s": 0.4, "concurrency": 1}

    first = attempts.run(teacher(provider.url), count=2, limits=limits)
    second = attempts.run(teacher(provider.url), count=2, limits=limits)

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


def test_a_stop_that_cannot_wait_leaves_the_call_uncertain(attempts: Attempts, provider: Running) -> None:
    provider.provider.always = "slow:80"
    process = attempts.start(teacher(provider.url), count=4, limits={"stop_grace_s": 0.2, "timeout_s": 90})
    wait_until(lambda: provider.provider.in_flight == 4)

    process.send_signal(signal.SIGTERM)
    process.wait(30)

    assert attempts.result()["summary"]["uncertain"] == 4
    assert {u["code"] for u in attempts.events("uncertain")} == {"stopped"}


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
    (attempts.path / journal.FILENAME).unlink()

    result = attempts.run(teacher(provider.url), count=4, settled={ids[0]: 0.5, ids[1]: 0.25}, in_doubt=[ids[2]])

    assert result["summary"]["cost_usd"] == pytest.approx(0.75 + 0.0007)
    assert result["summary"]["uncertain"] == 1
    assert [provider.provider.billed[call] for call in ids] == [1, 1, 1, 2]


def test_a_damaged_journal_stops_the_engine_before_it_pays(attempts: Attempts, provider: Running) -> None:
    attempts.run(teacher(provider.url), count=4)
    path = attempts.path / journal.FILENAME
    path.write_bytes(b"{not json\n" + path.read_bytes())
    paid = provider.provider.requests

    result = attempts.run(teacher(provider.url), count=4)

    assert result["outcome"] == "failed"
    assert "damaged" in result["error"]["message"]
    assert provider.provider.requests == paid


@pytest.mark.parametrize("wire", ["openai", "anthropic"])
@pytest.mark.parametrize("always", ["status:401", "status:400", "cut"])
def test_the_key_reaches_the_provider_and_no_file(
    attempts: Attempts, provider: Running, wire: str, always: str
) -> None:
    provider.provider.always = always

    process = attempts.start(teacher(provider.url, wire), count=12, limits={"max_tries": 2})
    output, _ = process.communicate(timeout=60)

    seen = provider.provider.seen[0]["headers"]
    assert KEY in (seen.get("authorization", "") + seen.get("x-api-key", ""))
    assert KEY not in output
    for path in Path(attempts.root).rglob("*"):
        assert not path.is_file() or KEY.encode() not in path.read_bytes(), path


def test_a_missing_key_is_named_before_anything_is_sent(attempts: Attempts, provider: Running) -> None:
    result = attempts.run(teacher(provider.url, secret_ref="NO_SUCH_KEY"), count=1)

    assert "NO_SUCH_KEY" in result["error"]["message"]
    assert provider.provider.requests == 0


def test_pressure_falls_when_the_provider_refuses_and_progress_says_so(attempts: Attempts, provider: Running) -> None:
    provider.provider.latency_s = 0.02
    provider.provider.script = ["status:429"] * 12

    attempts.run(teacher(provider.url), count=60, limits={"concurrency": 16, "max_tries": 10})

    limits = [p["limit"] for p in attempts.events("progress")]
    assert min(limits) < 16 or provider.provider.most_in_flight <= 16
    assert len(attempts.events("draft")) == 60


def test_progress_ends_at_its_total_and_carries_the_cost(attempts: Attempts, provider: Running) -> None:
    attempts.run(teacher(provider.url), count=5)

    last = attempts.events("progress")[-1]
    assert (last["done"], last["total"], last["unit"]) == (5, 5, "calls")
    assert last["cost_usd"] == pytest.approx(0.0035)


def test_parameters_seeds_and_system_messages_go_out_as_set(attempts: Attempts, provider: Running) -> None:
    attempts.run(
        teacher(provider.url, parameters={"temperature": 0.2, "max_tokens": 300, "reasoning_effort": "low"}),
        count=4,
        records=2,
    )

    bodies = [seen["body"] for seen in provider.provider.seen]
    assert {b["max_completion_tokens"] for b in bodies} == {300}
    assert {b["reasoning_effort"] for b in bodies} == {"low"}
    assert sorted(b["temperature"] for b in bodies) == [0.2, 0.2, 0.35, 0.35]
    assert len({b["seed"] for b in bodies}) == 4
