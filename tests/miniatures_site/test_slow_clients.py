"""Clients that send nothing, or half, or do not read: others are served meanwhile, and the slow are let go."""

from __future__ import annotations

import gzip
import json
import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
import uvicorn
import uvloop
from django.http import HttpRequest, HttpResponse
from django.test import override_settings
from django.urls import include, path

from miniatures_site.server import request_bodies
from miniatures_site.server.request_threads import PooledASGIHandler
from miniatures_site.server.slow_connections import TimedConnection
from tests.postgres_server import free_port
from tests.waiting import wait_until

SEATS, MANY = 2, 12
PATIENCE_S = 60.0
# More than the system's buffers take.
LARGE = b"x" * 16 * request_bodies.MIB
# The first fills the buffers, so that the second is not written when the connection ends, and the third is still to
# come.
ASKED_AHEAD = ("large", "plain", "plain")
let_go = threading.Event()


def held(request: HttpRequest) -> HttpResponse:
    """A page that works for as long as the test wants."""
    let_go.wait(PATIENCE_S)
    return HttpResponse("held")


def large(request: HttpRequest) -> HttpResponse:
    return HttpResponse(LARGE)


def told(request: HttpRequest) -> HttpResponse:
    return HttpResponse(str(len(request.body)))


def filled(request: HttpRequest) -> HttpResponse:
    # REST framework takes a body of no declared length for none.
    return HttpResponse(f"{request.POST['name']} in {request.META['CONTENT_LENGTH']} bytes")


held.login_required = large.login_required = told.login_required = False  # type: ignore[attr-defined]
told.csrf_exempt = filled.csrf_exempt = True  # type: ignore[attr-defined]
urlpatterns = [
    path("held/", held),
    path("large/", large),
    path("told/", told, name="api-inbound"),
    path("plain/", told),
    path("filled/", filled),
    path("", include("miniatures_site.urls")),
]


class Quick(TimedConnection):
    """Deadlines that a test can wait for."""

    headers_within_s = 0.3
    read_within_s = 0.5


class Site:
    """The site behind a real uvicorn, in a thread of this process."""

    def __init__(self, *, grace_s: float, protocol: type[TimedConnection] = TimedConnection) -> None:
        self.port = free_port()
        config = uvicorn.Config(
            PooledASGIHandler(SEATS, grace_s=grace_s), host="127.0.0.1", port=self.port, log_level="warning",
            access_log=False, lifespan="off", http=protocol, timeout_graceful_shutdown=1,
        )  # fmt: skip
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=lambda: uvloop.run(self.server.serve()), daemon=True)
        self.thread.start()
        until = time.monotonic() + PATIENCE_S
        while not self.server.started:
            assert time.monotonic() < until
            time.sleep(0.01)

    def open(self, sent: bytes = b"") -> socket.socket:
        """A connection of which so much was sent."""
        opened = socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE_S)
        opened.sendall(sent)
        return opened

    def get(self, address: str, **headers: str) -> httpx.Response:
        url = f"http://127.0.0.1:{self.port}{address}"
        return httpx.get(url, headers=headers, timeout=PATIENCE_S, trust_env=False)

    def close(self) -> None:
        let_go.set()
        self.server.force_exit = self.server.should_exit = True
        self.thread.join(PATIENCE_S)


@pytest.fixture
def site_of() -> Iterator[Callable[..., Site]]:
    """Sites of these addresses; nothing here needs a database."""
    let_go.clear()
    running: list[Site] = []

    def start(*, grace_s: float = request_bodies.GRACE_S, **options: Any) -> Site:
        running.append(Site(grace_s=grace_s, **options))
        return running[-1]

    middleware = ["django.middleware.security.SecurityMiddleware", "serving.v1.fast_path.skip_page_middleware"]
    with override_settings(ROOT_URLCONF=__name__, MIDDLEWARE=middleware):
        yield start
        for site in running:
            site.close()


HALVES = {
    "idle": b"",
    "half the headers": b"POST /api/v1/tasks/ HTTP/1.1\r\nHost: localhost\r\n",
    "half a body": b"POST /api/v1/tasks/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 900\r\n\r\nhalf",
    "half a question": b"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 900\r\n\r\n{",
    "half a body with a cookie": b"POST /plain/ HTTP/1.1\r\nHost: localhost\r\nCookie: sessionid=x\r\n"
    b"Content-Length: 900\r\n\r\nhalf",
    "nobody reads": b"GET /large/ HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "a member who does not read": b"GET /large/ HTTP/1.1\r\nHost: localhost\r\nCookie: sessionid=x\r\n\r\n",
}


@pytest.mark.slow
def test_one_who_asks_ahead_and_reads_nothing_is_let_go_without_a_fault(
    site_of: Callable[..., Site], monkeypatch: pytest.MonkeyPatch
) -> None:
    site = site_of(protocol=Quick)
    said: list[logging.LogRecord] = []
    monkeypatch.setattr(logging.getLogger("uvicorn.error"), "handle", said.append)
    one = site.open(b"".join(f"GET /{name}/ HTTP/1.1\r\nHost: localhost\r\n\r\n".encode() for name in ASKED_AHEAD))

    state = site.server.server_state
    wait_until(lambda: bool(state.tasks))
    wait_until(lambda: not state.connections and not state.tasks)

    assert [record.getMessage() for record in said] == []
    one.close()


