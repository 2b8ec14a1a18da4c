"""How much one token may ask of `/v1` a minute: told in each answer, refused in OpenAI's shape, given back unused."""

from __future__ import annotations

from collections.abc import Iterator

import openai
import pytest
from django.core.cache import caches
from django.db import OperationalError, connection, transaction

from members.tokens import throttling
from serving.openai.errors import ApiError
from serving.openai.requests import ChatRequest
from serving.v1 import rate_limits
from serving.v1.usage import UsageEntry
from tests.serving.conftest import SLUG
from tests.serving.tiny import user
from tests.serving.waiting import wait_until

NOW = 1_700_000_020.0  # Twenty seconds before a minute's end.
ASKED = ChatRequest("m", user("a" * 40), max_tokens=90)


@pytest.fixture(autouse=True)
def minute(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """One minute that does not end, counted from nothing."""
    monkeypatch.setattr(throttling, "left_s", lambda: 20)
    monkeypatch.setattr(throttling.time, "time", lambda: NOW)
    monkeypatch.setattr(throttling, "_left_alone_until", 0.0)
    caches["rates"].clear()
    yield
    caches["rates"].clear()


def test_each_question_says_what_is_left_of_both(settings):
    settings.SERVING_REQUESTS_PER_MINUTE, settings.SERVING_TOKENS_PER_MINUTE = 3, 1000

    first, second = rate_limits.claim("eve", ASKED), rate_limits.claim("eve", ASKED)

    assert first.headers == {
        "x-ratelimit-limit-requests": "3",
        "x-ratelimit-remaining-requests": "2",
        "x-ratelimit-reset-requests": "20s",
        "x-ratelimit-limit-tokens": "1000",
        "x-ratelimit-remaining-tokens": "900",
        "x-ratelimit-reset-tokens": "20s",
    }
    assert second.headers["x-ratelimit-remaining-tokens"] == "800"


def test_the_question_too_many_is_told_when_to_come_back_and_another_token_is_not(settings):
    settings.SERVING_REQUESTS_PER_MINUTE = 1
    rate_limits.claim("eve", ASKED)

    with pytest.raises(ApiError) as refused:
        rate_limits.claim("eve", ASKED)

    error = refused.value
    assert (error.status, error.code, error.headers["Retry-After"]) == (429, "rate_limit_exceeded", "20")
    assert error.body["error"]["type"] == "rate_limit_error"
    assert error.headers["x-ratelimit-remaining-requests"] == "0"
    assert rate_limits.claim("ann", ASKED).headers["x-ratelimit-remaining-requests"] == "0"


def test_what_was_not_written_is_given_back_and_many_at_once_cannot_go_past(settings):
    settings.SERVING_TOKENS_PER_MINUTE = 200
    one, _two = rate_limits.claim("eve", ASKED), rate_limits.claim("eve", ASKED)
    with pytest.raises(ApiError):
        rate_limits.claim("eve", ASKED)

    one.settle(40)

    small = ChatRequest("m", user("a" * 40), max_tokens=50)
    assert rate_limits.claim("eve", small).headers["x-ratelimit-remaining-tokens"] == "0"


def test_more_than_any_minute_has_is_a_wrong_question_and_not_a_matter_of_waiting(settings):
    settings.SERVING_TOKENS_PER_MINUTE = 80

    with pytest.raises(ApiError) as refused:
        rate_limits.claim("eve", ASKED)

    assert (refused.value.status, refused.value.param, refused.value.retry_after_s) == (400, "max_tokens", None)
    assert "80" in refused.value.message


def test_a_cache_that_does_not_answer_lets_everybody_in(settings):
    settings.SERVING_REQUESTS_PER_MINUTE, settings.SERVING_TOKENS_PER_MINUTE = 1, 100
    nowhere = {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "redis://127.0.0.1:9"}
    settings.CACHES = {**settings.CACHES, "rates": nowhere}

    taken = [rate_limits.claim("eve", ASKED) for _ in range(3)]
    taken[0].settle(5)

    assert len(taken) == 3


@pytest.mark.slow
@pytest.mark.engine
@pytest.mark.django_db(transaction=True)
def test_the_official_client_hears_of_the_limit_and_its_tokens_are_settled(client, promoted, settings):
    settings.SERVING_REQUESTS_PER_MINUTE, settings.SERVING_TOKENS_PER_MINUTE = 2, 10_000
    ask = client.chat.completions.with_raw_response.create

    first = ask(model=SLUG, messages=user("company: Ostra"), max_tokens=4)
    used = first.parse().usage.total_tokens
    key = f"rate:v1-tokens:{_token_of(promoted)}:{int(NOW) // 60}"
    wait_until(lambda: caches["rates"].get(key) == used)
    ask(model=SLUG, messages=user("company: Ostra"), max_tokens=4, stream=True).parse().close()
    with pytest.raises(openai.RateLimitError) as refused:
        ask(model=SLUG, messages=user("company: Ostra"), max_tokens=4)

    assert first.headers["x-ratelimit-remaining-requests"] == "1"
    assert refused.value.code == "rate_limit_exceeded"
    assert refused.value.response.headers["retry-after"] == "20"


def _token_of(promoted):
    from serving.models import Usage

    wait_until(lambda: Usage.objects.filter(miniature=promoted).exists())
    return Usage.objects.get(miniature=promoted).token


@pytest.mark.slow
def test_counting_settles_what_was_taken(settings, db, miniature):
    settings.SERVING_TOKENS_PER_MINUTE = 1000
    taken = rate_limits.claim("eve", ASKED)
    from serving.v1 import usage

    usage.count_usage(
        UsageEntry(miniature.pk, None, "eve", "answered", prompt_tokens=10, completion_tokens=5, taken=taken)
    )

    assert caches["rates"].get(f"rate:v1-tokens:eve:{int(NOW) // 60}") == 15


def test_a_count_tried_again_where_the_database_was_away_settles_once(settings, db, miniature):
    settings.SERVING_TOKENS_PER_MINUTE = 1000
    from serving.v1 import usage

    entry = UsageEntry(miniature.pk, None, "eve", "answered", 10, 5, taken=rate_limits.claim("eve", ASKED))

    def away(*_: object) -> None:
        raise OperationalError("the connection is gone")

    with transaction.atomic(), connection.execute_wrapper(away), pytest.raises(OperationalError):
        usage.count_usage(entry)
    usage.count_usage(entry)

    assert caches["rates"].get(f"rate:v1-tokens:eve:{int(NOW) // 60}") == 15


@pytest.mark.parametrize(("outcome", "counted"), [("cancelled", 100), ("error", 0)])
def test_who_hangs_up_before_the_end_has_had_what_was_taken(settings, db, miniature, outcome, counted):
    settings.SERVING_TOKENS_PER_MINUTE = 1000
    taken = rate_limits.claim("eve", ASKED)
    from serving.v1 import usage

    usage.count_usage(UsageEntry(miniature.pk, None, "eve", outcome, taken=taken))

    assert caches["rates"].get(f"rate:v1-tokens:eve:{int(NOW) // 60}") == counted
