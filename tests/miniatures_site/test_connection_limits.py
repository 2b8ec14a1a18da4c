"""More connections than a process has descriptors: those that wait give way, nobody takes all,
and a proxy is nobody.
"""

from __future__ import annotations

import resource
import shlex
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import pytest

from miniatures_site.server.connection_limits import CLIENTS_AT_LEAST, DESCRIPTORS_EACH, client_of
from tests.miniatures_site.containers import COMPOSE, ROOT
from tests.postgres_server import free_port
from tests.waiting import wait_until

DESCRIPTORS = 256
MOST = DESCRIPTORS // DESCRIPTORS_EACH
MOST_OF_CLIENT = MOST // CLIENTS_AT_LEAST
PATIENCE_S = 60.0
HALF_A_BODY = b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Forwarded-For: 203.0.113.1\r\nContent-Length: 9\r\n\r\nhalf"
# Opens files for each answer; `/hold` is answered for as long as somebody listens.
SITE = """
import sys
import uvicorn
from miniatures_site.server.slow_connections import TOO_MANY, TimedConnection

async def site(scope, receive, send):
    files = [open("/dev/null") for _ in range(100)]
    await send({"type": "http.response.start", "status": 429 if TOO_MANY in scope else 200, "headers": []})
    await send({"type": "http.response.body", "body": b"answered", "more_body": True})
    for file in files:
        file.close()
    while scope["path"] == "/hold" and TOO_MANY not in scope and (await receive())["type"] != "http.disconnect":
        pass
    await send({"type": "http.response.body", "body": b""})

uvicorn.run(site, port=int(sys.argv[1]), http=TimedConnection, forwarded_allow_ips=sys.argv[2], lifespan="off", \
log_level="warning")
"""


def lower(soft: int, hard: int) -> None:
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


