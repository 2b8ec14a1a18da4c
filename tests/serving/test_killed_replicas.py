"""Replicas killed one after another under sixteen clients: no cut or wrong answer is told as whole,
and whole answers are not lost.
"""

from __future__ import annotations

import itertools
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openai
import pytest

from jobs.models import Job
from jobs.rundir import identity
from serving.models import Replica
from serving.runtime import engine_client, links, pool
from tests.serving.asking_clients import CLIENTS, AskingClients
from tests.serving.conftest import SLUG, start_engine
from tests.serving.tiny import adapter_entry
from tests.serving.waiting import wait_until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.engine, pytest.mark.timeout(1800)]
REPLICAS = 3


class Fleet:
    """Engines on sockets of their own, each with a replica's row; one that is killed is started again on its socket."""

    def __init__(self, folder: Path, folders: Any) -> None:
        self._folder, self._entry = folder, adapter_entry(SLUG, folders.one, folders.base)
        self._starts = itertools.count()
        self._engines = {number: self._start(number) for number in range(REPLICAS)}
        for number in self._engines:
            job = Job.objects.create(
                kind="serving", queue="serving", title="s", state="running", fence=1, run_fence=1,
                host_id=f"host-{number}", boot_id=identity.boot_id(),
            )  # fmt: skip
            Replica.objects.create(job=job, socket=str(self._socket(number)), reported_fence=1)

    def kill(self, number: int) -> None:
        self._engines[number].send_signal(signal.SIGKILL)
        self._engines[number].wait(20)

    def start_again(self, number: int) -> None:
        # As a supervisor finds it: the killed engine has left its socket behind.
        self._socket(number).unlink()
        self._engines[number] = self._start(number)

    def close(self) -> None:
        for engine in self._engines.values():
            engine.terminate()
        for engine in self._engines.values():
            engine.wait(60)

    def is_whole(self) -> bool:
        sockets = map(self._socket, self._engines)
        return all(links.ask_state(links.EngineLink(socket=str(path))) for path in sockets)

    def _socket(self, number: int) -> Path:
        return self._folder / f"{number}.sock"

    def _start(self, number: int) -> Any:
        run_dir = self._folder / f"run-{next(self._starts)}"
        return start_engine(run_dir, self._socket(number), [self._entry], max_batch=8, max_waiting=32)


@pytest.fixture
def fleet(folders: Any, short_folder: Path, promoted: Any, settings: Any, monkeypatch: Any) -> Iterator[Fleet]:
    folder = short_folder / f"fleet-{os.getpid()}"
    folder.mkdir(exist_ok=True)
    settings.SERVING_SOCKET, settings.SERVING_PATIENCE_S = str(folder / "own.sock"), 60
    monkeypatch.setattr(engine_client, "POOL", pool.Pool())
    Replica.objects.all().delete()
    fleet = Fleet(folder, folders)
    yield fleet
    fleet.close()


@pytest.mark.parametrize("kills", [5, pytest.param(50, marks=[pytest.mark.slow, pytest.mark.alone])])
def test_replicas_killed_under_sixteen_clients_cut_no_answer_unsaid(fleet, site, lead, key_of, kills, capsys):
    client = openai.OpenAI(base_url=site.url, api_key=key_of(lead), max_retries=0, timeout=120)
    clients = AskingClients(client, SLUG)
    try:
        for kill in range(kills):
            answered = clients.total
            wait_until(lambda least=answered + 2 * CLIENTS: clients.total > least)
            fleet.kill(kill % REPLICAS)
            fleet.start_again(kill % REPLICAS)
            wait_until(fleet.is_whole)
    finally:
        clients.close()

    with capsys.disabled():
        print(f"\n{kills} kills: {dict(clients.outcomes)}")
    assert clients.wrong == 0
    assert {outcome for way, outcome in clients.outcomes if way == "whole"} == {"right"}
    assert {outcome for way, outcome in clients.outcomes if way == "stream"} <= {"right", "engine_lost"}
