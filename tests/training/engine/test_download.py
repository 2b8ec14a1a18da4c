"""Downloading a student from a hub on loopback: its files, their progress, and what is said where it fails."""

from __future__ import annotations

import errno
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from jobs.contracts import SpecEnvelope
from jobs.rundir import RunDir, write_spec
from tests.training.engine.hub_server import COMMIT, HubServer
from training.engine import download as downloading
from training.engine.download import is_needed
from web.errors import Refusal

pytestmark = pytest.mark.engine


@pytest.fixture
def hub(student: Any, tmp_path: Path) -> Iterator[HubServer]:
    folder = Path(shutil.copytree(student(), tmp_path / "hub"))
    (folder / "README.md").write_text("A model.")
    (folder / "pytorch_model.bin").write_bytes(b"pickled")
    server = HubServer(folder)
    yield server
    server.close()


def download(hub: HubServer, folder: Path, name: str = "maker/open", *, token: str = "") -> tuple[dict[str, Any], Path]:
    """Result of one download, and the folder of the run."""
    run = folder / "run"
    run.mkdir()
    write_spec(run, SpecEnvelope(job="1", kind="download", fence=1, lease_s=60, body={"hub_id": name}))
    environment = {**os.environ, "HF_ENDPOINT": hub.url, "HF_HOME": str(folder / "home"), "HF_HUB_OFFLINE": "0"}
    environment |= {"NO_PROXY": "*", "HF_TOKEN": token}
    subprocess.run([sys.executable, "-m", "training.engine.download", str(run)], env=environment, timeout=120)
    return json.loads((run / "result.json").read_text()), run


@pytest.mark.slow
def test_what_a_model_is_made_of_is_fetched_with_progress_and_pinned(hub: HubServer, tmp_path: Path) -> None:
    result, run = download(hub, tmp_path)

    assert result["outcome"] == "succeeded", result
    assert result["summary"]["revision"] == COMMIT
    assert result["summary"]["model_type"] == "llama"
    assert result["summary"]["parameters"] > 0
    events = [json.loads(line) for line in (run / "events.jsonl").read_text().splitlines()]
    last = [each for each in events if each["kind"] == "progress"][-1]["payload"]
    assert last["unit"] == "MB" and last["done"] == last["total"]
    fetched = {path.rpartition("/")[2].partition("?")[0] for method, path in hub.seen if method == "GET"}
    assert {"model.safetensors", "config.json", "tokenizer.json"} <= fetched
    assert not fetched & {"README.md", "pytorch_model.bin"}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "code", "hint"),
    [("maker/gated", "licence_gate", "accept the licence"), ("maker/unknown", "student_unknown", "Check the id")],
)
def test_a_refusal_of_the_hub_says_what_to_do(hub: HubServer, tmp_path: Path, name: str, code: str, hint: str) -> None:
    result, _ = download(hub, tmp_path, name)

    assert (result["outcome"], result["error"]["code"]) == ("failed", code)
    assert hint in result["error"]["hint"]


@pytest.mark.slow
def test_without_a_network_the_ways_out_are_named(hub: HubServer, tmp_path: Path) -> None:
    hub.close()

    result, _ = download(hub, tmp_path)

    assert result["error"]["code"] == "hub_unreachable"
    assert "HF_ENDPOINT" in result["error"]["hint"] and "copy the model's folder" in result["error"]["hint"]


def test_a_disk_that_fills_up_is_named_and_how_to_make_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fetch(*_: Any, **__: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(downloading, "hf_hub_download", fetch)
    listed = SimpleNamespace(sha=COMMIT, siblings=[SimpleNamespace(rfilename="config.json", size=9)])
    monkeypatch.setattr(downloading.HfApi, "model_info", lambda *_, **__: listed)
    spec = SpecEnvelope(job="1", kind="download", fence=1, lease_s=60, body={"hub_id": "maker/open"})
    write_spec(tmp_path, spec)

    assert downloading.main(RunDir.open(tmp_path)) == 1

    error = json.loads((tmp_path / "result.json").read_text())["error"]
    assert (error["code"], "HF_HOME" in error["hint"]) == ("disk_full", True), error


@pytest.mark.slow
def test_a_model_that_cannot_be_served_is_refused_after_its_download(hub: HubServer, tmp_path: Path) -> None:
    config = json.loads((hub.folder / "config.json").read_text())
    (hub.folder / "config.json").write_text(json.dumps({**config, "model_type": "mamba"}))

    result, _ = download(hub, tmp_path)

    assert (result["outcome"], result["error"]["code"]) == ("failed", "student_not_servable")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("model.safetensors", True),
        ("model-00001-of-00002.safetensors", True),
        ("chat_template.jinja", True),
        ("consolidated.safetensors", False),
        ("onnx/model.onnx", False),
        ("onnx/config.json", False),
        ("adapter_config.json", False),
        ("pytorch_model.bin", False),
        ("README.md", False),
    ],
)
def test_a_file_of_a_hub_is_part_of_the_model_or_not(name: str, expected: bool) -> None:
    assert is_needed(name) is expected


@pytest.mark.parametrize("is_there", [True, False])
def test_room_is_asked_for_what_is_not_on_this_host_yet(
    student: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_there: bool
) -> None:
    """A download that was paused, or of a model that lies here already, needs no room for what it has."""
    cache = tmp_path / "hub"
    folder = cache / "models--maker--open" / "snapshots" / COMMIT
    shutil.copytree(student(), folder)
    named = [SimpleNamespace(rfilename=file.name, size=file.stat().st_size) for file in folder.iterdir()]
    if not is_there:
        (folder / "model.safetensors").unlink()
    listed = SimpleNamespace(sha=COMMIT, siblings=named)
    monkeypatch.setattr(downloading.HfApi, "model_info", lambda *_, **__: listed)
    monkeypatch.setattr(downloading, "hf_hub_download", lambda _, name, **__: str(folder / name))
    monkeypatch.setattr(downloading.constants, "HF_HUB_CACHE", str(cache))
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=1_000))
    run: Any = SimpleNamespace(stop_requested=False, emit=lambda *_, **__: None)
    spec = downloading.DownloadSpec(hub_id="maker/open")

    if is_there:
        assert downloading._fetch(run, spec, None)["revision"] == COMMIT
        return
    with pytest.raises(Refusal) as refused:
        downloading._fetch(run, spec, None)
    assert refused.value.code == "disk_full"
