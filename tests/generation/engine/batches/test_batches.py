"""Orders that go by batches, through the real SDKs, against a server that speaks both providers' formats."""

from __future__ import annotations

import pytest

from generation.engine.calls.stop import MAX_CONSECUTIVE_WASTED
from tests.generation.engine.batches.conftest import Ordered

pytestmark = pytest.mark.engine
LIVE_CALL_USD = (120 * 2.5 + 40 * 10) / 1e6


def test_every_draft_of_a_batch_arrives_at_its_own_price_and_is_billed_once(ordered: Ordered) -> None:
    result = ordered.run(count=7)

    drafts = ordered.attempts.events("draft")
    assert result["outcome"] == "succeeded"
    assert len(drafts) == 7
    assert ordered.bill == {draft["call_id"]: 1 for draft in drafts}
    assert {draft["way"] for draft in drafts} == {"batch"}
    assert result["summary"]["cost_usd"] == pytest.approx(7 * LIVE_CALL_USD / 2)
    assert result["summary"]["at_provider"] == 0
    assert ordered.desk.seen["create"] == 1


@pytest.mark.slow(after_first=True)
def test_a_batch_sends_the_very_bodies_that_go_out_live(ordered: Ordered, provider) -> None:
    ordered.attempts.run(ordered.teacher, count=4)
    live = [seen["body"] for seen in provider.provider.seen]
    ordered.attempts.fence = 0
    ordered.attempts.root = ordered.attempts.root / "again"

    ordered.run(count=4)

    (batch,) = ordered.desk.batches.values()
    batched = [request.get("body") or request["params"] for request in batch.requests]
    assert sorted(batched, key=str) == sorted(live, key=str)


@pytest.mark.slow(after_first=True)
def test_an_order_larger_than_a_batch_goes_in_several(ordered: Ordered) -> None:
    result = ordered.run(count=10, limits={"batch_requests": 4})

    assert [len(batch.requests) for batch in ordered.desk.batches.values()] == [4, 4, 2]
    assert result["summary"]["drafts"] == 10


def test_a_batch_is_cut_at_so_many_bytes(ordered: Ordered) -> None:
    result = ordered.run(count=6, limits={"batch_bytes": 1500})

    assert len(ordered.desk.batches) > 1
    assert result["summary"]["drafts"] == 6


@pytest.mark.slow(after_first=True)
def test_the_budget_holds_the_worst_case_of_a_batch(ordered: Ordered) -> None:
    # A call costs 0.00035 in a batch; its worst case, at 100 tokens, stays below 0.0008.
    ordered.teacher["parameters"] = {"max_tokens": 100}

    result = ordered.run(count=60, budget_usd=0.01, limits={"batch_requests": 8})

    assert result["summary"]["ended"] == "budget"
    assert 0.008 < result["summary"]["cost_usd"] <= 0.01
    assert max(ordered.bill.values()) == 1


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize("line", ["expired", "canceled", "error:429", "error:500", "unbilled-missing"])
def test_what_a_batch_left_unpaid_is_asked_live_at_full_price(ordered: Ordered, line: str) -> None:
    ordered.desk.lines = [line, "ok", line]

    result = ordered.run(count=5)

    drafts = ordered.attempts.events("draft")
    assert len(drafts) == 5
    assert sorted(draft["way"] for draft in drafts) == ["batch"] * 3 + ["live"] * 2
    assert result["summary"]["cost_usd"] == pytest.approx(LIVE_CALL_USD * (3 / 2 + 2))
    assert set(ordered.bill.values()) == {1}


def test_what_a_batch_left_unpaid_stays_so_when_the_order_says_so(ordered: Ordered, provider) -> None:
    ordered.desk.lines = ["expired"]

    result = ordered.run(count=3, stragglers="leave")

    assert result["summary"]["drafts"] == 2
    assert result["summary"]["failures"] == {"batch_unanswered": 1}
    assert provider.provider.requests == 0


def test_a_request_that_is_refused_for_good_is_a_failure_without_a_cost(ordered: Ordered, provider) -> None:
    ordered.desk.lines = ["error:400"]

    result = ordered.run(count=3)

    assert result["summary"]["failures"] == {"request_rejected": 1}
    assert result["summary"]["drafts"] == 2
    assert provider.provider.requests == 0


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize("lost", ["missing", "neither"])
def test_a_call_that_was_billed_and_has_no_line_is_uncertain_and_never_repeated(ordered: Ordered, lost: str) -> None:
    ordered.desk.lines = ["ok", lost]

    first = ordered.run(count=3)
    second = ordered.run(count=3)

    assert first["summary"]["uncertain"] == second["summary"]["uncertain"] == 1
    assert first["summary"]["possible_cost_usd"] > 0
    assert set(ordered.bill.values()) == {1}


def test_a_line_of_another_call_does_not_stand_for_one_that_is_missing(ordered: Ordered) -> None:
    ordered.desk.lines, ordered.desk.written = ["ok", "missing", "expired"], ["foreign"]

    result = ordered.run(count=4)

    assert result["summary"]["uncertain"] == 1
    assert set(ordered.bill.values()) == {1}


