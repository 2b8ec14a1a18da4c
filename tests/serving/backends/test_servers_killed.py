"""Servers behind the relay killed again and again under sixteen clients: no cut or wrong answer is told as whole."""

from __future__ import annotations

import os
import signal

import openai
import psutil
import pytest

from serving.runtime import links
from tests.serving.asking_clients import CLIENTS, AskingClients
from tests.serving.conftest import LOADED_WITHIN_S, SLUG, start_engine
from tests.serving.tiny import adapter_entry
from tests.serving.waiting import wait_until

pytestmark = [
    pytest.mark.django_db(transaction=True), pytest.mark.engine, pytest.mark.slow, pytest.mark.alone,
    pytest.mark.timeout(1800),
]  # fmt: skip
# vLLM takes minutes to come back on a CPU.
KILLS = {"llama": 20, "vllm": 3}
# What a client may be told while its server is away.
AWAY = {"llama": set(), "vllm": {"model_loading", "engine_lost"}}


@pytest.fixture(
    scope="session",
    params=[pytest.param("llama", marks=pytest.mark.llama), pytest.param("vllm", marks=pytest.mark.vllm)],
)
def server(request):
    """The backend behind the engine's wire."""
    return request.param


@pytest.fixture
def link(folders, short_folder, promoted, settings, server):
    """A relay over the real server."""
    path = short_folder / f"killed-{server}.sock"
    settings.SERVING_SOCKET = str(path)
    entries = [adapter_entry(SLUG, folders.one, folders.base)]
    process = start_engine(
        short_folder / f"killed-{server}", path, entries, backend=server, max_batch=16, max_waiting=32
    )
    link = links.EngineLink(socket=str(path))
    if server == "vllm":
        wait_until(lambda: links.ask_state(link)["models"][0]["loaded"], within_s=LOADED_WITHIN_S)
    yield link
    process.terminate()
    process.wait(60)


def fresh_server(link, killed):
    """The process of the server behind the relay, once one is up that was not killed."""
    return wait_until(
        lambda: next((s["pid"] for s in links.ask_state(link)["servers"] if s["is_up"] and s["pid"] not in killed), 0),
        within_s=LOADED_WITHIN_S,
    )


def test_servers_killed_under_sixteen_clients_cut_no_answer_unsaid(link, server, site, lead, key_of, capsys):
    clients = AskingClients(openai.OpenAI(base_url=site.url, api_key=key_of(lead), max_retries=0, timeout=120), SLUG)
    killed, left = set(), []
    try:
        for _ in range(KILLS[server]):
            pid = fresh_server(link, killed)
            right = clients.right
            wait_until(lambda least=right + 2 * CLIENTS: clients.right > least, within_s=LOADED_WITHIN_S)
            left += psutil.Process(pid).children(recursive=True)
            os.kill(pid, signal.SIGKILL)
            killed.add(pid)
    finally:
        clients.close()

    assert psutil.wait_procs(left, timeout=30)[1] == []
    with capsys.disabled():
        print(f"\n{len(killed)} kills of {server}: {dict(clients.outcomes)}")
    assert clients.wrong == 0
    assert {outcome for way, outcome in clients.outcomes if way == "whole"} <= {"right", *AWAY[server]}
    assert {outcome for way, outcome in clients.outcomes if way == "stream"} <= {"right", "engine_lost", *AWAY[server]}
