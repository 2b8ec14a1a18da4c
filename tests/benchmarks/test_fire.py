"""A small part of `make bench NAME=fire`, against a real uvicorn; the tool sees a fault."""

from __future__ import annotations

import asyncio
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import uvicorn
from django.http import HttpRequest, HttpResponse
from django.test import override_settings
from django.urls import include, path

from benchmarks.fire import cases, wire
from benchmarks.fire.site import Site, web_command
from members.models import Member
from miniatures_site.server.request_threads import PooledASGIHandler
from miniatures_site.server.slow_connections import TimedConnection
from tests.matrix.callers import browser
from tests.matrix.published import generate
from tests.matrix.routes import walk

STARTED_WITHIN_S = 60.0


def broken(request: HttpRequest) -> HttpResponse:
    raise KeyError("broken")


# Under the name of a route that anybody may reach.
urlpatterns = [path("api/v1/tasks/", broken, name="livez"), path("", include("miniatures_site.urls"))]


def laid_for(admin: Member | None) -> dict[str, Any]:
    """Return a layout of an installation without rows: an invented token, and one admin in every browser."""
    entries = [
        {
            "name": route.name,
            "method": method,
            "body": {},
            "template": ("/" + re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", route.pattern)).replace("{pk}", "{id}"),
            "values": {"id" if name == "pk" else name: str(uuid4()) for name in route.parameters},
        }
        for route in walk()
        for method in route.methods() or []
    ]
    session = browser(admin).cookies["sessionid"].value if admin else ""
    return {
        "objects": {"task": "x", "job": str(uuid4()), "version": str(uuid4())},
        "cookies": dict.fromkeys(("admin", "lead", "reviewer"), session),
        "tokens": {f"token:{name}": "Bearer " + "0" * 64 for name in ("admin", "lead")},
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
        yield Site(port, laid, lambda: None, log)
        server.force_exit = server.should_exit = True
        thread.join(STARTED_WITHIN_S)


@pytest.mark.slow
def test_a_fault_is_seen_and_other_cases_are_answered(site: Site) -> None:
    volley = cases.fire(site, count=len(cases.Cases(site.laid, 1).operations), seed=1)

    places = {re.sub(r".*? (/[^? ]*).*", r"\1", line, flags=re.DOTALL) for line in volley.violations}
    assert places == {"/api/v1/tasks/"}
    assert {line.partition(":")[0] for line in volley.violations} == {"500"}
    assert volley.by_status[200] + volley.by_status[400] + volley.by_status[404] > 50


@pytest.mark.slow
def test_a_case_is_that_of_its_seed_and_number() -> None:
    laid = laid_for(None)
    drawn, again, other = (cases.Cases(laid, seed) for seed in (1, 1, 2))

    assert [drawn.request(number) for number in range(50)] == [again.request(number) for number in range(50)]
    assert [drawn.request(number) for number in range(50)] != [other.request(number) for number in range(50)]
    published = sum(
        len(set(path) & {"get", "post", "put", "patch", "delete"})
        for address, path in laid["schema"]["paths"].items()
        if address.startswith("/api/")
    )
    assert len(drawn.operations) == published


def test_the_server_is_started_as_the_web_service_is() -> None:
    line = web_command(1234)

    assert line[1:4] == ["-m", "uvicorn", "miniatures_site.asgi:application"]
    assert line[line.index("--host") + 1 : line.index("--port") + 2] == ["127.0.0.1", "--port", "1234"]
    assert "miniatures_site.server.slow_connections:TimedConnection" in line
