"""Requests share a fixed number of threads, and what streams does not keep others waiting."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, connections
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.test import override_settings
from django.urls import path

from miniatures_site.server.request_threads import PooledASGIHandler, RequestThreads

SEATS, REQUESTS = 2, 6
# Of what hangs, however busy the machine is.
PATIENCE_S = 120
ALL_MIDDLEWARE = settings.MIDDLEWARE
at_once: list[int] = []
threads: list[int] = []
streaming: list[int] = []
_inside, _lock = 0, threading.Lock()


def slow(request: HttpRequest) -> HttpResponse:
    global _inside
    with _lock:
        _inside += 1
        at_once.append(_inside)
        threads.append(threading.get_ident())
    threading.Event().wait(0.02)
    with _lock:
        _inside -= 1
    return HttpResponse("done")


async def endless(request: HttpRequest) -> StreamingHttpResponse:
    async def drops() -> AsyncIterator[bytes]:
        streaming.append(1)
        while True:
            yield b"drop"
            await asyncio.sleep(0.01)

    return StreamingHttpResponse(drops())


async def whose(request: HttpRequest) -> HttpResponse:
    return HttpResponse(threading.current_thread().name)


async def meet(request: HttpRequest) -> HttpResponse:
    """Answer once two are inside."""
    inside.append(asyncio.Event())
    if len(inside) == 2:
        for each in inside:
            each.set()
    await asyncio.wait_for(inside[-1].wait(), timeout=PATIENCE_S)
    return HttpResponse("met")


inside: list[asyncio.Event] = []
urlpatterns = [
    path("slow/", slow), path("endless/", endless), path("v1/whose/", whose), path("v1/meet/", meet)
]  # fmt: skip


@pytest.fixture(autouse=True)
def lean() -> Any:
    at_once.clear()
    threads.clear()
    streaming.clear()
    shortcut = ["serving.v1.fast_path.skip_page_middleware"]
    with override_settings(ROOT_URLCONF=__name__, MIDDLEWARE=shortcut, ALLOWED_HOSTS=["*"]):
        yield


async def ask(handler: PooledASGIHandler, address: str, *, gone: asyncio.Event | None = None) -> tuple[int, bytes]:
    """One request; `gone` is when its client leaves, or never."""
    answer: dict[str, Any] = {"status": 0, "body": b""}
    asked = False

    async def receive() -> dict[str, Any]:
        nonlocal asked
        if not asked:
            asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await (gone or asyncio.Event()).wait()
        return {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        answer["status"] = message.get("status", answer["status"])
        answer["body"] += message.get("body", b"")

    scope = {
        "type": "http",
        "method": "GET",
        "path": address,
        "headers": [(b"host", b"localhost")],
        "query_string": b"",
    }
    await handler(scope, receive, send)
    return answer["status"], answer["body"]


def test_no_more_requests_run_at_once_than_there_are_seats_and_threads_are_used_again() -> None:
    async def rush() -> list[tuple[int, bytes]]:
        handler = PooledASGIHandler(SEATS)
        return await asyncio.gather(*(ask(handler, "/slow/") for _ in range(REQUESTS)))

    answers = asyncio.run(rush())

    assert answers == [(200, b"done")] * REQUESTS
    assert max(at_once) == SEATS
    assert len(set(threads)) == SEATS


def test_streams_give_their_seats_to_those_who_wait() -> None:
    async def rush() -> tuple[int, bytes]:
        handler, gone = PooledASGIHandler(SEATS), asyncio.Event()
        streams = [asyncio.create_task(ask(handler, "/endless/", gone=gone)) for _ in range(SEATS + 1)]
        async with asyncio.timeout(PATIENCE_S):
            while len(streaming) < len(streams):
                await asyncio.sleep(0.01)
            answer = await ask(handler, "/slow/")
        assert not any(stream.done() for stream in streams)
        gone.set()
        await asyncio.wait_for(asyncio.gather(*streams), timeout=PATIENCE_S)
        return answer

    assert asyncio.run(rush()) == (200, b"done")


def test_what_asks_a_miniature_stays_on_the_event_loop() -> None:
    answer = asyncio.run(ask(PooledASGIHandler(SEATS), "/v1/whose/"))

    assert answer == (200, threading.current_thread().name.encode())


def test_those_who_ask_miniatures_do_not_wait_for_each_other_whatever_middleware_stands_before() -> None:
    async def rush() -> list[tuple[int, bytes]]:
        handler = PooledASGIHandler(SEATS)
        return await asyncio.gather(ask(handler, "/v1/meet/"), ask(handler, "/v1/meet/"))

    inside.clear()
    with override_settings(MIDDLEWARE=ALL_MIDDLEWARE, SITE_URL="http://localhost"):
        assert asyncio.run(rush()) == [(200, b"met"), (200, b"met")]


@pytest.mark.postgres_only
@pytest.mark.django_db(transaction=True)
def test_every_call_of_a_request_finds_a_connection_that_lives() -> None:
    """A file is gathered on another seat than its page was:
    the database may have restarted since that seat's last request.
    """
    seats = RequestThreads(1)
    scope: Any = {"path": "/", "headers": [(b"authorization", b"Bearer x")]}
    first = seats.turn(scope).submit(_backend).result()
    with connection.cursor() as cursor:
        # Waits until it has ended.
        cursor.execute("SELECT pg_terminate_backend(%s, 20000)", [first])

    second = seats.turn(scope).submit(_backend).result()

    assert second != first
    seats.turn(scope).submit(connections.close_all).result()


@pytest.mark.postgres_only
@pytest.mark.django_db(transaction=True)
def test_a_connection_is_not_asked_before_each_request_whether_it_lives() -> None:
    """`pg_stat_activity` names the last statement of a backend, which would be the question."""
    seats = RequestThreads(1)
    scope: Any = {"path": "/", "headers": [(b"authorization", b"Bearer x")]}
    backend = [seats.turn(scope).submit(_backend).result() for _ in range(2)][-1]

    seats.turn(scope).submit(lambda: connection.close_if_health_check_failed()).result()

    with connection.cursor() as cursor:
        cursor.execute("SELECT query FROM pg_stat_activity WHERE pid = %s", [backend])
        assert cursor.fetchone() == ("SELECT pg_backend_pid()",)
    seats.turn(scope).submit(connections.close_all).result()


def _backend() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])
