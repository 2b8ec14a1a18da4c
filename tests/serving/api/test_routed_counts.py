"""What a routed question cost and how much of its token's minute it took, whoever wrote."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.http import JsonResponse

from generation.models import Teacher
from members.models import ApiToken, Member
from members.tokens import throttling
from serving.models import RouteOutcome, RouterVersion
from serving.v1 import rate_limits, routed, routers, streams
from training.models import HostPrice

pytestmark = pytest.mark.django_db(transaction=True)
FACTS = {"company": "Northwind", "sector": "cold logistics", "role": "Head of Operations", "trigger": "grew"}
DONE: dict[str, Any] = {"seconds": 2.0, "prompt_tokens": 30, "completion_tokens": 70, "finish": "stop"}
MINUTE = 28_333_333


@pytest.fixture
def asked(lead: Member, monkeypatch: pytest.MonkeyPatch, settings: Any) -> Callable[[RouterVersion, int], Any]:
    """Ask a router whose miniatures write no mail, and wait until all is counted."""

    async def written(_ask: dict[str, Any], entry: Any) -> dict[str, Any]:
        streams.count_later(streams.answered(entry, DONE))
        return {"text": "no mail", "done": DONE, "fingerprint": "fp"}

    async def answered(request: routers.RoutedRequest, taken: rate_limits.RateClaim) -> dict[str, Any]:
        answer = await routed.answer(request, taken)
        await asyncio.gather(*streams._counting)
        assert isinstance(answer, JsonResponse)
        return dict(json.loads(answer.content))

    def ask(version: RouterVersion, size: int) -> dict[str, Any]:
        key = ApiToken.objects.create(user=lead, name="t", scopes=["serve"])[1]
        body = json.dumps({"model": version.router.slug, "record": {**FACTS, "size": size}}).encode()
        request = routers.admit(f"Bearer {key}", body)
        assert isinstance(request, routers.RoutedRequest)
        return dict(async_to_sync(answered)(request, rate_limits.claim(request.caller.token, request.question)))

    settings.SERVING_TOKENS_PER_MINUTE = 100_000
    monkeypatch.setattr(time, "time", lambda: MINUTE * 60.0)
    monkeypatch.setattr(streams, "whole_answer", written)
    return ask


@pytest.mark.parametrize(("price", "cost"), [("3.60", 0.002), ("0", 0.0), (None, None)])
def test_a_miniature_s_time_is_priced_as_admins_entered_it(
    price: str | None,
    cost: float | None,
    asked: Callable[[RouterVersion, int], Any],
    make_version: Callable[..., RouterVersion],
    settings: Any,
) -> None:
    settings.HOST_USD_PER_HOUR = 0
    if price is not None:
        HostPrice.objects.create(host="default", usd_per_hour=price)

    answer = asked(make_version(Teacher.objects.get(slug="offline")), 12)

    assert answer["router"]["cost_usd"] == cost
    assert RouteOutcome.objects.get().cost_usd == (None if cost is None else Decimal(str(cost)))


@pytest.mark.parametrize("price", ["3.60", None])
def test_who_writes_first_is_part_of_the_price(
    price: str | None,
    asked: Callable[[RouterVersion, int], Any],
    make_version: Callable[..., RouterVersion],
) -> None:
    if price:
        HostPrice.objects.create(host="default", usd_per_hour=price)
    version = make_version(Teacher.objects.get(slug="offline"), feature="checks", fact="", thresholds=[3.0])

    answer = asked(version, 12)

    assert answer["model"] == "offline"
    assert answer["router"]["cost_usd"] == (0.002 if price else None)


def test_both_who_write_are_counted_against_the_token_s_minute(
    asked: Callable[[RouterVersion, int], Any],
    make_version: Callable[..., RouterVersion],
) -> None:
    version = make_version(Teacher.objects.get(slug="offline"), feature="checks", fact="", thresholds=[3.0])

    answer = asked(version, 12)

    first = DONE["prompt_tokens"] + DONE["completion_tokens"]
    assert (
        throttling.count(f"v1-tokens:{ApiToken.objects.get().token_key}", 0) == first + answer["usage"]["total_tokens"]
    )
