"""Slow and silent sockets beside people at work: what others wait for meanwhile, against what they wait for in quiet.

Windows of quiet and of slow sockets take turns, so that what else the machine does falls on both. A window begins once the server
has worked off what the sockets asked for when they were opened: many requests at once are a load, not slowness. A socket that
the server gives up is opened again at once. The verdict is that of the medians of the windows' 95th percentiles.
"""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
import multiprocessing.synchronize
import os
import socket
import statistics
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count as counter
from pathlib import Path
from typing import Any

from benchmarks.fire import wire
from benchmarks.fire.finding import FiredStage
from benchmarks.fire.site import Site
from benchmarks.fire.wire import Request

BOUND = 2.0
ROUNDS, WINDOW_S = 4, 12.0
# The server is at rest when it needs less than this share of a core for a second.
AT_REST, REST_WITHIN_S = 0.3, 120.0
PEOPLE, PAUSE_S, BYTE_EVERY_S = 4, 0.05, 1.0
# A buffer as small as the system allows: what is not read soon waits at the server.
BUFFER_BYTES = 2048
KINDS = (
    "silent",
    "slow head",
    "slow body",
    "slow body of a member",
    "reads no rows",
    "reads no events",
    "reads no page",
    "reads no file",
)


def fire(site: Site, *, count: int) -> FiredStage:
    """Measure with and without so many slow sockets, in turns."""
    found, before = FiredStage("sockets"), len(site.errors())
    quiet: list[list[float]] = []
    slow: list[list[float]] = []
    reopened = 0
    sit(site, found)
    for _ in range(ROUNDS):
        quiet.append(sit(site, found))
        with slow_sockets(site, count) as opened:
            wait_for_rest(site)
            slow.append(sit(site, found))
            reopened += opened.value - count
    p95 = [statistics.median(map(_p95, windows)) for windows in (quiet, slow)]
    ratio = p95[1] / p95[0]
    found.figures = {
        "sockets": count, "kinds": len(KINDS), "reopened": reopened, "requests": [sum(map(len, each)) for each in (quiet, slow)],
        "quiet_p95_ms": round(p95[0] * 1000, 1), "slow_p95_ms": round(p95[1] * 1000, 1), "ratio": round(ratio, 2),
        "windows_ms": [[round(_p95(window) * 1000) for window in each] for each in (quiet, slow)],
    }  # fmt: skip
    if ratio >= BOUND:
        found.violations.append(f"Others wait {ratio:.2f} times as long at the 95th percentile; {BOUND} is the bound.")
    found.add_errors(site.errors()[before:])
    return found


def sit(site: Site, found: FiredStage) -> list[float]:
    """Let people and a visitor open pages for a window; returns the seconds of each answer."""
    pages, times, until = requests_of(site.laid), [], time.monotonic() + WINDOW_S

    def person(number: int) -> None:
        for step in counter(number):
            if time.monotonic() > until:
                return
            request = pages[step % len(pages)]
            began = time.monotonic()
            answer = wire.ask(site.port, request)
            times.append(time.monotonic() - began)
            found.add(answer, str(request), request.address)
            time.sleep(PAUSE_S)

    with ThreadPoolExecutor(PEOPLE) as pool:
        list(pool.map(person, range(PEOPLE)))
    return times


def requests_of(laid: dict[str, Any]) -> list[Request]:
    """What people ask for: pages and lists as members and as a program, the login page, what watches the site."""
    task, job = laid["objects"]["task"], laid["objects"]["job"]
    of_lead = ["/", f"/tasks/{task}/", f"/api/v1/drafts/?task={task}", f"/jobs/{job}/", "/api/v1/tasks/"]
    asked = [Request("GET", address, wire.headers_for("lead", laid)) for address in of_lead]
    program = Request("GET", "/api/v1/tasks/", wire.headers_for("token:read", laid))
    return [*asked, program, Request("GET", "/accounts/login/"), Request("GET", "/livez")]