def test_a_call_that_may_be_billed_is_repeated_when_the_order_says_so(ordered: Ordered) -> None:
    ordered.desk.lines = ["missing"]

    result = ordered.run(count=2, uncertain="retry")

    assert result["summary"]["drafts"] == 2
    assert result["summary"]["possible_cost_usd"] > 0
    assert sorted(ordered.bill.values()) == [1, 2]


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize(
    "written",
    [
        ["reversed"],
        ["doubled"],
        ["foreign"],
        ["garbage"],
        ["no-newline"],
        ["doubled", "foreign", "garbage", "reversed"],
    ],
)
def test_odd_lines_bring_no_draft_wrongly(ordered: Ordered, written: list[str]) -> None:
    ordered.desk.written = written

    ordered.run(count=6)

    drafts = ordered.attempts.events("draft")
    assert len(drafts) == len({draft["call_id"] for draft in drafts}) == 6
    assert all("Another number" not in draft["fields"]["body"] for draft in drafts)
    assert set(ordered.bill) == {draft["call_id"] for draft in drafts}
    note = ordered.attempts.events("batch")[-1]["note"]
    assert bool(note) == bool({"doubled", "foreign", "garbage"} & set(written))


def test_a_line_that_is_cut_in_half_makes_its_call_uncertain(ordered: Ordered) -> None:
    ordered.desk.written = ["halved"]

    result = ordered.run(count=4)

    assert (result["summary"]["drafts"], result["summary"]["uncertain"]) == (3, 1)


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("length", "truncated"),
        ("refused", "refused"),
        ("empty", "empty"),
        ("nothing", "empty"),
        ("shapeless", "malformed"),
        ("mojibake", "mis_encoded"),
    ],
)
def test_a_useless_answer_of_a_batch_is_a_failure_with_its_cost(ordered: Ordered, line: str, code: str) -> None:
    ordered.desk.lines = [line]

    ordered.run(count=2)

    (failure,) = ordered.attempts.events("failure")
    assert failure["code"] == code
    assert failure["cost_usd"] == pytest.approx(LIVE_CALL_USD / 2)


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize("step", ["look", "results", "list"])
@pytest.mark.parametrize("trouble", ["status:429", "status:500", "status:503", "drop", "cut"])
def test_breaks_while_waiting_cost_nothing(ordered: Ordered, step: str, trouble: str) -> None:
    ordered.desk.script[step] = [trouble, trouble]

    result = ordered.run(count=5)

    assert result["summary"]["drafts"] == 5
    assert set(ordered.bill.values()) == {1}


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize("trouble", ["status:429", "status:529", "status:500", "drop", "made-drop", "made-status:500"])
def test_a_hand_in_that_breaks_off_is_looked_for_and_never_paid_twice(ordered: Ordered, trouble: str) -> None:
    ordered.desk.script["create"] = [trouble]

    result = ordered.run(count=5)

    assert result["summary"]["drafts"] == 5
    assert set(ordered.bill.values()) == {1}
    assert len(ordered.desk.batches) == 1


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize(("status", "code"), [(401, "key_refused"), (404, "not_found"), (400, "request_rejected")])
def test_a_batch_that_no_one_takes_fails_the_job_and_costs_nothing(ordered: Ordered, status: int, code: str) -> None:
    ordered.desk.script["create"] = [f"status:{status}"]

    first = ordered.run(count=3)
    second = ordered.run(count=3)

    assert first["outcome"] == "failed"
    assert first["error"]["code"] == code
    assert second["summary"]["drafts"] == 3
    assert set(ordered.bill.values()) == {1}


def test_a_batch_the_provider_forgot_leaves_its_calls_uncertain(ordered: Ordered) -> None:
    ordered.desk.script["look"] = ["status:404"]

    result = ordered.run(count=3)

    assert result["summary"]["uncertain"] == 3
    assert len(ordered.attempts.events("uncertain")) == 3


@pytest.mark.slow(after_first=True)
def test_a_batch_of_answers_that_are_all_cut_off_is_taken_in_and_no_other_handed_in(ordered: Ordered) -> None:
    ordered.desk.lines = ["length"] * 500

    result = ordered.run(count=500, limits={"batch_requests": 25})

    assert (result["outcome"], result["error"]["code"]) == ("failed", "answers_truncated")
    assert "max_tokens" in result["error"]["hint"]
    # Sixteen lie at the provider at once; the other four are never handed in.
    assert len(ordered.desk.batches) == 16
    # What was answered is told, to the last call, and nothing is left there.
    assert len(ordered.ids("failure")) == ordered.bill.total() <= 400
    assert result["summary"]["at_provider"] == 0


@pytest.mark.slow(after_first=True)
def test_flawed_answers_of_a_batch_are_told_with_their_cost_when_their_repairs_bring_nothing(ordered: Ordered) -> None:
    """Repairs end after a row of useless ones; the answers that still wait for theirs were paid all the same."""
    ordered.teacher["answers"] = "json"

    result = ordered.run(count=60, limits={"concurrency": 1})

    told = {failure["call_id"]: failure["cost_usd"] for failure in ordered.attempts.events("failure")}
    assert (result["outcome"], result["error"]["code"]) == ("failed", "answers_useless")
    assert set(told) == set(ordered.bill)
    assert len(ordered.bill) == 60 + MAX_CONSECUTIVE_WASTED
    assert sum(told.values()) == pytest.approx(result["summary"]["cost_usd"])
    assert ordered.attempts.events("progress")[-1]["done"] == 60
