"""An answer that lies about its tokens is booked at no more than the call can have cost, and says so."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from generation.engine.budget import MOST_CLAIMED_USD, MOST_TOKENS, bounded_usage, worst_case
from generation.engine.clients.interface import Reply
from generation.engine.contracts import TeacherSpec
from tests.generation.engine.conftest import PRICE, Attempts, teacher
from tests.generation.provider_server import MAIL, Provider, Running, _send

TEACHER = TeacherSpec(name="t", provider="openai", model="m", parameters={"max_tokens": 100}, **PRICE)
GIVEN, ANSWERED, MOST_USD = worst_case(TEACHER, [{"role": "user", "content": "x" * 76}])
LIE = 1_000_000_000


class Liar(Provider):
    """Answers well, and counts as it likes."""

    usage: tuple[int, int] = (LIE, LIE)

    async def _behave(self, what: str, path: str, headers: dict[str, str], writer: Any) -> bool:
        self.billed[headers["idempotency-key"]] += 1
        choices = [{"message": {"content": MAIL.format(n=self.billed.total())}, "finish_reason": "stop"}]
        usage = {"prompt_tokens": self.usage[0], "completion_tokens": self.usage[1]}
        return await _send(writer, 200, json.dumps({"model": "g", "choices": choices, "usage": usage}).encode())


@pytest.fixture
def liar() -> Iterator[Running]:
    running = Running(Liar())
    yield running
    running.close()


def test_an_honest_count_is_booked_as_it_is() -> None:
    used = bounded_usage(TEACHER, Reply("x", input_tokens=20, output_tokens=50), (GIVEN, ANSWERED), most_usd=MOST_USD)

    assert (used.input_tokens, used.output_tokens, used.claimed_usd) == (20, 50, None)
    assert used.cost_usd == TEACHER.cost_usd(20, 50)


@pytest.mark.parametrize(
    "count",
    [
        {"input_tokens": LIE, "output_tokens": 1},
        {"input_tokens": 1, "output_tokens": LIE},
        {"input_tokens": LIE, "output_tokens": LIE},
        {"input_tokens": 10, "output_tokens": 10, "cached_tokens": LIE},
        {"input_tokens": 10, "output_tokens": 10, "cache_write_tokens": LIE},
        {"input_tokens": 10**30, "output_tokens": None},
    ],
)
@pytest.mark.parametrize("is_batch", [False, True])
def test_a_count_that_cannot_be_is_booked_at_the_worst_case_at_most(
    count: dict[str, int | None], is_batch: bool
) -> None:
    spec = TEACHER.model_copy(update={"batch_factor": 0.5})
    *bound, most_usd = worst_case(spec, [{"role": "user", "content": "x" * 76}], is_batch=is_batch)

    used = bounded_usage(spec, Reply("x", **count), (bound[0], bound[1]), most_usd=most_usd, is_batch=is_batch)

    assert used.cost_usd <= most_usd
    assert used.claimed_usd is not None
    assert most_usd < used.claimed_usd <= MOST_CLAIMED_USD
    assert max(used.input_tokens, used.output_tokens, *used.cache.values()) <= max(bound)


@pytest.mark.parametrize(("counts", "output_tokens"), [((0, 0), ANSWERED), ((0, None), ANSWERED), ((0, 7), 7)])
def test_a_server_that_counts_nothing_has_not_counted(counts: tuple[int, int | None], output_tokens: int) -> None:
    reply = Reply("x", input_tokens=counts[0], output_tokens=counts[1])

    used = bounded_usage(TEACHER, reply, (GIVEN, ANSWERED), most_usd=MOST_USD)

    assert (used.input_tokens, used.output_tokens, used.is_estimate) == (GIVEN, output_tokens, True)
    assert used.cost_usd == TEACHER.cost_usd(GIVEN, output_tokens)


@pytest.mark.parametrize("lied", ["input_tokens", "output_tokens", "cached_tokens", "cache_write_tokens"])
def test_a_count_of_a_free_teacher_is_kept_as_far_as_the_books_can_hold_it(lied: str) -> None:
    free = TeacherSpec(name="t", provider="openai-compatible", model="m", parameters={"max_tokens": 100})
    count = {"input_tokens": 20, "output_tokens": 50, lied: 10**30}

    used = bounded_usage(free, Reply("x", **count), (GIVEN, ANSWERED), most_usd=0.0)

    assert used.cost_usd == 0
    assert max(used.input_tokens, used.output_tokens, *used.cache.values()) == MOST_TOKENS


def test_one_lie_does_not_use_up_the_budget_of_the_calls_after_it(attempts: Attempts, liar: Running) -> None:
    spec = teacher(liar.url, parameters={"max_tokens": 100})

    result = attempts.run(spec, count=10, budget_usd=1.0, limits={"concurrency": 1})

    told = attempts.events("draft")
    assert (result["outcome"], len(told)) == ("succeeded", 10)
    assert result["summary"]["cost_usd"] < 1.0
    assert all(one["claimed_cost_usd"] == 12_500.0 and one["cost_is_estimate"] for one in told)
    assert all(one["usage"]["output_tokens"] == 100 for one in told)


def test_an_honest_answer_claims_nothing(attempts: Attempts, provider: Running) -> None:
    attempts.run(teacher(provider.url), count=1)

    (draft,) = attempts.events("draft")
    assert (draft["claimed_cost_usd"], draft["cost_is_estimate"]) == (None, False)
