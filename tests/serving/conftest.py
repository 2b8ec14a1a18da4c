"""A real engine over tiny models, a real web server on the test's database, and promoted miniatures in its rows."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest
import uvicorn
from django.core.asgi import get_asgi_application
from django.db import connections

from jobs.contracts import ArtefactRef, Result, SpecEnvelope
from jobs.rundir import write_spec
from members.models import ApiToken, Member
from review.models import Task
from review.states import Role
from serving.promotions import promotion
from tests import left_out
from tests.nursery import Child, nursery
from tests.postgres_server import free_port
from tests.review import factories
from tests.serving.own_workers import Workers
from tests.training.conftest import freeze
from tests.training.miniatures import SUMMARY
from training.models import Miniature, Student
from training.runs import launch_run, results
from training.runs.run_request import RunRequest
from training.students import registration

SLUG, OTHER, LABELS = "outreach-run-1-lora", "outreach-run-2-lora", "outreach-run-3-lora"
STARTED_WITHIN_S = 60
# Options of each backend for a run directory.
OPTIONS_OF: dict[str, Callable[[Path], dict[str, Any]]] = {
    "own": lambda _folder: {},
    "llama": lambda folder: {"program": left_out.llama_server(), "files": str(folder / "gguf")},
    "vllm": lambda _folder: {"python": left_out.vllm_python(), "rank": 16, "cpu_kv_gib": 1},
}
# vLLM's attention on a CPU knows no heads as narrow as those of the other servers' student.
FAMILY_OF = {"vllm": "qwen-wide-heads"}
LOADED_WITHIN_S = 900
# The servers that tests of `/v1` run on, where they are installed.
SERVERS = [
    "own",
    pytest.param("llama", marks=[pytest.mark.llama, pytest.mark.slow]),
    pytest.param("vllm", marks=[pytest.mark.vllm, pytest.mark.slow]),
]


def start_engine(folder: Path, path: Path, models: list[Any], *, backend: str = "own", **limits: Any) -> Child:
    """The engine as a supervisor starts it, by hand; returns when it answers."""
    body = {"socket": str(path), "models": [model.model_dump(mode="json") for model in models], "device": "cpu"}
    body |= {"backend": backend, "options": OPTIONS_OF[backend](folder)}
    write_spec(folder, SpecEnvelope(job="1", kind="serving", fence=1, lease_s=60, body={**body, **limits}))
    process = nursery().start("serving.backends", folder, log=folder / "engine.log")
    deadline = time.monotonic() + STARTED_WITHIN_S
    while not path.exists():
        assert process.poll() is None, (folder / "engine.log").read_text()
        assert time.monotonic() < deadline, "the engine did not come up"
        time.sleep(0.05)
    return process


def _until_loaded(path: Path) -> None:
    """Wait for a server that takes minutes to start on a CPU."""
    deadline = time.monotonic() + LOADED_WITHIN_S
    with httpx.Client(transport=httpx.HTTPTransport(uds=str(path))) as client:
        while not all(model["loaded"] for model in client.get("http://engine/state").json()["models"]):
            assert time.monotonic() < deadline, "vLLM did not come up"
            time.sleep(1)


@dataclass(frozen=True)
class Folders:
    """Tiny models on disk."""

    base: Path
    one: Path
    two: Path


@pytest.fixture(scope="session")
def folders(tmp_path_factory: pytest.TempPathFactory, server: str) -> Folders:
    from tests.serving import tiny

    root, family = tmp_path_factory.mktemp("models"), FAMILY_OF.get(server, "qwen")
    return Folders(
        tiny.make_base(root / "base", family),
        tiny.make_adapter(root / "one", family=family, seed=1),
        tiny.make_adapter(root / "two", family=family, seed=2, rank=8),
    )


@pytest.fixture(scope="session")
def short_folder() -> Iterator[Path]:
    """A folder whose path leaves room for a socket's name."""
    folder = Path(tempfile.mkdtemp(prefix="srv-"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def server() -> str:
    """Backend behind the engine's wire; a file of tests may take others."""
    return "own"


@pytest.fixture(scope="session")
def engine_socket(folders: Folders, short_folder: Path, server: str) -> Iterator[Path]:
    """A running engine that knows three miniatures under the names that tests give them; the third tells labels."""
    from tests.serving import tiny

    run_dir, path = short_folder / server, short_folder / f"{server}.sock"
    entries = [
        tiny.adapter_entry(SLUG, folders.one, folders.base),
        tiny.adapter_entry(OTHER, folders.two, folders.base),
        tiny.adapter_entry(LABELS, folders.two, folders.base).model_copy(update={"task": tiny.LABEL_TASK}),
    ]
    process = start_engine(run_dir, path, entries, backend=server, max_batch=8, max_waiting=24)
    if server == "vllm":
        _until_loaded(path)
    yield path
    process.terminate()
    process.wait(60)


@pytest.fixture
def engine(engine_socket: Path, settings: Any) -> Path:
    """The site asks the running engine."""
    settings.SERVING_SOCKET = str(engine_socket)
    return engine_socket


class Site:
    """Our ASGI application behind a real uvicorn, in a thread of this process."""

    def __init__(self) -> None:
        self.port = free_port()
        config = uvicorn.Config(
            get_asgi_application(), host="127.0.0.1", port=self.port, log_level="warning", access_log=False,
            lifespan="off",
        )  # fmt: skip
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=lambda: asyncio.run(self.server.serve()), daemon=True)
        self.thread.start()
        deadline = time.monotonic() + STARTED_WITHIN_S
        while not self.server.started:
            assert time.monotonic() < deadline
            time.sleep(0.02)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def close(self) -> None:
        self.server.should_exit = True
        self.thread.join(10)


@pytest.fixture
def site(transactional_db: None) -> Iterator[Site]:
    # Requests run in threads that end with them; a kept connection would outlive the test's database.
    before = connections.settings["default"]["CONN_MAX_AGE"]
    connections.settings["default"]["CONN_MAX_AGE"] = 0
    running = Site()
    yield running
    running.close()
    connections.settings["default"]["CONN_MAX_AGE"] = before


@pytest.fixture
def task(admin: Member) -> Task:
    return factories.make_task(by=admin)


@pytest.fixture
def student(admin: Member, folders: Folders, settings: Any) -> Student:
    settings.STUDENT_ROOTS = [folders.base.parent]
    return registration.register_folder(path=str(folders.base), by=admin, name="Tiny", licence="Apache-2.0")


def miniature_of(version: Any, student: Student, adapter: Path, *, by: Member, folder: Path) -> Miniature:
    """A miniature of a run that ended with the files of an adapter."""
    run = launch_run.launch(RunRequest(dataset_version=version, student=student), recipe="demo", by=by)
    run_dir = folder / str(run.pk)
    shutil.copytree(adapter, run_dir / "adapter")
    refs = [
        ArtefactRef(
            path=str(file.relative_to(run_dir)),
            sha256=hashlib.sha256(file.read_bytes()).hexdigest(),
            bytes=file.stat().st_size,
        )
        for file in sorted((run_dir / "adapter").iterdir())
    ]
    result = Result(outcome="succeeded", summary=SUMMARY, artefacts=refs)
    results.conclude_run(run.pk, result, results.store_artefact(run.pk, result, run_dir))
    return Miniature.objects.get(run=run)


@pytest.fixture
def make_miniature(
    task: Task, student: Student, admin: Member, folders: Folders, tmp_path: Path
) -> Callable[..., Miniature]:
    """A miniature of the task whose stored files are a tiny adapter."""
    versions: list[Any] = []

    def make(adapter: Path | None = None) -> Miniature:
        if not versions:
            versions.append(freeze(task, admin, train=8, validation=2))
        return miniature_of(versions[0], student, adapter or folders.one, by=admin, folder=tmp_path)

    return make


@pytest.fixture
def miniature(make_miniature: Callable[..., Miniature]) -> Miniature:
    return make_miniature()


@pytest.fixture
def promoted(miniature: Miniature, admin: Member) -> Miniature:
    promotion.promote(miniature, by=admin)
    return miniature


@pytest.fixture
def lead(task: Task, make_member: Callable[..., Member]) -> Member:
    member = make_member("lea")
    factories.join(member, task, Role.LEAD)
    return member


@pytest.fixture
def viewer(task: Task, make_member: Callable[..., Member]) -> Member:
    member = make_member("vic")
    factories.join(member, task, Role.VIEWER)
    return member


@pytest.fixture
def key_of() -> Callable[..., str]:
    def make(member: Member, *scopes: str) -> str:
        _, plaintext = ApiToken.objects.create(user=member, name="test", scopes=list(scopes or ("serve",)))
        return str(plaintext)

    return make


@pytest.fixture
def client(site: Site, engine: Path, promoted: Miniature, lead: Member, key_of: Callable[..., str]) -> openai.OpenAI:
    """The official client with a key of a member who leads the task."""
    return openai.OpenAI(base_url=site.url, api_key=key_of(lead), max_retries=0, timeout=60)


@pytest.fixture
def workers(transactional_db: None, settings: Any, short_folder: Path) -> Iterator[Workers]:
    settings.SERVING_SOCKET = str(short_folder / f"{secrets.token_hex(4)}.sock")
    at_work = Workers()
    yield at_work
    at_work.close()
