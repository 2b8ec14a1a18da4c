"""A call dearer than its list price, by its length or its place, is reserved and booked at what it costs."""

from __future__ import annotations

import pytest

from generation.engine.budget import bounded_usage, worst_case
from generation.engine.clients.interface import Reply
from generation.engine.contracts import TeacherSpec
from generation.engine.prices import TokenPrices
from generation.money.estimate import CallUsage, OrderEstimate, of_usage

PRICES = {
    "input_usd_per_million": 2.0,
    "output_usd_per_million": 10.0,
    "cached_input_usd_per_million": 0.2,
    "cache_write_usd_per_million": 2.5,
}
EU = "https://eu.api.openai.com/v1"


def teacher(model: str, base_url: str = "") -> TeacherSpec:
    parameters = {"max_tokens": 1000}
    return TeacherSpec(name="t", provider="openai", model=model, base_url=base_url, parameters=parameters, **PRICES)


def priced(model: str, *, input_tokens: float, calls: int) -> OrderEstimate:
    usage = CallUsage(input_tokens, 1000, latency_s=1, low=1, high=1, basis="")
    return of_usage(usage, teacher(model), calls=calls, worst_usd=0)


@pytest.mark.parametrize(
    ("model", "input_tokens", "base_url", "factors"),
    [
        ("gpt-6.1-terra", 272_000, "", (1, 1)),
        ("gpt-6.1-terra", 272_001, "", (2, 1.5)),
        ("gpt-5.4", 300_000, "", (2, 1.5)),
        ("azure/GPT-5.4", 300_000, "", (2, 1.5)),
        ("cerebras-gpt-6.7b", 300_000, "", (1, 1)),
        ("gpt-5.6-luna", 300_000, "https://api.openai.com/v1", (2, 1.5)),
        ("openai/gpt-6-sol", 300_000, "https://openrouter.ai/api/v1", (2, 1.5)),
        ("gpt-4.1", 900_000, "", (1, 1)),
        ("claude-haiku-5-5", 100_001, "", (5, 5)),
        ("claude-haiku-4-5", 150_000, "", (1, 1)),
        ("claude-opus-5-5", 900_000, "", (1, 1)),
        ("google/gemini-3.1-pro-preview", 200_001, "https://openrouter.ai/api/v1", (2, 1.5)),
        ("gemini-2.5-flash", 900_000, "https://generativelanguage.googleapis.com/v1beta/openai", (1, 1)),
        ("gpt-5.6-luna", 1000, EU, (1.1, 1.1)),
        ("gpt-5.6-luna", 300_000, EU, (2.2, 1.65)),
        ("gpt-4.1", 1000, EU, (1, 1)),
        ("gpt-5.6-luna", 1000, "https://fakeapi.openai.com/v1", (1, 1)),
    ],
)
def test_a_call_costs_what_its_provider_takes_for_its_length_and_place(
    model: str, input_tokens: int, base_url: str, factors: tuple[float, float]
) -> None:
    cache = {"cached_tokens": 400, "cache_write_tokens": 500}
    listed = TokenPrices(**PRICES)

    usd = teacher(model, base_url).cost_usd(input_tokens, 1000, **cache)

    input_usd, output_usd = listed.cost_usd(input_tokens, 0, **cache), listed.cost_usd(0, 1000)
    assert usd == pytest.approx(factors[0] * input_usd + factors[1] * output_usd)


def test_the_reserve_of_a_long_call_holds_what_an_honest_count_of_it_costs() -> None:
    spec = teacher("gpt-6.1-terra", EU)
    *bound, most_usd = worst_case(spec, [{"role": "user", "content": "x" * 300_000}])

    count = Reply("x", input_tokens=300_000, output_tokens=1000, cache_write_tokens=300_000)
    used = bounded_usage(spec, count, (bound[0], bound[1]), most_usd=most_usd)

    assert used.cost_usd == pytest.approx((300_000 * 2.5 * 2.2 + 1000 * 10 * 1.65) / 1e6)
    assert (used.claimed_usd, used.input_tokens) == (None, 300_000)


def test_many_short_calls_make_no_long_one() -> None:
    assert priced("gpt-5.6-luna", input_tokens=100_000, calls=10) == priced("gpt-4o", input_tokens=100_000, calls=10)
    long, listed = (priced(model, input_tokens=300_000, calls=10) for model in ("gpt-5.6-luna", "gpt-4o"))
    assert long.cost_usd == pytest.approx(listed.cost_usd + 10 * (300_000 * 2 + 1000 * 10 * 0.5) / 1e6)
