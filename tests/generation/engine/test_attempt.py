"""One attempt of the calling engine against a server that speaks the providers' protocols."""

from __future__ import annotations

import pytest

from tests.generation.engine.conftest import OFFLINE, Attempts, teacher
from tests.generation.provider_server import Running

WIRES = ["openai", "anthropic", "openai-compatible"]


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


@pytest.mark.slow
def test_the_offline_teacher_works_without_a_network_or_a_key(attempts: Attempts) -> None:
    result = attempts.run(OFFLINE | {"parameters": {"defect_rate": 0.5}}, count=40, records=20)

    drafts = attempts.events("draft")
    assert result["outcome"] == "succeeded"
    assert result["summary"]["cost_usd"] == 0
    assert len({d["fields"]["body"] for d in drafts}) == 40
    assert 5 < sum(bool(d["labelled_defects"]) for d in drafts) < 35


def test_an_offline_teacher_whose_client_no_spec_names_fails_before_a_call(attempts: Attempts) -> None:
    result = attempts.run(OFFLINE, local_clients={})

    assert result["outcome"] == "failed"
    assert "local_clients" in result["error"]["message"]
    assert attempts.events("draft") == []


@pytest.mark.slow(after_first=True)
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
