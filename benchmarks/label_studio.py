"""Label Studio, served as its own project serves it, for benchmarks that stand beside it.

It is installed in an environment of its own (`python3 -m venv ls && ls/bin/pip install label-studio==1.23.2 pyuwsgi`),
runs on a PostgreSQL of its own under uWSGI with the process settings of its deployment files, and is spoken to through
the API that its pages use. Nothing of it is part of this project.
"""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import tempfile
import time
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any

import psutil

from benchmarks.databases import Server, postgres
from tests.postgres_server import free_port

CONFIG = """<View><Text name="draft" value="$text"/>
<Choices name="verdict" toName="draft"><Choice value="accept"/><Choice value="edit"/><Choice value="reject"/></Choices>
<TextArea name="edited" toName="draft" value="$text" editable="true" maxSubmissions="1"/></View>"""
VERDICTS = ("accept", "edit", "reject")
# uWSGI ends a request after this long; its deployment files say so.
LONGEST_REQUEST_S = 120
PASSWORD = "Correct-horse-9"  # of accounts that live as long as the benchmark


@dataclass(frozen=True, slots=True)
class Served:
    """A running Label Studio: its port and its first processes, web server and database."""

    port: int
    pids: tuple[int, int]


class Annotator:
    """One signed-in account."""

    def __init__(self, port: int, name: str) -> None:
        self._port, self._cookies = port, SimpleCookie()
        self.ask("GET", "/user/signup/", wanted=200)
        form = {"email": f"{name}@example.test", "password": PASSWORD, "allow_newsletters": "false",
                "csrfmiddlewaretoken": self._token}  # fmt: skip
        self.ask("POST", "/user/signup/", urllib.parse.urlencode(form), "application/x-www-form-urlencoded", wanted=302)
        self._turn = 0

    @property
    def _token(self) -> str:
        return self._cookies["csrftoken"].value if "csrftoken" in self._cookies else ""

    def ask(self, method: str, path: str, body: object = None, kind: str = "application/json", wanted: int = 0) -> Any:
        """One request on a connection of its own: uWSGI's router closes after each answer.

        Raises:
            RuntimeError: Another status came than the one wanted, or than success.
        """
        sent = body if isinstance(body, str | bytes) or body is None else json.dumps(body)
        origin = f"http://127.0.0.1:{self._port}"
        headers = {"Cookie": "; ".join(f"{name}={one.value}" for name, one in self._cookies.items()),
            "Content-Type": kind,
                   "X-CSRFToken": self._token, "Referer": origin}  # fmt: skip
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=900)
        try:
            connection.request(method, path, body=sent, headers=headers)
            answer = connection.getresponse()
            text = answer.read()
        finally:
            connection.close()
        for line in answer.headers.get_all("Set-Cookie") or []:
            self._cookies.load(line)
        if answer.status != wanted if wanted else answer.status >= 400:
            raise RuntimeError(f"{method} {path}: {answer.status} {text[:200]!r}")
        return json.loads(text) if "json" in answer.headers.get("Content-Type", "") else text

    def make_project(self, rows: list[bytes]) -> tuple[int, float]:
        """A project and its drafts, given as bodies of the import; its id and the seconds the import took."""
        asked = {"title": "Drafts", "label_config": CONFIG, "maximum_annotations": 1}
        project = self.ask("POST", "/api/projects/", asked)["id"]
        began = time.perf_counter()
        for body in rows:
            self.ask("POST", f"/api/projects/{project}/import?return_task_ids=0", body)
        return project, time.perf_counter() - began

    def judge(self, project: int) -> str:
        """Ask for the next draft as the page does, submit a verdict on it, and name it."""
        draft = self.ask("POST", f"/api/dm/actions?id=next_task&project={project}", {})
        result = verdict(self._turn, draft["data"]["text"])
        self._turn += 1
        said = {"result": result, "lead_time": 8.0, "project": project, "draft_id": 0}
        self.ask("POST", f"/api/tasks/{draft['id']}/annotations/?project={project}", said)
        return str(draft["id"])


