"""A small slice of what `make bench NAME=fire` does, against a real uvicorn, and that the tool sees what it looks for."""

from __future__ import annotations

import asyncio
import re
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast
from uuid import uuid4

import pytest
import uvicorn
from django.http import HttpRequest, HttpResponse
from django.test import override_settings
from django.urls import include, path

from benchmarks.fire import bodies, cases, routes, sockets, wire
from benchmarks.fire.site import Site, web_command
from members.models import Member
from miniatures_site.access import RULES
from miniatures_site.server.request_threads import PooledASGIHandler
from miniatures_site.server.slow_connections import TimedConnection
from tests.matrix.callers import browser
from tests.matrix.published import generate
from tests.matrix.routes import walk

STARTED_WITHIN_S = 60.0
OPEN = ("OPEN", "NONE")


def broken(request: HttpRequest) -> HttpResponse:
    raise KeyError("broken")


# Under the name of a route that anybody may reach.
urlpatterns = [path("broken/", broken, name="livez"), path("", include("miniatures_site.urls"))]


def laid_for(admin: Member | None) -> dict[str, Any]:
    """What the layout would write, of an installation without rows: visitors, an invented token, one admin."""
    entries = []
    for route in walk():
        values = {name: str(uuid4()) for name in route.parameters}
        for method in route.methods() or ["GET", "POST"]:
            need = RULES[route.name].declared(method).name
            template = "/" + re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", route.pattern).replace("{pk}", "{id}")
            shut = ["login", "denied", "hidden", "no such method", *(["reached"] if need in OPEN else [])]
            entries.append({
                "name": route.name, "method": method, "address": route.address(values), "query": "", "body": {}, "is_api": route.is_api,
                "template": template, "need": need, "allowed": {"visitor": shut, "token:invented": shut},
                "values": {"id" if name == "pk" else name: value for name, value in values.items()},
            })  # fmt: skip
    cookies = {"admin": browser(admin).cookies["sessionid"].value} if admin else {}
    tokens = {f"token:{name}": "Bearer " + "0" * 64 for name in ("invented", "admin", "lead")}
    return {
        "objects": {"task": "x", "job": str(uuid4()), "version": str(uuid4())},
        "cookies": cookies,
        "tokens": tokens,
        "routes": entries,
        "schema": generate(),
    }


@pytest.fixture
def site(tmp_path: Path, transactional_db: None, make_member: Callable[..., Member]) -> Iterator[Site]:
    """The site behind a real uvicorn, in a thread of this process."""
    laid = laid_for(make_member("ada", admin=True))
    with (
        socket.socket() as probe,
        override_settings(ROOT_URLCONF=__name__, ALLOWED_HOSTS=[wire.HOST], CSRF_TRUSTED_ORIGINS=[wire.ORIGIN]),
    ):
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
        probe.close()
        config = uvicorn.Config(
            PooledASGIHandler(2), host="127.0.0.1", port=port, log_level="warning", access_log=False, lifespan="off",
            http=TimedConnection, timeout_graceful_shutdown=1,
        )  # fmt: skip
        server = uvicorn.Server(config)
        thread = threading.Thread(target=lambda: asyncio.run(server.serve()), daemon=True)
        thread.start()
        until = time.monotonic() + STARTED_WITHIN_S
        while not server.started:
            assert time.monotonic() < until
            time.sleep(0.01)
        log = tmp_path / "web.log"
        log.touch()
        yield Site(port, laid, lambda: None, log, cast(subprocess.Popen[bytes], None))
        server.force_exit = server.should_exit = True
        thread.join(STARTED_WITHIN_S)


@pytest.mark.slow
def test_routes_cases_and_bodies_meet_no_fault(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "WAIT_S", 0.2)

    found = [routes.fire(site, every=37), cases.fire(site, count=25, seed=1), bodies.fire(site, count=40, seed=1)]

    assert [line for each in found for line in each.violations] == []
    assert found[0].figures["tries"] > 40
    assert found[1].by_status[200] + found[1].by_status[400] + found[1].by_status[404] > 5
    assert found[2].by_status.total() == 40


@pytest.mark.slow
def test_a_fault_and_an_open_door_are_seen(site: Site) -> None:
    seen = {
        "query": "",
        "body": {},
        "is_api": False,
        "template": "",
        "values": {},
        "method": "GET",
        "need": "ADMIN",
        "allowed": {"visitor": ["login"]},
    }
    site.laid["routes"] = [
        {**seen, "name": "broken", "address": "/broken/"},
        {**seen, "name": "livez", "address": "/livez"},
    ]

    found = routes.fire(site)

    assert sorted(line.partition(":")[0] for line in found.violations) == ["500", "LET THROUGH (200), declared ADMIN"]


@pytest.mark.slow
def test_slow_sockets_are_held_and_measured(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sockets, "ROUNDS", 1)
    monkeypatch.setattr(sockets, "WINDOW_S", 0.5)
    # The server is this very process, which is never at rest.
    monkeypatch.setattr(sockets, "wait_for_rest", lambda site: None)
    monkeypatch.setattr(sockets, "BOUND", float("inf"))
    site.laid["cookies"]["lead"] = site.laid["cookies"]["admin"]
    site.laid["tokens"]["token:read"] = site.laid["tokens"]["token:invented"]

    found = sockets.fire(site, count=16)

    assert found.violations == []
    assert min(found.figures["requests"]) > 3


@pytest.mark.slow
def test_a_case_and_a_body_are_those_of_their_seed_and_number() -> None:
    laid = {**laid_for(None), "cookies": {name: name for name in ("admin", "lead", "reviewer")}}
    drawn, again, other = (cases.Cases(laid, seed) for seed in (1, 1, 2))
    thrown, same = bodies.Bodies(laid, 1), bodies.Bodies(laid, 1)

    assert [drawn.request(number) for number in range(50)] == [again.request(number) for number in range(50)]
    assert [drawn.request(number) for number in range(50)] != [other.request(number) for number in range(50)]
    assert [thrown.sent(number) for number in range(50)] == [same.sent(number) for number in range(50)]
    published = sum(
        len(set(path) & {"get", "post", "put", "patch", "delete"}) for path in laid["schema"]["paths"].values()
    )
    assert len(drawn.operations) == published


def test_the_server_is_started_as_the_web_service_is() -> None:
    line = web_command(1234)

    assert line[1:4] == ["-m", "uvicorn", "miniatures_site.asgi:application"]
    assert line[line.index("--host") + 1 : line.index("--port") + 2] == ["127.0.0.1", "--port", "1234"]
    assert "miniatures_site.server.slow_connections:TimedConnection" in line
