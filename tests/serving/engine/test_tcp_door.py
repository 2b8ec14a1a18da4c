"""The relay to other hosts: it lets in whoever holds the replica's key, and nobody else."""

from __future__ import annotations

import asyncio
import socket
from contextlib import ExitStack, nullcontext
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest
import uvicorn
from django.apps import apps

from jobs.models import Job
from jobs.secrets import store
from serving.engine import tcp_door
from serving.engine.tcp_door import open_door, split
from serving.models import Replica
from serving.runtime import links, replica_keys, replicas
from serving.runtime.links import EngineLink

KEY = "a" * 64


def server(app):
    config = uvicorn.Config(app, log_level="warning", access_log=False, lifespan="off", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    server.capture_signals = nullcontext
    return server


class Engine:
    """An application that says so where it is asked, and reads whole bodies."""

    def __init__(self):
        self.asked = 0

    async def __call__(self, scope, receive, send):
        self.asked += 1
        body = b'{"since": 1}'
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
        await send({"type": "http.response.body", "body": body})


def behind_a_door(work, address="127.0.0.1"):
    """Run `work` in a thread with the door's address; returns what it returned, and how often the engine was asked."""

    async def run():
        engine = Engine()
        door = open_door(engine, address, KEY, server)
        try:
            return await asyncio.to_thread(work, door.address), engine.asked
        finally:
            await door.close()

    return asyncio.run(run())


def test_the_holder_of_the_key_is_answered():
    assert behind_a_door(lambda address: links.ask_state(EngineLink(address=address, key=KEY))) == ({"since": 1}, 1)


@pytest.mark.parametrize(
    "headers",
    [{}, {"authorization": f"Bearer {KEY[:-1]}b"}, {"authorization": f"Bearer {KEY}b"}, {"authorization": KEY},
     {"authorization": "Bearer"}, {"authorization": "Bearer ä".encode()}],
)  # fmt: skip
def test_nobody_else_reaches_the_engine(headers):
    def work(address):
        answer = httpx.post(f"http://{address}/ask", content=b"x" * 1000, headers=headers)
        return answer.status_code, answer.json()["error"]["code"]

    assert behind_a_door(work) == ((401, "wrong_key"), 0)


def connection(stack, address):
    host, port = split(address)
    return stack.enter_context(socket.create_connection((host, port), timeout=10))


def test_the_holder_of_the_key_is_answered_beside_any_number_of_idle_connections(monkeypatch):
    monkeypatch.setattr(tcp_door, "MOST_CONNECTIONS", 5)

    def work(address):
        with ExitStack() as stack:
            idle = [connection(stack, address) for _ in range(40)]
            idle[-1].sendall(b"GET /state HTTP/1.1\r\n")
            state = links.ask_state(EngineLink(address=address, key=KEY))
            assert idle[0].recv(1) == b""
            return state

    assert behind_a_door(work) == ({"since": 1}, 1)


@pytest.mark.parametrize("sent", [b"", b"GET /state HTTP/1.1\r\nauthorization: Bearer "])
def test_a_connection_that_asks_nothing_is_closed(monkeypatch, sent):
    monkeypatch.setattr(tcp_door, "HEAD_WITHIN_S", 0.1)

    def work(address):
        with ExitStack() as stack:
            idle = connection(stack, address)
            idle.sendall(sent)
            return idle.recv(1)

    assert behind_a_door(work) == (b"", 0)


@pytest.mark.slow
def test_a_stranger_s_connection_ends_with_its_refusal():
    def work(address):
        with ExitStack() as stack:
            stranger = connection(stack, address)
            stranger.sendall(b"POST /ask HTTP/1.1\r\nhost: x\r\ncontent-length: 1000000\r\n\r\n")
            return b"".join(iter(lambda: stranger.recv(4096), b""))

    answer, asked = behind_a_door(work)
    assert answer.startswith(b"HTTP/1.1 401")
    assert not asked


def test_a_door_without_a_key_stays_shut():
    with pytest.raises(ValueError, match="needs a key"):
        open_door(Engine(), "127.0.0.1", "", server)


def test_an_address_that_is_a_container_s_outer_one_is_told_and_its_port_listened_at():
    async def run():
        door = open_door(Engine(), "203.0.113.7:18771", KEY, server)
        try:
            state = await asyncio.to_thread(links.ask_state, EngineLink(address="127.0.0.1:18771", key=KEY))
            return door.address, state
        finally:
            await door.close()

    assert asyncio.run(run()) == ("203.0.113.7:18771", {"since": 1})


@pytest.mark.parametrize(
    ("address", "place"),
    [("10.0.0.5", ("10.0.0.5", 0)), ("gpu-1:8770", ("gpu-1", 8770)), ("[fd00::5]:8770", ("fd00::5", 8770)),
     ("[fd00::5]", ("fd00::5", 0))],
)  # fmt: skip
def test_addresses_are_host_and_port(address, place):
    assert split(address) == place


@pytest.mark.parametrize("address", [":8770", "gpu-1:http", "gpu-1:70000"])
def test_what_is_no_address_is_refused(address):
    with pytest.raises(ValueError, match="no address"):
        split(address)


@pytest.mark.django_db
def test_web_shows_the_key_that_the_engine_s_attempt_was_handed_and_only_on_other_machines():
    assert apps.get_app_config("serving")
    job = Job.objects.create(kind="serving", title="s", state="running", fence=3, run_fence=3, boot_id="another")
    replica = Replica.objects.create(job=job)
    replicas.record_report(job, {"socket": str(Path(__file__)), "address": "10.0.0.5:8770"})
    replica.refresh_from_db()

    link = replicas.link_to(replica)

    assert link == EngineLink(address="10.0.0.5:8770", key=store.resolve(replica_keys.name_for(job)))
    assert len(link.key) == 64
    assert link.key not in repr(link)
    assert store.is_provided(replica_keys.name_for(job))
    # The next attempt has another key, and is not reached before it reported itself.
    after = SimpleNamespace(pk=job.pk, run_fence=4)
    assert replica_keys.make(replica_keys.name_for(after)) != link.key
    replica.job.run_fence = 4
    assert replicas.link_to(replica) is None
