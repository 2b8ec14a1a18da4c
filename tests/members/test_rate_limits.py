"""Limits of tokens: counted by the minute, said in every answer, and when to come back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.cache import caches
from django.test import Client
from rest_framework.test import APIClient

from members.models import Member
from members.tokens import throttling

pytestmark = pytest.mark.django_db
ApiAs = Callable[..., APIClient]
ME, TOKENS = "/api/v1/members/me/", "/api/v1/tokens/"


@pytest.fixture(autouse=True)
def limits(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three reads, one write; always the same second of a minute, so that no test stands on the edge of two."""
    settings.RATE_LIMITS = {"read": 3, "write": 1, "files": 1}
    monkeypatch.setattr("time.time", lambda: 1_700_000_020.0)
    monkeypatch.setattr(throttling, "_left_alone_until", 0.0)
    caches["rates"].clear()


def test_every_answer_says_what_is_left(admin: Member, api_as: ApiAs) -> None:
    api = api_as(admin)

    answers = [api.get(ME) for _ in range(3)]

    assert [answer["RateLimit"] for answer in answers] == [f'"read";r={left};t=20' for left in (2, 1, 0)]
    assert {answer["RateLimit-Policy"] for answer in answers} == {'"read";q=3;w=60'}


def test_the_request_too_many_is_told_when_to_come_back(admin: Member, api_as: ApiAs) -> None:
    api = api_as(admin)
    for _ in range(3):
        api.get(ME)

    refused = api.get(ME)

    body = refused.json()
    assert (refused.status_code, refused["Retry-After"]) == (429, "20")
    assert refused["Content-Type"] == "application/problem+json"
    assert (body["code"], body["retry_after_s"]) == ("too_many_requests", 20)
    assert "Try again in 20 s." in body["title"]
    assert refused["RateLimit"] == '"read";r=0;t=20'


def test_the_next_minute_begins_anew(admin: Member, api_as: ApiAs, monkeypatch: pytest.MonkeyPatch) -> None:
    api = api_as(admin)
    statuses = [api.get(ME).status_code for _ in range(4)]
    monkeypatch.setattr("time.time", lambda: 1_700_000_040.0)

    assert statuses == [200, 200, 200, 429]
    assert api.get(ME).status_code == 200


def test_writes_are_counted_apart_and_a_refused_one_does_nothing(admin: Member, api_as: ApiAs) -> None:
    api, order = api_as(admin), {"name": "nightly", "scopes": ["read"]}
    first = api.post(TOKENS, order, format="json")
    second = api.post(TOKENS, order, format="json")

    assert (first.status_code, second.status_code) == (201, 429)
    assert len(api.get(TOKENS).json()) == 2


def test_each_token_has_its_own_minute(admin: Member, api_as: ApiAs) -> None:
    one, other = api_as(admin), api_as(admin)
    for _ in range(4):
        one.get(ME)

    assert (one.get(ME).status_code, other.get(ME).status_code) == (429, 200)


def test_browsers_are_never_counted(admin: Member, as_member: Callable[[Member], Client]) -> None:
    browser = as_member(admin)

    answers = [browser.get(ME) for _ in range(20)]

    assert {answer.status_code for answer in answers} == {200}
    assert not any("RateLimit" in answer for answer in answers)


def test_zero_is_no_limit(admin: Member, api_as: ApiAs, settings: Any) -> None:
    settings.RATE_LIMITS = {"read": 0, "write": 0, "files": 0}
    api = api_as(admin)

    assert {api.get(ME).status_code for _ in range(10)} == {200}


def test_a_cache_that_does_not_answer_lets_everybody_in_and_is_left_alone(
    admin: Member, api_as: ApiAs, settings: Any
) -> None:
    nowhere = "redis://127.0.0.1:1/0"
    settings.CACHES = {
        **settings.CACHES, "rates": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": nowhere}
    }  # fmt: skip
    api = api_as(admin)

    answers = [api.get(ME) for _ in range(5)]

    assert {answer.status_code for answer in answers} == {200}
    assert throttling._left_alone_until > 0