def verdict(number: int, text: str) -> list[dict[str, Any]]:
    """Accept, edit and reject in turn; an edit brings the whole text."""
    said = VERDICTS[number % 3]
    choice = {"from_name": "verdict", "to_name": "draft", "type": "choices", "value": {"choices": [said]}}
    if said != "edit":
        return [choice]
    edit = {"from_name": "edited", "to_name": "draft", "type": "textarea", "value": {"text": [f"{text} Edited."]}}
    return [choice, edit]


@contextmanager
def served(venv: Path) -> Iterator[Served]:
    """A fresh Label Studio on a fresh PostgreSQL; gone afterwards.

    Args:
        venv: The environment it is installed in.
    """
    package = next((venv / "lib").glob("python3*/site-packages/label_studio")).resolve()
    with postgres() as database, tempfile.TemporaryDirectory(prefix="bench-ls-") as folder:
        env = _environment(venv, Path(folder), database)
        log = (Path(folder) / "log").open("ab")
        migrate = [str(venv / "bin/python"), "manage.py", "migrate", "--no-color", "-v", "0"]
        subprocess.run(migrate, cwd=package, env=env, check=True, stdout=log, stderr=log)
        port = free_port()
        line = [str(venv / "bin/uwsgi"), "--http", f"127.0.0.1:{port}", "--module", "core.wsgi:application", "--chdir",
                str(package), "--virtualenv", str(venv), "--pythonpath", str(package), "--master",
                "--single-interpreter", "--processes", str(2 * (os.cpu_count() or 2)), "--cheaper", "1", "--threads",
                "1", "--enable-threads", "--thunder-lock", "--lazy-apps", "--need-app", "--buffer-size", "65535",
                "--post-buffering", "4096", "--http-timeout", "900", "--harakiri", str(LONGEST_REQUEST_S),
                "--disable-logging", "--die-on-term"]  # fmt: skip
        server = subprocess.Popen(line, cwd=package, env=env, stdout=log, stderr=log)
        try:
            wait_for(port)
            yield Served(port, (server.pid, database.pid))
        finally:
            _end(server)


def _environment(venv: Path, folder: Path, database: Server) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "DJANGO_SETTINGS_MODULE")}
    return kept | {
        "HOME": str(folder), "LABEL_STUDIO_BASE_DATA_DIR": str(folder), "PATH": f"{venv}/bin:{os.environ['PATH']}",
        "DJANGO_DB": "default", "POSTGRE_USER": "bench", "POSTGRE_PASSWORD": "bench", "POSTGRE_NAME": "postgres",
        "POSTGRE_HOST": "127.0.0.1", "POSTGRE_PORT": str(database.port), "LOG_LEVEL": "ERROR", "DEBUG": "0",
        "DJANGO_SETTINGS_MODULE": "core.settings.label_studio", "APP_WEBSERVER": "uwsgi",
        # It asks nothing of the world outside.
        "LATEST_VERSION_CHECK": "0", "COLLECT_ANALYTICS": "0", "SENTRY_DSN": "", "FRONTEND_SENTRY_DSN": "",
    }  # fmt: skip


def _end(server: subprocess.Popen[bytes]) -> None:
    """Kill it with its workers: there is nothing left that it should save."""
    family = [psutil.Process(server.pid), *psutil.Process(server.pid).children(recursive=True)]
    for process in family:
        with suppress(psutil.Error):
            process.kill()
    server.wait(20)


def wait_for(port: int, path: str = "/user/login/") -> None:
    """Wait until a server answers on loopback.

    Raises:
        SystemExit: It has not after two minutes.
    """
    for _ in range(600):
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
            connection.request("GET", path)
            if connection.getresponse().status == 200:
                return
        except OSError:
            pass
        time.sleep(0.2)
    raise SystemExit("The server did not start.")
