"""`llama-server` killed again and again under sixteen clients of `/v1`: no cut or wrong answer is told as whole."""

from __future__ import annotations

import os
import signal

import openai
import pytest

from serving.runtime import links
from tests.serving.asking_clients import CLIENTS, AskingClients
from tests.serving.conftest import SLUG, start_engine
from tests.serving.tiny import adapter_entry
from tests.serving.waiting import wait_until

pytestmark = [
    pytest.mark.django_db(transaction=True), pytest.mark.engine, pytest.mark.llama, pytest.mark.slow, pytest.mark.alone,
    pytest.mark.timeout(1800),
]  # fmt: skip
KILLS = 20


@pytest.fixture
def link(folders, short_folder, promoted, settings):
    """A relay over the real server."""
    path = short_folder / "killed.sock"
    settings.SERVING_SOCKET = str(path)
    entries = [adapter_entry(SLUG, folders.one, folders.base)]
    process = start_engine(short_folder / "killed", path, entries, backend="llama", max_batch=16, max_waiting=32)
    yield links.EngineLink(socket=str(path))
    process.terminate()
    process.wait(60)


def server_of(link):
    """The server behind the relay, once it is up."""
    return wait_until(lambda: next((each for each in links.ask_state(link)["servers"] if each["is_up"]), None))


def test_llama_servers_killed_under_sixteen_clients_cut_no_answer_unsaid(link, site, lead, key_of, capsys):
    clients = AskingClients(openai.OpenAI(base_url=site.url, api_key=key_of(lead), max_retries=0, timeout=120), SLUG)
    try:
        for kill in range(KILLS):
            answered = clients.total
            wait_until(lambda least=answered + 2 * CLIENTS: clients.total > least)
            server = server_of(link)
            assert server["starts"] == kill + 1
            os.kill(server["pid"], signal.SIGKILL)
    finally:
        clients.close()

    with capsys.disabled():
        print(f"\n{KILLS} kills: {dict(clients.outcomes)}")
    assert clients.wrong == 0
    assert {outcome for way, outcome in clients.outcomes if way == "whole"} == {"right"}
    assert {outcome for way, outcome in clients.outcomes if way == "stream"} <= {"right", "engine_lost"}
