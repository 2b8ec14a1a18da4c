"""A model hub on loopback that answers as the real one does: files, commits, gates, unknown names, wrong tokens.

What it says follows huggingface_hub's own reading of it: the error's kind stands in `X-Error-Code`, a file's identity
in `ETag` and `X-Repo-Commit`.
"""

from __future__ import annotations

import hashlib
import json
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

COMMIT = "0123456789abcdef0123456789abcdef01234567"
TOKEN = "hf_right"


class HubServer(ThreadingHTTPServer):
    """Serves the folder as `maker/open` and other names, and as `maker/gated` to whoever brings the token.

    Args:
        folders: Folders of their own by name.
    """

    def __init__(self, folder: Path, *names: str, folders: Mapping[str, Path] | None = None) -> None:
        super().__init__(("127.0.0.1", 0), Answers)
        self.folder, self.folders = folder, dict(folders or {})
        self.names = ("maker/open", "maker/gated", *names, *self.folders)
        self.seen: list[tuple[str, str]] = []
        self._serve()

    def _serve(self) -> None:
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()

    def close(self) -> None:
        self.shutdown()
        self.server_close()

    @contextmanager
    def away(self) -> Iterator[None]:
        """Nobody listens at its address meanwhile."""
        self.close()
        yield
        self.socket = socket.socket(self.address_family, self.socket_type)
        self.server_bind()
        self.server_activate()
        self._serve()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Answers(BaseHTTPRequestHandler):
    server: HubServer
    protocol_version = "HTTP/1.1"

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def log_message(self, *_: object) -> None:
        pass

    def _answer(self) -> None:
        self.server.seen.append((self.command, self.path))
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        if token not in ("", TOKEN):
            return self._refuse(401, "", "Invalid credentials in Authorization header")
        parts = self.path.split("?")[0].strip("/").split("/")
        if parts[:2] == ["api", "models"] and parts[4:5] in ([], ["revision"]) and len(parts) > 3:
            return self._list("/".join(parts[2:4]), token)
        if parts[:2] == ["api", "models"]:
            return self._refuse(404, "EntryNotFound", "Not listed here")
        if len(parts) < 5 or parts[2] != "resolve":
            return self._refuse(404, "RepoNotFound", "Repository not found")
        name, revision, path = "/".join(parts[:2]), parts[3], "/".join(parts[4:])
        if name == "maker/gated" and token != TOKEN:
            return self._refuse(401, "GatedRepo", "Access to this model is restricted. Please log in.")
        if name not in self.server.names:
            return self._refuse(401, "RepoNotFound", "Repository not found")
        if revision != COMMIT:
            return self._refuse(404, "RevisionNotFound", f"Invalid rev id: {revision}")
        return self._give(self.server.folders.get(name, self.server.folder) / path)

    def _list(self, name: str, token: str) -> None:
        if name == "maker/gated" and token != TOKEN:
            return self._refuse(403, "GatedRepo", "Access to this model is restricted. Please log in.")
        if name not in self.server.names:
            return self._refuse(401, "RepoNotFound", "Repository not found")
        folder = self.server.folders.get(name, self.server.folder)
        files = [file for file in sorted(folder.rglob("*")) if file.is_file()]
        listed = [{"rfilename": str(file.relative_to(folder)), "size": file.stat().st_size} for file in files]
        body = json.dumps({"id": name, "modelId": name, "sha": COMMIT, "siblings": listed}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)
        return None

    def _give(self, file: Path) -> None:
        if not file.is_file():
            return self._refuse(404, "EntryNotFound", "Entry not found")
        body = file.read_bytes()
        self.send_response(200)
        self.send_header("ETag", f'"{hashlib.sha256(body).hexdigest()}"')
        self.send_header("X-Repo-Commit", COMMIT)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)
        return None

    def _refuse(self, status: int, code: str, message: str) -> None:
        self.send_response(status)
        if code:
            self.send_header("X-Error-Code", code)
        self.send_header("X-Error-Message", message)
        self.send_header("Content-Length", "0")
        self.end_headers()
