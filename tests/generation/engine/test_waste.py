"""An order stops once its paid answers bring no drafts, and says what to change."""

from __future__ import annotations

from typing import Any

import pytest

from generation.engine.calls.stop import MAX_CONSECUTIVE_WASTED, WasteGuard
from tests.generation.author_server import GOOD, Author
from tests.generation.engine.conftest import Attempts, teacher
from tests.generation.provider_server import Running

FEW = {"concurrency": 4}


def took(waste: WasteGuard, count: int, **over: Any) -> list[Any]:
    said = {"is_draft": False, "code": "truncated", "message": "Cut off.", "cost_usd": 0.01, **over}
    return [waste.took(**said) for _ in range(count)]


def test_a_row_of_paid_answers_without_a_draft_is_enough_and_one_less_is_not() -> None:
    waste = WasteGuard()

    *before, last = took(waste, MAX_CONSECUTIVE_WASTED)

    assert not any(before)
    assert (last.fate, last.code) == ("fatal", "answers_truncated")
    assert last.message == "20 paid answers in a row were no drafts, for $0.2000: 20 × truncated. Cut off."


def test_one_draft_begins_the_row_anew() -> None:
    waste = WasteGuard()

    took(waste, MAX_CONSECUTIVE_WASTED - 1)
    took(waste, 1, is_draft=True)

    assert not any(took(waste, MAX_CONSECUTIVE_WASTED - 1))


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("context_full", "answers_truncated"), ("refused", "answers_declined"), ("safety", "answers_declined"),
        ("malformed", "answers_useless"), ("empty", "answers_useless"),
    ],
)  # fmt: skip
def test_the_commonest_failure_says_what_to_change(code: str, kind: str) -> None:
    waste = WasteGuard()
    took(waste, 5, code="tool_use")

    *_, last = took(waste, MAX_CONSECUTIVE_WASTED - 5, code=code)

    assert last.code == kind


@pytest.mark.parametrize("wire", ["openai", "anthropic"])
def test_answers_that_are_all_cut_off_end_the_order_early_with_a_hint(
    attempts: Attempts, provider: Running, wire: str
) -> None:
    provider.provider.always = "length"

    result = attempts.run(teacher(provider.url, wire), count=300, limits=FEW)

    assert (result["outcome"], result["error"]["code"]) == ("failed", "answers_truncated")
    assert "max_tokens" in result["error"]["hint"]
    assert "reasoning" in result["error"]["hint"]
    assert MAX_CONSECUTIVE_WASTED <= provider.provider.billed.total() < MAX_CONSECUTIVE_WASTED + FEW["concurrency"]
    # What was paid is told, call by call.
    assert len(attempts.events("failure")) == provider.provider.billed.total()


@pytest.mark.slow
def test_answers_that_decline_now_and_then_end_nothing(attempts: Attempts, provider: Running) -> None:
    provider.provider.script = [*["refused"] * (MAX_CONSECUTIVE_WASTED - 1), "ok"] * 2

    result = attempts.run(teacher(provider.url), count=2 * MAX_CONSECUTIVE_WASTED, limits={"concurrency": 1})

    assert result["outcome"] == "succeeded"
    assert result["summary"]["drafts"] == 2


@pytest.mark.slow
def test_a_teacher_of_a_mix_that_only_declines_holds_up_no_other(attempts: Attempts, provider: Running) -> None:
    other = Running(type(provider.provider)())
    provider.provider.always = "refused"
    mix = {"teachers": [{"teacher": teacher(provider.url)}, {"teacher": teacher(other.url, name="u", model="m-2")}]}

    result = attempts.run(teacher(provider.url), count=120, mix=mix, limits=FEW)
    other.close()

    assert (result["outcome"], result["error"]["code"]) == ("failed", "answers_declined")
    assert result["summary"]["drafts"] == other.provider.billed.total() == 60
    assert provider.provider.billed.total() < 60


@pytest.mark.slow
def test_an_answer_that_was_mended_is_a_draft_of_the_row(attempts: Attempts, provider: Running) -> None:
    """Of a flawed answer and its repair one counts: repairs that work keep an order going."""
    author = Running(Author())
    author.provider.texts = [text for _ in range(MAX_CONSECUTIVE_WASTED + 2) for text in ("no JSON", GOOD)]

    result = attempts.run(
        teacher(author.url, answers="json"), count=MAX_CONSECUTIVE_WASTED + 2, limits={"concurrency": 1}
    )
    author.close()

    assert result["outcome"] == "succeeded"
    assert result["summary"]["drafts"] == MAX_CONSECUTIVE_WASTED + 2


@pytest.mark.slow
def test_flawed_answers_whose_repairs_are_flawed_too_end_the_order(attempts: Attempts) -> None:
    author = Running(Author())
    author.provider.texts = ["no JSON"] * 600

    result = attempts.run(teacher(author.url, answers="json"), count=200, limits={"concurrency": 1})
    author.close()

    assert (result["outcome"], result["error"]["code"]) == ("failed", "answers_useless")
    assert author.provider.billed.total() == 2 * MAX_CONSECUTIVE_WASTED
