"""Callers take turns: one with a long line holds up itself, and a full queue makes place for who holds less of it."""

from __future__ import annotations

import asyncio

import pytest

from serving.engine.contracts import GenerateRequest
from serving.engine.errors import RequestRefused
from serving.engine.fair_queue import FairQueue
from serving.engine.server import figures
from tests.serving import tiny
from tests.serving.engine.conftest import answer, counted_until_begun


class Stub:
    """All that a line knows of a row: whose it is."""

    def __init__(self, caller, number):
        self.caller, self.number = caller, number

    def __repr__(self):
        return f"{self.caller}{self.number}"


def lines(**counts):
    turns = FairQueue()
    for caller, count in counts.items():
        for number in range(count):
            turns.add(Stub(caller, number))
    return turns


def drained(turns):
    return [str(turns.pop()) for _ in range(len(turns))]


def test_callers_take_turns_and_each_line_keeps_its_order():
    assert drained(lines(a=4, b=1, c=2)) == ["a0", "b0", "c0", "a1", "c1", "a2", "a3"]


def test_a_newcomer_waits_for_one_turn_of_each_other_however_long_their_lines_are():
    turns = lines(a=500)
    turns.pop()

    turns.add(Stub("b", 0))

    assert drained(turns)[:3] == ["a1", "b0", "a2"]


def test_a_row_that_leaves_takes_its_line_along_when_it_was_the_last():
    turns = lines(a=2, b=1)
    first, _second, other = turns

    assert (turns.remove(other), turns.remove(other), turns.remove(first)) == (True, False, True)
    assert (len(turns), turns.of("a"), turns.of("b"), str(turns.next)) == (1, 1, 0, "a1")


def test_the_longest_line_alone_has_a_surplus_and_only_beyond_the_share():
    turns = lines(a=5, b=2)

    assert str(turns.surplus(4)) == "a4"
    assert turns.surplus(5) is None
    assert FairQueue().surplus(0) is None


@pytest.mark.slow
@pytest.mark.engine
def test_one_caller_with_many_questions_does_not_starve_another_with_one(serve):
    ended = []

    async def work(scheduler):
        async def one(caller, number):
            try:
                row = await scheduler.ask(_ask(caller, number, 60))
                await answer(row)
                ended.append(caller)
            except RequestRefused as refusal:
                return refusal.code
            return "answered"

        crowd = [asyncio.ensure_future(one("greedy", number)) for number in range(40)]
        while len(scheduler.waiting) < 4:
            await asyncio.sleep(0.005)
        before = len(ended)
        modest = await one("modest", 0)
        place = len(ended) - before
        return modest, place, await asyncio.gather(*crowd)

    modest, place, crowd = serve(work, max_batch=2, max_waiting=6)

    assert modest == "answered"
    # Two were being written, at most two more were admitted before its turn.
    assert place <= 5
    assert crowd.count("queue_full") >= 30


@pytest.mark.engine
def test_a_full_queue_is_shared_out_and_no_further(serve):
    async def work(scheduler):
        rows = [await scheduler.ask(_ask("greedy", number, 200)) for number in range(5)]
        others = [await scheduler.ask(_ask("modest", number, 200)) for number in range(2)]
        with pytest.raises(RequestRefused) as refused:
            await scheduler.ask(_ask("modest", 9, 200))
        displaced = [row for row in rows if row.is_cancelled]
        told = [row.inbox.get_nowait() for row in displaced]
        for row in [*rows, *others]:
            await scheduler.cancel(row)
        return displaced == rows[-2:], told, refused.value, scheduler._holds

    newest, told, refusal, holds = serve(work, max_batch=1, max_waiting=4)

    assert newest
    assert {(each.status, each.code, each.retry_after_s >= 1) for each in told} == {(429, "queue_full", True)}
    assert refusal.code == "queue_full"
    assert not holds


def _ask(caller, number, longest):
    return GenerateRequest(model="one", messages=tiny.user(f"prompt {number}"), max_tokens=longest, caller=caller)


@pytest.mark.engine
def test_a_question_counts_from_the_loading_of_its_model_on(serve):
    async def work(scheduler):
        asked = GenerateRequest(model="one", messages=tiny.user("company: Northwind"), max_tokens=40)
        return await counted_until_begun(scheduler.ask(asked), lambda: figures(scheduler))

    assert serve(work) == {1}
