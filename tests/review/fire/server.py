"""The site served by a process of its own, to be killed in the middle of work, and clients who never give up."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from uuid import UUID, uuid4

import httpx
from django.conf import settings

from tests.jobs.fleet import database_url
from tests.postgres_server import free_port

# A machine under load takes long to start a server again.
PATIENCE_S = 180.0


class Server:
    """One uvicorn on the test's own database, always on the same port."""

    def __init__(self, folder: Path) -> None:
        self.port, self.log = free_port(), folder / "server.log"
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        line = [sys.executable, "-m", "uvicorn", "miniatures_site.asgi:application", "--port", str(self.port)]
        env = {
            **os.environ, "DJANGO_SETTINGS_MODULE": "miniatures_site.settings.test", "BROKER_URL": "memory://",
            "TEST_VAR_DIR": str(settings.VAR_DIR), "TEST_DATABASE_URL": database_url(), "NO_PROXY": "*",
        }  # fmt: skip
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(line, cwd=settings.BASE_DIR, env=env, stdout=log, stderr=log)
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            try:
                httpx.get(f"{self.url}/livez", timeout=2)
                return
            except httpx.TransportError:
                time.sleep(0.05)
        raise AssertionError(f"the server did not start: {self.log.read_text()[-2000:]}")

    def kill(self) -> None:
        """End it at once, in the middle of whatever it does."""
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


class Client(threading.Thread):
    """One reviewer over HTTP who sends each verdict until it is answered, however often the server goes."""

    def __init__(self, server: Server, token: str) -> None:
        super().__init__()
        self.http = httpx.Client(
            base_url=f"{server.url}/api/v1", headers={"Authorization": f"Bearer {token}"}, timeout=10, trust_env=False
        )
        self.sent: dict[UUID, str] = {}
        self.refused: dict[UUID, str] = {}
        self.replays = 0
        self.is_saving = False
        self.faults: list[BaseException] = []

    def run(self) -> None:
        try:
            while deck := self.ask("GET", "/desk/outreach/deck/").json()["cards"]:
                while deck:
                    deck += self.judge(deck.pop(0))
        except BaseException as fault:
            self.faults.append(fault)
        finally:
            self.http.close()

    def judge(self, card: dict) -> list[dict]:
        id = uuid4()
        fields = {**card["fields"], "subject": f"Told by {id}"[:50]}
        body = {"id": str(id), "verdict": "edit", "fields": fields, "seconds": 3}
        self.is_saving = True
        answer = self.ask("POST", f"/drafts/{card['id']}/decisions/", body=body, tag=card["etag"])
        self.is_saving = False
        if answer.status_code not in (200, 201):
            self.refused[id] = answer.json()["code"]
            return []
        self.replays += answer.status_code == 200
        self.sent[id] = fields["subject"]
        return list(answer.json()["next"]) if answer.status_code == 201 else []

    def ask(self, verb: str, path: str, *, body: dict | None = None, tag: str = "") -> httpx.Response:
        headers = {"If-Match": f'"{tag}"'} if tag else {}
        until = time.monotonic() + PATIENCE_S
        while True:
            try:
                answer = self.http.request(verb, path, json=body, headers=headers)
                if answer.status_code < 500:
                    return answer
            except httpx.TransportError:
                pass
            if time.monotonic() > until:
                raise TimeoutError(f"{verb} {path} was never answered")
            time.sleep(0.02)
