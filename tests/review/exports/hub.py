"""A hub on loopback: repositories, files and commits in the shapes its library speaks. Keeps what was sent."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from jobs.contracts import SpecEnvelope
from jobs.kinds.base import JobKind
from jobs.kinds.registry import KINDS
from jobs.models import Job
from jobs.rundir import write_spec

ROOT = Path(__file__).parents[3]
LARGE = (".parquet", ".safetensors", ".gguf")


@dataclass
class Hub:
    """What stands in the hub's one repository, and who may write."""

    url: str = ""
    token: str = "hub-token-for-tests"
    files: dict[str, bytes] = field(default_factory=dict)
    large: dict[str, bytes] = field(default_factory=dict)
    made: list[dict[str, object]] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)
    tokens: set[str] = field(default_factory=set)
    is_private: bool = True
    # Called as a large file begins to come in.
    before_large: Callable[[], object] = lambda: None

    @property
    def commit(self) -> str:
        """Another one after each commit: clients keep what they read by it."""
        return f"{len(self.messages):040x}"


@contextmanager
def serving() -> Iterator[Hub]:
    hub = Hub()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_HEAD(self) -> None:
            self.resolve()

        def do_GET(self) -> None:
            path = urlsplit(self.path).path
            if "/resolve/" in path:
                return self.resolve()
            if "/tree/" in path:
                return self.tree(path)
            if path.endswith("/refs"):
                return self.say({"branches": [{"name": "main", "ref": "refs/heads/main", "targetCommit": hub.commit}]})
            if path.startswith(("/api/datasets/", "/api/models/")):
                return self.say(self.info())
            return self.say({"error": f"GET {path}"}, 404)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            hub.tokens.add(self.headers.get("Authorization", ""))
            if self.headers.get("Authorization") != f"Bearer {hub.token}":
                return self.say({"error": "Invalid credentials"}, 401)
            path = urlsplit(self.path).path
            if path == "/api/repos/create":
                hub.made.append(json.loads(body))
                return self.say({"url": f"{hub.url}/datasets/acme/gold", "name": "acme/gold"})
            if "/preupload/" in path:
                return self.say({"files": [self.mode(file["path"]) for file in json.loads(body)["files"]]})
            if path.endswith("/info/lfs/objects/batch"):
                return self.say(
                    {"transfer": "basic", "objects": [self.room(each) for each in json.loads(body)["objects"]]}
                )
            if "/paths-info/" in path:
                return self.say([])
            if path.endswith("/validate-yaml"):
                return self.say({"errors": [], "warnings": []})
            if "/commit/" in path:
                return self.commit(body)
            return self.say({"error": f"POST {path}"}, 404)

        def do_PUT(self) -> None:
            hub.before_large()
            data = self.rfile.read(int(self.headers["Content-Length"]))
            if len(data) < int(self.headers["Content-Length"]):
                return  # Whoever sent it is gone.
            hub.large[hashlib.sha256(data).hexdigest()] = data
            self.say({})

        def mode(self, name: str) -> dict[str, object]:
            mode = "lfs" if name.endswith(LARGE) else "regular"
            return {"path": name, "uploadMode": mode, "shouldIgnore": False}

        def room(self, each: dict[str, object]) -> dict[str, object]:
            if each["oid"] in hub.large:
                return each
            return {**each, "actions": {"upload": {"href": f"{hub.url}/large/{each['oid']}", "header": {}}}}

        def commit(self, body: bytes) -> None:
            for entry in map(json.loads, body.splitlines()):
                value = entry["value"]
                if entry["key"] == "header":
                    hub.messages.append(value["summary"])
                elif entry["key"] == "file":
                    hub.files[value["path"]] = base64.b64decode(value["content"])
                elif entry["key"] == "lfsFile":
                    hub.files[value["path"]] = hub.large[value["oid"]]
                elif entry["key"] == "deletedFile":
                    hub.files.pop(value["path"], None)
            self.say(
                {
                    "success": True,
                    "commitOid": hub.commit,
                    "commitUrl": f"{hub.url}/datasets/acme/gold/commit/{hub.commit}",
                    "hookOutput": "",
                }
            )

        def tree(self, path: str) -> None:
            prefix = unquote(path.split("/tree/")[1].partition("/")[2])
            inside = {name: data for name, data in hub.files.items() if name.startswith(prefix)}
            if prefix and not inside:
                self.say({"error": "Entry not found"}, 404, {"X-Error-Code": "EntryNotFound"})
                return
            self.say(
                [{"type": "file", "path": name, "size": len(data), "oid": "0" * 40} for name, data in inside.items()]
            )

        def resolve(self) -> None:
            name = unquote(urlsplit(self.path).path.split("/resolve/")[1].partition("/")[2])
            if name not in hub.files:
                self.say({"error": "Entry not found"}, 404, {"X-Error-Code": "EntryNotFound"})
                return
            data = hub.files[name]
            self.reply(200, data, {"ETag": f'"{hash(data) & 0xFFFFFFFF:040x}"', "X-Repo-Commit": hub.commit})

        def info(self) -> dict[str, object]:
            return {
                "id": "acme/gold", "author": "acme", "sha": hub.commit, "private": hub.is_private, "disabled": False,
                "gated": False, "tags": [], "downloads": 0, "likes": 0, "lastModified": "2026-01-01T00:00:00.000Z",
                "createdAt": "2026-01-01T00:00:00.000Z", "siblings": [{"rfilename": name} for name in hub.files],
            }  # fmt: skip

        def say(self, body: object, status: int = 200, headers: dict[str, str] | None = None) -> None:
            self.reply(status, json.dumps(body).encode(), {"Content-Type": "application/json", **(headers or {})})

        def reply(self, status: int, data: bytes, headers: dict[str, str]) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(data)

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    hub.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def laid(job: Job, run_dir: Path) -> Path:
    """Lay the run directory of a push, as a worker would."""
    kind = KINDS[job.kind]
    assert isinstance(kind, JobKind)
    run_dir.mkdir()
    body, secrets = kind.build_spec(job, run_dir), kind.secret_refs(job)
    write_spec(
        run_dir, SpecEnvelope(job=str(job.pk), kind=job.kind, fence=1, lease_s=60, body=body, secret_refs=secrets)
    )
    return run_dir


def start(job: Job, run_dir: Path) -> subprocess.Popen[bytes]:
    """Start the engine of a push whose run directory is laid; it writes to `engine.log` there."""
    kind = KINDS[job.kind]
    assert isinstance(kind, JobKind)
    environment = {
        **os.environ,
        "HF_HOME": str(run_dir / "home"),
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "HF_HUB_OFFLINE": "0",
    }
    with (run_dir / "engine.log").open("wb") as log:
        return subprocess.Popen(
            [sys.executable, "-m", str(kind.engine_module), str(run_dir)], env=environment, stdout=log, stderr=log,
            cwd=ROOT,
        )  # fmt: skip


def sent(job: Job, folder: Path) -> dict[str, Any]:
    """Run the engine of a push as a worker would, by hand; its result."""
    run_dir = laid(job, folder / "sent")
    start(job, run_dir).wait(120)
    return dict(json.loads((run_dir / "result.json").read_text()))
