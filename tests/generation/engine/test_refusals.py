"""What the engine does when a provider refuses, is not there, or gets no key."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.generation.engine.conftest import KEY, Attempts, teacher
from tests.generation.provider_server import Running

LATE_REFUSAL = 'raw:{"error": {"code": 429, "message": "Slow down."}}'


@pytest.mark.parametrize(
    "refusal", ["status:429", "status:429;0.05", "status:529", "status:500", "status:503", "status:409", LATE_REFUSAL]
)
def test_a_refused_call_is_tried_again_under_the_same_id(attempts: Attempts, provider: Running, refusal: str) -> None:
    provider.provider.script = [refusal, refusal]

    attempts.run(teacher(provider.url), count=1)

    ids = {seen["headers"]["idempotency-key"] for seen in provider.provider.seen}
    assert len(provider.provider.seen) == 3
    assert ids == {attempts.events("draft")[0]["call_id"]}


@pytest.mark.slow(after_first=True)
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


def test_a_web_page_in_the_place_of_an_answer_ends_the_job_and_costs_nothing(
    attempts: Attempts, provider: Running
) -> None:
    provider.provider.always = "raw:\\n<!DOCTYPE html><html><title>Chat</title></html>"

    result = attempts.run(teacher(provider.url), count=50)

    assert (result["outcome"], result["error"]["code"]) == ("failed", "not_found")
    assert "web page" in result["error"]["message"]
    assert result["summary"]["cost_usd"] == 0
    assert provider.provider.requests <= 4


def test_ten_refused_requests_in_a_row_end_the_job(attempts: Attempts, provider: Running) -> None:
    provider.provider.always = "status:400"

    result = attempts.run(teacher(provider.url), count=200)

    assert result["error"]["code"] == "request_rejected"
    assert 10 <= provider.provider.requests <= 14


def test_texts_that_are_too_long_end_no_job_however_many_follow(attempts: Attempts, provider: Running) -> None:
    provider.provider.script = ["status:413"] * 12

    result = attempts.run(teacher(provider.url), count=20)

    assert result["outcome"] == "succeeded"
    assert (result["summary"]["drafts"], provider.provider.requests) == (8, 20)


def test_a_server_nobody_listens_at_is_unreachable_and_costs_nothing(attempts: Attempts) -> None:
    result = attempts.run(teacher("http://127.0.0.1:9"), count=20, limits={"max_tries": 2})

    assert result["error"]["code"] == "unreachable"
    assert result["summary"]["cost_usd"] == result["summary"]["possible_cost_usd"] == 0


def test_a_redirect_is_not_followed(attempts: Attempts, provider: Running) -> None:
    provider.provider.always = f"redirect:{provider.url}/elsewhere"

    result = attempts.run(teacher(provider.url), count=3)

    assert result["error"]["code"] == "redirected"
    assert all("elsewhere" not in seen["path"] for seen in provider.provider.seen)


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize("wire", ["openai", "anthropic"])
@pytest.mark.parametrize("always", ["status:401", "status:400", "cut"])
def test_the_key_reaches_the_provider_and_no_file(
    attempts: Attempts, provider: Running, wire: str, always: str
) -> None:
    provider.provider.always = always

    process = attempts.start(teacher(provider.url, wire), count=12, limits={"max_tries": 2})
    process.wait(60)

    output = attempts.output.read_text()
    seen = provider.provider.seen[0]["headers"]
    assert KEY in (seen.get("authorization", "") + seen.get("x-api-key", ""))
    assert KEY not in output
    for path in Path(attempts.root).rglob("*"):
        assert not path.is_file() or KEY.encode() not in path.read_bytes(), path


@pytest.mark.slow
def test_the_program_begins_from_nothing_and_its_status_says_how_it_ended(
    attempts: Attempts, provider: Running
) -> None:
    provider.provider.always = "status:401"
    path = attempts.lay(teacher(provider.url), count=2)

    ended = subprocess.run([sys.executable, "-m", "generation.engine", str(path)], check=False, timeout=120)

    assert ended.returncode == 1
    assert attempts.result()["error"]["code"] == "key_refused"


def test_a_key_that_no_header_carries_costs_nothing(
    attempts: Attempts, provider: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEST_KEY", "sk-first-one\nsk-second-one")

    result = attempts.run(teacher(provider.url), count=1, limits={"max_tries": 1})

    assert (result["summary"]["uncertain"], result["summary"]["possible_cost_usd"]) == (0, 0)
    assert provider.provider.requests == 0


def test_a_missing_key_is_named_before_anything_is_sent(attempts: Attempts, provider: Running) -> None:
    result = attempts.run(teacher(provider.url, secret_ref="NO_SUCH_KEY"), count=1)

    assert "NO_SUCH_KEY" in result["error"]["message"]
    assert provider.provider.requests == 0


@pytest.mark.slow
def test_pressure_falls_when_the_provider_refuses_and_progress_says_so(attempts: Attempts, provider: Running) -> None:
    provider.provider.latency_s = 0.02
    provider.provider.script = ["status:429"] * 12

    attempts.run(teacher(provider.url), count=60, limits={"concurrency": 16, "max_tries": 10})

    limits = [p["limit"] for p in attempts.events("progress")]
    assert min(limits) < 16 or provider.provider.most_in_flight <= 16
    assert len(attempts.events("draft")) == 60