@pytest.mark.slow
def test_who_sends_half_or_reads_nothing_keeps_nobody_waiting(site_of: Callable[..., Site]) -> None:
    site = site_of()
    slow = [site.open(sent) for sent in HALVES.values() for _ in range(MANY)]

    answers = [
        site.get("/livez"),
        site.get("/v1/models"),
        site.get("/v1/models", Authorization="Basic x"),
        site.get("/plain/"),
        site.get("/plain/", Cookie="sessionid=x"),
    ]

    assert [answer.status_code for answer in answers] == [200, 401, 401, 200, 200]
    for each in slow:
        each.close()


def test_work_that_holds_every_seat_leaves_health_and_programs_alone(site_of: Callable[..., Site]) -> None:
    site = site_of()
    busy = [b"", b"Cookie: sessionid=x\r\n"]
    slow = [
        site.open(b"GET /held/ HTTP/1.1\r\nHost: localhost\r\n" + shown + b"\r\n")
        for shown in busy
        for _ in range(SEATS + 1)
    ]

    assert site.get("/livez").status_code == 200
    assert site.get("/v1/models").status_code == 401
    for each in slow:
        each.close()


def test_visitors_do_not_take_the_seats_of_members(site_of: Callable[..., Site]) -> None:
    site = site_of()
    slow = [site.open(b"GET /held/ HTTP/1.1\r\nHost: localhost\r\n\r\n") for _ in range(MANY)]

    assert site.get("/plain/", Cookie="sessionid=x").status_code == 200
    for each in slow:
        each.close()


@pytest.mark.parametrize(
    ("address", "status", "code"),
    [("/api/v1/tasks/", 401, "not_authenticated"), ("/v1/chat/completions", 413, "request_too_large")],
)
def test_who_sends_too_much_reads_why(site_of: Callable[..., Site], address: str, status: int, code: str) -> None:
    url = f"http://127.0.0.1:{site_of().port}{address}"

    answer = httpx.post(url, content=LARGE, timeout=PATIENCE_S, trust_env=False)

    body = answer.json()
    assert (answer.status_code, body.get("error", body)["code"]) == (status, code)


@pytest.mark.parametrize("address", ["/api/v1/tasks/", "/v1/chat/completions"])
def test_a_packed_body_is_refused_unread(site_of: Callable[..., Site], address: str) -> None:
    url = f"http://127.0.0.1:{site_of().port}{address}"
    headers = {"content-encoding": "gzip", "content-type": "application/json"}

    answer = httpx.post(url, content=gzip.compress(b"{}"), headers=headers, timeout=PATIENCE_S, trust_env=False)

    body = answer.json()
    assert (answer.status_code, body.get("error", body)["code"]) == (415, "unsupported_encoding")
    assert answer.headers["accept-encoding"] == "identity"


def test_a_body_that_comes_in_chunks_is_read_whole(site_of: Callable[..., Site]) -> None:
    content = b'--b\r\ncontent-disposition: form-data; name="name"\r\n\r\nAda\r\n--b--'
    url, headers = f"http://127.0.0.1:{site_of().port}/filled/", {"content-type": "multipart/form-data; boundary=b"}

    answer = httpx.post(
        url, content=iter([content[:9], content[9:]]), headers=headers, timeout=PATIENCE_S, trust_env=False
    )

    assert (answer.status_code, answer.text) == (200, f"Ada in {len(content)} bytes")


@pytest.mark.slow
def test_a_body_that_does_not_come_is_told_and_closed(site_of: Callable[..., Site]) -> None:
    site = site_of(grace_s=0.2)
    slow = site.open(b"POST /api/v1/tasks/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 900\r\n\r\nhalf")

    head, said = everything(slow)

    assert head.startswith(b"HTTP/1.1 408 ")
    assert (json.loads(said)["code"], json.loads(said)["status"]) == ("too_slow", 408)


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize("sent", [b"", b"GET / HTTP/1.1\r\nHost: loc"])
def test_headers_that_do_not_come_end_the_connection(site_of: Callable[..., Site], sent: bytes) -> None:
    site = site_of(protocol=Quick)

    head, _ = everything(site.open(sent))

    assert head.startswith(b"HTTP/1.1 408 " if sent else b"")


@pytest.mark.slow
def test_headers_that_stop_after_an_answer_end_the_connection(site_of: Callable[..., Site]) -> None:
    site = site_of(protocol=Quick)
    kept = site.open(b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert b"200" in kept.recv(1000)
    kept.sendall(b"GET /livez HTTP/1.1\r\nHo")

    said = b""
    while part := kept.recv(1000):
        said += part

    assert b"HTTP/1.1 408 " in said


@pytest.mark.slow
def test_an_answer_that_nobody_reads_is_given_up(site_of: Callable[..., Site]) -> None:
    site = site_of(protocol=Quick)
    deaf = site.open(b"GET /large/ HTTP/1.1\r\nHost: localhost\r\n\r\n")

    until = time.monotonic() + PATIENCE_S
    # One connection is there before the server has seen it; it is gone when the server has let go.
    time.sleep(Quick.read_within_s)
    while site.server.server_state.connections:
        assert time.monotonic() < until
        time.sleep(0.02)

    deaf.close()


def everything(connection: socket.socket) -> tuple[bytes, bytes]:
    """All that comes until the other side closes: the head and the content."""
    said = b""
    while part := connection.recv(65536):
        said += part
    connection.close()
    head, _, content = said.partition(b"\r\n\r\n")
    return head, content