class Site:
    """A site of few descriptors, and the connections that a test opens to it."""

    def __init__(self, process: subprocess.Popen[bytes], port: int, log: Path) -> None:
        self.process, self.port, self.log = process, port, log
        self._opened = ExitStack()
        deadline = time.monotonic() + PATIENCE_S
        while True:
            assert process.poll() is None and time.monotonic() < deadline, log.read_text()
            try:
                self.open().close()
                return
            except OSError:
                time.sleep(0.02)

    def open(self, sent: bytes = b"") -> socket.socket:
        opened = self._opened.enter_context(socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE_S))
        opened.sendall(sent)
        return opened

    def ask(self, path: str = "/", client: str = "") -> socket.socket:
        """A connection on which a request for a client was sent, as its proxy names it."""
        named = f"X-Forwarded-For: {client}\r\n" if client else ""
        return self.open(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{named}\r\n".encode())

    def status(self, path: str = "/", client: str = "") -> int:
        with self.ask(path, client) as opened:
            return status_of(opened)

    def close(self) -> None:
        self._opened.close()
        self.process.terminate()
        self.process.wait(PATIENCE_S)


def status_of(opened: socket.socket) -> int:
    """The status of an answer, 0 where the connection ended without one."""
    try:
        return int(opened.recv(65536)[9:12] or 0)
    except ConnectionResetError:
        return 0


def has_ended(opened: socket.socket) -> bool:
    opened.setblocking(False)
    try:
        return opened.recv(1) == b""
    except BlockingIOError:
        return False
    except ConnectionResetError:
        return True


@pytest.fixture
def site_of(tmp_path: Path) -> Iterator[Callable[..., Site]]:
    running: list[Site] = []

    def start(proxies: str) -> Site:
        port = free_port()
        log = tmp_path / "log"
        process = subprocess.Popen(
            [sys.executable, "-c", SITE, str(port), proxies], cwd=ROOT, stdout=log.open("wb"), stderr=subprocess.STDOUT,
            preexec_fn=partial(lower, DESCRIPTORS, DESCRIPTORS),
        )  # fmt: skip
        running.append(Site(process, port, log))
        return running[-1]

    yield start
    for site in running:
        site.close()


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize("proxies", ["127.0.0.1", "10.9.9.9"])
def test_more_idle_sockets_than_descriptors_keep_nobody_out(site_of: Callable[..., Site], proxies: str) -> None:
    site = site_of(proxies)
    halves = [b"", b"GET / HTTP/1.1\r\nHost: loc", b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"]

    idle = [site.open(halves[number % 3]) for number in range(2 * DESCRIPTORS)]
    answers = [site.status() for _ in range(20)]

    assert answers == [200] * 20
    may_stay = MOST if proxies == "127.0.0.1" else MOST_OF_CLIENT
    # Read first what was answered.
    for opened in idle[2::3]:
        opened.recv(65536)
    wait_until(lambda: sum(not has_ended(opened) for opened in idle) <= may_stay)
    assert "Too many open files" not in site.log.read_text()


def test_a_client_that_a_proxy_names_has_a_share_and_the_proxy_is_nobody(site_of: Callable[..., Site]) -> None:
    site = site_of("127.0.0.1,10.9.9.9")
    busy = "198.51.100.1, 203.0.113.1, 10.9.9.9"
    held = [site.ask("/hold", busy) for _ in range(MOST_OF_CLIENT)]
    assert [status_of(opened) for opened in held] == [200] * MOST_OF_CLIENT

    # What a client says of itself stands before what the proxies add.
    refused = site.status("/", "198.51.100.7, 203.0.113.1")
    others = [site.status("/hold", f"203.0.113.{number}") for number in range(2, 12)]
    unnamed = [status_of(site.ask("/hold")) for _ in range(2 * MOST_OF_CLIENT)]
    for opened in held:
        opened.close()

    assert refused == 429
    assert others == [200] * 10
    assert unnamed == [200] * 2 * MOST_OF_CLIENT
    wait_until(lambda: site.status("/", busy) == 200)


@pytest.mark.slow
def test_answered_requests_of_a_client_are_counted_no_more(site_of: Callable[..., Site]) -> None:
    site = site_of("127.0.0.1")
    kept = [site.ask("/", "203.0.113.1") for _ in range(3 * MOST_OF_CLIENT)]
    asked_ahead = site.open(b"GET / HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 203.0.113.1\r\n\r\n" * MOST_OF_CLIENT)

    assert [status_of(opened) for opened in kept] == [200] * len(kept)
    told = b""
    while told.count(b"answered") < MOST_OF_CLIENT:
        told += asked_ahead.recv(65536)
    assert site.status("/", "203.0.113.1") == 200


@pytest.mark.slow
def test_a_direct_client_has_a_share_too_whatever_it_says_of_itself(site_of: Callable[..., Site]) -> None:
    site = site_of("10.9.9.9")
    held = [site.ask("/hold", f"203.0.113.{number}") for number in range(MOST_OF_CLIENT)]
    assert [status_of(opened) for opened in held] == [200] * MOST_OF_CLIENT

    assert site.status() == 503
    held[0].close()

    wait_until(lambda: site.status() == 200)


@pytest.mark.slow
def test_requests_that_fill_all_leave_descriptors_and_end_with_a_refusal(site_of: Callable[..., Site]) -> None:
    site = site_of("127.0.0.1")
    held = [site.ask("/hold", f"203.0.113.{number}") for number in range(MOST)]
    assert [status_of(opened) for opened in held] == [200] * MOST

    assert site.status("/", "198.51.100.1") == 503
    assert "Connections are refused" in site.log.read_text()
    held[0].close()

    wait_until(lambda: site.status("/", "198.51.100.1") == 200)


def test_addresses_of_one_subscriber_are_one_client() -> None:
    assert client_of("2001:db8:1:2::1") == client_of("2001:db8:1:2:ffff::9") != client_of("2001:db8:1:3::1")
    assert client_of("::ffff:203.0.113.1") == "203.0.113.1" != client_of("203.0.113.2")
    assert client_of("unix:") == "unix:"


def test_a_process_takes_the_descriptors_that_it_may_have() -> None:
    program = (
        "import resource; from miniatures_site.server import connection_limits as limits; limits.raise_descriptors(); "
        "print(resource.getrlimit(resource.RLIMIT_NOFILE)[0], limits.room())"
    )

    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True,
        preexec_fn=partial(lower, DESCRIPTORS, 2 * DESCRIPTORS),
    )  # fmt: skip

    assert done.stdout == f"{2 * DESCRIPTORS} {2 * MOST}\n"


@pytest.mark.slow
def test_the_product_answers_while_more_sockets_than_it_has_descriptors_say_nothing(
    strict: dict[str, str], tmp_path: Path
) -> None:
    port = free_port()
    line = COMPOSE["services"]["web"]["command"].replace("0.0.0.0", "127.0.0.1").replace("8000", str(port))
    process = subprocess.Popen(
        shlex.split(line), cwd=ROOT, env=strict, stdout=(tmp_path / "log").open("wb"), stderr=subprocess.STDOUT,
        preexec_fn=partial(lower, DESCRIPTORS, DESCRIPTORS),
    )  # fmt: skip
    site = Site(process, port, tmp_path / "log")
    try:
        idle = [site.open() for _ in range(2 * DESCRIPTORS)]
        answers = [site.status(path) for path in ("/livez", "/accounts/login/", "/livez")]
        assert len(idle) > DESCRIPTORS
        for _ in range(MOST_OF_CLIENT):
            site.open(HALF_A_BODY)
        refused = site.ask("/v1/models", "203.0.113.1").makefile("rb").read()
        other = site.status("/livez", "203.0.113.2")
    finally:
        site.close()

    assert answers == [200, 200, 200]
    assert refused.startswith(b"HTTP/1.1 429 ") and b"retry-after: " in refused and b"too_many_connections" in refused
    assert other == 200
    assert "Too many open files" not in (tmp_path / "log").read_text()
