"""Students by hub id, from a hub on loopback: what loads, and each way in which it refuses.

In a process of its own, since the hub's address is read when its client is imported.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.training.engine.hub_server import COMMIT, TOKEN, HubServer

pytestmark = pytest.mark.engine

LOAD = """
import json, sys, torch
from training.engine import loading
from training.engine.contracts import StudentRef, TrainError
asked = json.loads(sys.argv[1])
try:
    student = loading.load(StudentRef(hub_id=asked["id"], revision=asked["revision"]), dtype=torch.float32, token=asked["token"])
    print(json.dumps({"type": student.model_type, "parameters": student.parameters, "stop": student.chat.end_of_turn}))
except TrainError as error:
    print(json.dumps({"code": error.code, "hint": error.hint}))
"""


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory, student) -> Iterator[HubServer]:
    server = HubServer(Path(student()))
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def fetch(hub: HubServer, tmp_path: Path) -> Callable[..., dict[str, object]]:
    def _fetch(name: str, *, revision: str = COMMIT, token: str | None = None, url: str = "") -> dict[str, object]:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
        environment |= {"HF_ENDPOINT": url or hub.url, "HF_HOME": str(tmp_path / "hub"), "NO_PROXY": "*"}
        asked = json.dumps({"id": name, "revision": revision, "token": token})
        done = subprocess.run(
            [sys.executable, "-c", LOAD, asked],
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-2000:]
        return json.loads(done.stdout.splitlines()[-1])

    return _fetch


def test_a_student_loads_from_the_hub_at_its_commit(fetch, hub):
    loaded = fetch("maker/open")

    assert loaded["type"] == "llama"
    assert all(f"/resolve/{COMMIT}/" in path for _, path in hub.seen if "/resolve/" in path)
    assert any("model.safetensors" in path for _, path in hub.seen)


def test_a_gated_student_loads_with_the_token(fetch):
    assert fetch("maker/gated", token=TOKEN)["type"] == "llama"


@pytest.mark.parametrize(
    ("asked", "code", "hint"),
    [
        ({"name": "maker/gated"}, "licence_gate", "huggingface.co/maker/gated"),
        ({"name": "maker/unknown"}, "student_unknown", "HF_TOKEN"),
        ({"name": "maker/open", "revision": "f" * 40}, "student_unknown", "commit"),
        ({"name": "maker/open", "token": "hf_wrong"}, "hub_refused", "valid token"),
    ],
)
def test_each_refusal_of_the_hub_says_what_to_do(fetch, asked, code, hint):
    refused = fetch(**asked)

    assert refused["code"] == code
    assert hint in str(refused["hint"])


def test_a_hub_out_of_reach_is_named_as_such(fetch):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]

    refused = fetch("maker/open", url=f"http://127.0.0.1:{port}")

    assert refused["code"] == "hub_unreachable"
