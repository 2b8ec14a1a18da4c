"""Where a teacher's name leads is looked at when it is called, by both SDKs, not only when the teacher was saved."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import anthropic
import openai
import pytest

from generation.engine.clients import checked_connections, errors
from tests.generation.engine.conftest import Attempts, teacher
from tests.generation.provider_server import Running

CLIENTS = [openai.DefaultAsyncHttpxClient, anthropic.DefaultAsyncHttpxClient]


def leading_to(*answers: list[str]) -> Any:
    """A name server that gives these answers in turn, the last one for ever."""
    left: Iterator[list[str]] = iter(answers)
    state = {"now": answers[0]}

    def lookup(host: str) -> list[str]:
        state["now"] = next(left, state["now"])
        return state["now"]

    return lookup


async def fetch(make: Any, url: str, *, allowed: list[str], lookup: Any, times: int = 1) -> list[Any]:
    """What each of several calls over connections of their own comes to: a status, or why it was not made."""
    found: list[Any] = []
    async with checked_connections.checked(make(timeout=5), allowed, lookup=lookup) as client:
        for _ in range(times):
            try:
                answer = await client.get(url, headers={"Connection": "close"})
                found.append(answer.status_code)
            except Exception as error:
                found.append(errors.from_connection(error, timed_out=False))
    return found


@pytest.mark.parametrize("make", CLIENTS)
def test_a_name_that_leads_inside_by_now_is_not_called(provider: Running, make: Any) -> None:
    url = f"http://teacher.example:{provider.url.rpartition(':')[2]}/nothing"
    rebound = leading_to(["127.0.0.1"], ["127.0.0.2"])

    first, second = asyncio.run(fetch(make, url, allowed=["127.0.0.1/32"], lookup=rebound, times=2))

    assert first == 200
    assert (second.fate, second.code) == ("fatal", "address_refused")
    assert "127.0.0.2" in second.message


@pytest.mark.parametrize("make", CLIENTS)
def test_of_several_numbers_those_that_answer_are_found_and_a_private_one_spoils_all(
    provider: Running, make: Any
) -> None:
    port = provider.url.rpartition(":")[2]
    mixed, deaf = leading_to(["93.184.216.34", "10.0.0.1"]), leading_to(["127.0.0.9", "127.0.0.1"])

    [refused] = asyncio.run(fetch(make, f"http://teacher.example:{port}/x", allowed=[], lookup=mixed))
    [answered] = asyncio.run(fetch(make, f"http://teacher.example:{port}/x", allowed=["127.0.0.0/8"], lookup=deaf))

    assert (refused.code, answered) == ("address_refused", 200)


@pytest.mark.parametrize("make", CLIENTS)
def test_a_name_that_is_not_known_now_may_be_known_soon(make: Any) -> None:
    def unknown(host: str) -> list[str]:
        raise OSError

    [found] = asyncio.run(fetch(make, "http://teacher.example/x", allowed=[], lookup=unknown))

    assert (found.fate, found.code) == ("unbilled", "unreachable")


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize("wire", ["openai-compatible", "anthropic"])
def test_an_order_ends_at_once_where_its_teacher_leads_inside(attempts: Attempts, provider: Running, wire: str) -> None:
    asked = teacher(provider.url, provider=wire)

    refused = attempts.run(asked, limits={"private_hosts": ["10.0.0.0/8"]})
    seen_before = len(provider.provider.seen)
    allowed = attempts.run(asked, limits={"private_hosts": ["127.0.0.1"]})

    assert (refused["outcome"], refused["error"]["code"], seen_before) == ("failed", "address_refused", 0)
    assert allowed["summary"]["drafts"] == 6