def wait_for_rest(site: Site) -> None:
    """Wait until the server does next to nothing.

    Raises:
        TimeoutError: It does not come to rest.
    """
    pid = site.server.pid
    until, used_s = time.monotonic() + REST_WITHIN_S, _cpu_s(pid)
    while time.monotonic() < until:
        time.sleep(1.0)
        before_s, used_s = used_s, _cpu_s(pid)
        if used_s - before_s < AT_REST:
            return
    raise TimeoutError("The server was still at work for the slow sockets after two minutes.")


def _cpu_s(pid: int) -> float:
    """Seconds that a process had a core, from Linux's table of processes."""
    user, system = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def _p95(times: list[float]) -> float:
    return statistics.quantiles(times, n=20)[-1]


@contextlib.contextmanager
def slow_sockets(site: Site, count: int) -> Iterator[Any]:
    """So many slow sockets, held by a process of their own; yields how often one was opened."""
    here = multiprocessing.get_context("spawn")
    opened, ready = here.Value("i", 0), here.Event()
    process = here.Process(target=hold, args=(site.port, beginnings(site.laid), count, opened, ready), daemon=True)
    process.start()
    if not ready.wait(60):
        raise TimeoutError("The slow sockets were not open in a minute.")
    yield opened
    process.terminate()
    process.join()


def beginnings(laid: dict[str, Any]) -> list[tuple[str, bytes]]:
    """What a socket of each kind sends at first."""
    lead, of = wire.headers_for("lead", laid), laid["objects"]
    long_body = {"Content-Type": "application/json", "Content-Length": "900000"}
    sent = {
        "silent": b"", "slow head": _head("GET /"),
        "slow body": _head("POST /api/v1/tasks/", **long_body) + b"\r\n{",
        "slow body of a member": _head("POST /api/v1/tasks/", **long_body, **lead) + b"\r\n{",
        "reads no rows": _head(f"GET /api/v1/dataset-versions/{of['version']}/rows.jsonl", **lead) + b"\r\n",
        "reads no events": _head(f"GET /jobs/{of['job']}/events/", **lead) + b"\r\n",
        # More answers than the buffers take, on one connection.
        "reads no page": (_head("GET /", **lead) + b"\r\n") * 12,
        "reads no file": _head("GET /api/v1/schema/", **lead) + b"\r\n",
    }  # fmt: skip
    return [(kind, sent[kind]) for kind in KINDS]


def hold(
    port: int, sent: list[tuple[str, bytes]], count: int, opened: Any, ready: multiprocessing.synchronize.Event
) -> None:
    """Hold the sockets until the process is ended."""

    async def all_of_them() -> None:
        held = [asyncio.create_task(_hold_one(port, *sent[number % len(sent)], opened)) for number in range(count)]
        while opened.value < count:
            await asyncio.sleep(0.05)
        ready.set()
        await asyncio.gather(*held)

    asyncio.run(all_of_them())


def _head(first: str, **more: str) -> bytes:
    """A request's line and headers, without the end of them."""
    shown = {"Host": wire.HOST, "X-Forwarded-Proto": "https", **more}
    return b"\r\n".join(
        [f"{first} HTTP/1.1".encode(), *(f"{name}: {value}".encode() for name, value in shown.items()), b""]
    )


async def _hold_one(port: int, kind: str, sent: bytes, opened: Any) -> None:
    loop = asyncio.get_running_loop()
    while True:
        one = socket.socket()
        one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER_BYTES)
        one.setblocking(False)
        with contextlib.suppress(OSError), one:
            await loop.sock_connect(one, ("127.0.0.1", port))
            opened.value += 1
            await loop.sock_sendall(one, sent)
            while True:
                await asyncio.sleep(BYTE_EVERY_S)
                if kind.startswith("slow"):
                    await loop.sock_sendall(one, b"x")
                elif (not kind.startswith("reads") and not await loop.sock_recv(one, 1)) or (
                    kind.startswith("reads") and _is_gone(one)
                ):
                    break


def _is_gone(one: socket.socket) -> bool:
    """Whether the other side has ended the connection, with nothing read off it."""
    return bool(one.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0] != 1)
