"""Answers in JSON over the wire: asked for by schema, mended by one paid call, never by two."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from generation.engine.repairs import RepairBudget, repair_id
from review.spec import prompting
from review.spec.task_spec import TaskSpec
from tests.generation.author_server import GOOD, Author
from tests.generation.engine.conftest import TASK, Attempts, teacher
from tests.generation.provider_server import Running
from tests.waiting import wait_until

LIMITED = TASK | {
    "output_schema": [
        {"name": "subject", "role": "subject"},
        {"name": "body", "role": "body", "max_words": 6},
    ]
}
LONG = json.dumps({"subject": "A depot", "body": "Shall we talk about your late lorries?"})
BROKEN = json.dumps({"subject": "A depot"})
ONE = {"count": 1, "records": 1, "task": LIMITED, "limits": {"concurrency": 1}}


@pytest.fixture
def author() -> Iterator[Running]:
    running = Running(Author())
    yield running
    running.close()


def asked(author: Running, wire: str = "openai", **over: Any) -> dict[str, Any]:
    return teacher(author.url, wire, answers="json", **over)


@pytest.mark.parametrize("wire", ["openai", "anthropic", "openai-compatible"])
def test_a_draft_in_json_arrives_as_any_other_and_keeps_the_prompt_it_is_known_by(
    attempts: Attempts, author: Running, wire: str
) -> None:
    attempts.run(asked(author, wire), **ONE)

    (draft,) = attempts.events("draft")
    body = author.provider.seen[0]["body"]
    sent = body["output_config"]["format"] if wire == "anthropic" else body["response_format"]["json_schema"]
    prompt = prompting.messages(
        TaskSpec.model_validate(LIMITED), {"company": "Co 0", "pain": "late lorries"}, audience="teacher"
    )
    assert list(sent["schema"]["properties"]) == ["subject", "body"]
    assert "one JSON object and nothing else" in body["messages"][0]["content"]
    assert draft["fields"] == json.loads(GOOD)
    assert draft["prompt_hash"] == prompting.prompt_hash(prompt)
    assert draft["parameters"]["answers"] == "json"


@pytest.mark.parametrize("wire", ["openai", "anthropic"])
@pytest.mark.parametrize("first", [LONG, BROKEN, "no JSON at all"])
def test_a_flawed_answer_is_mended_by_one_paid_call_of_its_own(
    attempts: Attempts, author: Running, wire: str, first: str
) -> None:
    author.provider.texts = [first]

    result = attempts.run(asked(author, wire), **ONE)

    (failure,), (draft,) = attempts.events("failure"), attempts.events("draft")
    repair = author.provider.seen[1]["body"]["messages"]
    assert failure["code"] == "flawed"
    assert draft["call_id"] == repair_id(failure["call_id"])
    assert draft["fields"] == json.loads(GOOD)
    assert draft["prompt_hash"] == failure["prompt_hash"]
    assert draft["parameters"]["repaired"]
    assert [m["role"] for m in repair] == ["user", "assistant", "user"]
    assert repair[1]["content"] == first
    assert draft["parameters"]["repaired"][0] in repair[2]["content"]
    assert author.provider.billed == {failure["call_id"]: 1, draft["call_id"]: 1}
    assert result["summary"]["cost_usd"] == pytest.approx(failure["cost_usd"] + draft["cost_usd"])
    assert (result["summary"]["drafts"], result["summary"]["failures"], result["summary"]["repairs"]) == (1, {}, 1)
    assert attempts.events("progress")[-1]["done"] == 1


def test_a_second_broken_answer_is_a_failure_and_is_not_sent_back_again(attempts: Attempts, author: Running) -> None:
    author.provider.texts = [BROKEN, BROKEN, BROKEN]

    result = attempts.run(asked(author), **ONE)

    assert author.provider.requests == 2
    assert result["summary"]["failures"] == {"malformed": 1}
    assert result["summary"]["drafts"] == 0
    assert len(attempts.events("failure")) == 2


@pytest.mark.parametrize("second", [BROKEN, (400, "no"), (422, "no")])
def test_a_draft_that_was_only_too_long_is_kept_when_its_repair_brings_nothing(
    attempts: Attempts, author: Running, second: Any
) -> None:
    author.provider.texts = [LONG, second]

    result = attempts.run(asked(author), **ONE)

    (draft,) = attempts.events("draft")
    assert draft["fields"] == json.loads(LONG)
    assert (result["summary"]["drafts"], result["summary"]["failures"]) == (1, {})


def test_a_value_of_another_type_that_can_be_read_is_kept_when_its_repair_is_no_better(
    attempts: Attempts, author: Running
) -> None:
    priced = TASK | {"slots": [], "output_schema": [{"name": "title"}, {"name": "price", "type": "number"}]}
    author.provider.texts = [json.dumps({"title": "A depot", "price": "12.50"})] * 2

    result = attempts.run(asked(author), **(ONE | {"task": priced}))

    (draft,) = attempts.events("draft")
    assert draft["fields"] == {"title": "A depot", "price": 12.5}
    assert result["summary"]["drafts"] == 1


def test_a_repair_that_is_still_too_long_is_the_draft(attempts: Attempts, author: Running) -> None:
    author.provider.texts = [LONG, LONG]

    result = attempts.run(asked(author), **ONE)

    assert author.provider.requests == 2
    assert result["summary"]["drafts"] == 1


def test_repairs_can_be_switched_off(attempts: Attempts, author: Running) -> None:
    author.provider.texts = [LONG]

    attempts.run(asked(author), **ONE | {"limits": {"concurrency": 1, "repairs": 0}})

    assert author.provider.requests == 1
    assert len(attempts.events("draft")) == 1


def test_a_repair_that_the_budget_does_not_hold_is_not_made(attempts: Attempts, author: Running) -> None:
    author.provider.texts = [LONG]

    result = attempts.run(asked(author), **ONE, budget_usd=0.0122)

    assert author.provider.requests == 1
    assert result["summary"]["drafts"] == 1
    assert result["summary"]["cost_usd"] <= 0.0122


def test_a_refused_schema_is_told_before_anything_is_paid(attempts: Attempts, author: Running) -> None:
    author.provider.texts = [(400, "Invalid schema for response_format 'draft'")] * 50

    result = attempts.run(asked(author), count=50, records=5, task=LIMITED)

    assert result["outcome"] == "failed"
    assert result["error"]["code"] == "schema_refused"
    assert "text" in result["error"]["hint"]
    assert not author.provider.billed
    assert result["summary"]["cost_usd"] == 0
    assert author.provider.requests <= 4


def test_an_engine_killed_during_a_repair_asks_for_neither_again(attempts: Attempts, author: Running) -> None:
    author.provider.texts = [LONG]
    author.provider.pause_s = [0, 30]
    engine = attempts.start(asked(author), **ONE)
    wait_until(lambda: author.provider.requests == 2)
    os.kill(engine.pid, signal.SIGKILL)
    engine.wait()

    result = attempts.run(asked(author), **ONE)

    (draft,), (doubt,) = attempts.events("draft"), attempts.events("uncertain")
    assert draft["fields"] == json.loads(LONG)
    assert doubt["call_id"] == repair_id(draft["call_id"])
    assert doubt["possible_cost_usd"] > 0
    assert author.provider.requests == 2
    assert (result["summary"]["drafts"], result["summary"]["uncertain"]) == (1, 0)


def test_an_engine_killed_after_a_repair_tells_both_ends_again(attempts: Attempts, author: Running) -> None:
    author.provider.texts = [LONG]
    author.provider.pause_s = [0, 0, 30]
    engine = attempts.start(asked(author), **ONE | {"count": 2})
    wait_until(lambda: author.provider.requests == 3)
    os.kill(engine.pid, signal.SIGKILL)
    engine.wait()

    result = attempts.run(asked(author), **ONE | {"count": 2})

    (draft,), (failure,) = attempts.events("draft"), attempts.events("failure")
    assert draft["call_id"] == repair_id(failure["call_id"])
    assert failure["code"] == "flawed"
    assert result["summary"]["cost_usd"] == pytest.approx(draft["cost_usd"] + failure["cost_usd"])
    assert result["summary"]["drafts"] == 1


@pytest.mark.slow
def test_repairs_stop_where_the_order_would_pass_the_price_that_people_saw(attempts: Attempts, author: Running) -> None:
    """Ten calls at $0.0007 each; the upper end leaves room for some repairs, though every answer is flawed."""
    author.provider.texts = [BROKEN, GOOD] * 40
    spec = asked(author, parameters={"max_tokens": 40})

    result = attempts.run(
        spec, count=20, records=20, limits={"concurrency": 1}, call_usd=0.0007, repairs_until_usd=0.02
    )

    assert 0 < result["summary"]["repairs"] < 10
    assert result["summary"]["cost_usd"] <= 0.02
    assert author.provider.billed.total() == 20 + result["summary"]["repairs"]


def test_the_one_call_of_a_small_order_may_be_mended(attempts: Attempts, author: Running) -> None:
    author.provider.texts = [BROKEN]
    worst_usd = 0.05

    result = attempts.run(asked(author), **ONE, call_usd=0.0007, repairs_until_usd=0.0007 * 1.6 + worst_usd)

    assert result["summary"]["repairs"] == 1


@pytest.mark.parametrize(
    ("paid_usd", "left", "under_way", "may"),
    [
        (1.0, 0, 0, True),
        (1.5, 0, 0, True),
        (1.51, 0, 0, False),
        (1.0, 5, 0, True),
        (1.0, 6, 0, False),
        (1.0, 5, 1, False),
    ],
)
def test_what_is_left_to_ask_and_repairs_under_way_are_reckoned_with(
    paid_usd: float, left: int, under_way: int, may: bool
) -> None:
    mending = RepairBudget(0.1, 2.0)

    with ExitStack() as repairs:
        for _ in range(under_way):
            repairs.enter_context(mending.one(0.5))
        assert mending.allows(0.5, paid_usd=paid_usd, calls_left=left) is may

    assert RepairBudget(0.1, None).allows(99.0, paid_usd=99.0, calls_left=99)
