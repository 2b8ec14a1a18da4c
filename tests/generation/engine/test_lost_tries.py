"""Tries that no word came of, under an order that asks again: each may have been paid, and counts until the end."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from generation.engine.contracts import GenerationSpec
from generation.engine.journal import history
from generation.engine.plan import plan
from generation.engine.repairs import repair_id
from tests.generation.engine.conftest import Attempts, teacher
from tests.generation.provider_server import Running

pytestmark = pytest.mark.engine
ONE = {"concurrency": 1}


def journal(path: Path, *entries: dict[str, object]) -> Path:
    file = path / "calls.jsonl"
    file.write_text("".join(json.dumps(entry) + "\n" for entry in entries))
    return file


def test_a_lost_try_counts_against_the_budget_of_later_attempts(attempts: Attempts, provider: Running) -> None:
    provider.provider.script = ["cut"]
    first = attempts.run(teacher(provider.url), count=1, uncertain="retry", limits=ONE)

    second = attempts.run(teacher(provider.url), count=1, uncertain="retry", limits=ONE)

    assert first["summary"]["possible_cost_usd"] > 0
    assert second["summary"]["possible_cost_usd"] == first["summary"]["possible_cost_usd"]
    assert second["summary"]["cost_usd"] == first["summary"]["cost_usd"]
    assert provider.provider.requests == 2


def test_a_call_is_not_asked_again_when_its_lost_try_has_used_the_budget(attempts: Attempts, provider: Running) -> None:
    # Its worst case is below 0.0016; 0.002 holds one such try and no second.
    provider.provider.always = "cut"
    priced = teacher(provider.url, parameters={"max_tokens": 100})

    result = attempts.run(priced, count=4, uncertain="retry", budget_usd=0.002, limits=ONE)

    assert result["summary"]["cost_usd"] + result["summary"]["possible_cost_usd"] <= 0.002
    assert result["summary"]["uncertain"] == 1
    assert provider.provider.billed.total() == 1


def test_each_try_that_no_word_came_of_is_remembered(tmp_path: Path) -> None:
    sent = {"what": "sent", "call": "a", "reserve_usd": 0.25}

    twice = history.read_history(journal(tmp_path, sent, sent)).calls["a"]
    refused = history.read_history(
        journal(tmp_path, sent, sent, {"what": "unbilled", "call": "a", "code": "rate_limited"})
    ).calls["a"]
    anew = history.read_history(
        journal(tmp_path, sent, {"what": "unbilled", "call": "a", "code": "rate_limited"}, sent)
    ).calls["a"]

    assert (twice.state, twice.reserve_usd, twice.doubted_usd) == ("sent", 0.25, 0.25)
    assert (refused.state, refused.doubted_usd) == ("unbilled", 0.25)
    assert (anew.state, anew.doubted_usd) == ("sent", 0.0)


def test_all_lost_tries_of_a_call_that_was_cut_off_are_shown(attempts: Attempts, provider: Running) -> None:
    provider.provider.script = ["cut", "cut", "status:401"]
    first = attempts.run(teacher(provider.url), count=1, uncertain="retry", limits=ONE)

    second = attempts.run(teacher(provider.url), count=1, uncertain="retry", limits=ONE)

    (draft,) = attempts.events("draft")
    assert first["error"]["code"] == "key_refused"
    assert draft["possible_cost_usd"] == pytest.approx(first["summary"]["possible_cost_usd"], abs=1e-6)
    assert second["summary"]["possible_cost_usd"] == first["summary"]["possible_cost_usd"]
    assert provider.provider.billed.total() == 3


def test_lost_tries_that_only_the_database_knows_of_count_against_the_budget(
    attempts: Attempts, provider: Running
) -> None:
    priced = teacher(provider.url, parameters={"max_tokens": 100})
    path = attempts.lay(priced, count=1)
    (call,) = plan(GenerationSpec.model_validate(json.loads((path / "spec.json").read_text())["body"]))

    result = attempts.run(priced, count=1, uncertain="retry", budget_usd=0.004, doubted={call.id: 0.0035})

    assert result["summary"]["ended"] == "budget"
    assert result["summary"]["possible_cost_usd"] == pytest.approx(0.0035)
    assert provider.provider.requests == 0


def test_a_call_in_doubt_without_a_journal_may_have_cost_what_the_database_was_told(
    attempts: Attempts, provider: Running
) -> None:
    path = attempts.lay(teacher(provider.url), count=2)
    first, second = plan(GenerationSpec.model_validate(json.loads((path / "spec.json").read_text())["body"]))

    result = attempts.run(teacher(provider.url), count=2, in_doubt={first.id: 0.75}, settled={second.id: 0.5},
                          doubted={repair_id(second.id): 0.125})  # fmt: skip

    (doubt,) = attempts.events("uncertain")
    assert doubt["possible_cost_usd"] == 0.75
    assert result["summary"]["possible_cost_usd"] == 0.875
    assert result["summary"]["cost_usd"] == 0.5


def test_a_lost_try_is_told_when_the_order_ends_before_the_call_does(attempts: Attempts, provider: Running) -> None:
    provider.provider.script = ["cut", "status:401"]

    result = attempts.run(teacher(provider.url), count=1, uncertain="retry", limits=ONE)

    (told,) = attempts.events("failure")
    assert result["error"]["code"] == "key_refused"
    assert (told["code"], told["cost_usd"]) == ("left_in_doubt", 0)
    assert told["possible_cost_usd"] == pytest.approx(result["summary"]["possible_cost_usd"], abs=1e-6)
    assert told["possible_cost_usd"] > 0
    assert result["summary"]["failures"] == {}
