"""Import and export beside Label Studio: the same drafts through both web APIs, turn and turn about, on PostgreSQL.

`python -m benchmarks.exchange [VENV] [DRAFTS] [ROUNDS]`; what `VENV` is says `benchmarks.label_studio`. Where none is
named this project is measured alone, without a ratio. Each round imports the drafts anew, into a new project there and
a new task here: a project takes them in bodies of ten thousand, a task in files of as many rows. Then one verdict
stands on every draft, and all of them are pulled: there by the export of the project, which its server gathers in
memory, here as the `raw` file of a version, whose freezing is timed beside it. Last line: JSON with `import_ratio` and
`export_ratio` (our rows per second over theirs), `ratio` the smaller share of what each should reach.
"""

from __future__ import annotations

import http.client
import json
import os
import statistics
import subprocess
import sys
import time
import uuid
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from benchmarks import label_studio
from benchmarks.databases import postgres
from benchmarks.export import mail
from benchmarks.label_studio import Annotator, verdict
from demo.scratch import prepare
from tests.postgres_server import free_port

AT_ONCE = 10_000
IMPORT_WANTED, EXPORT_WANTED = 3.0, 50.0


def main(venv: Path | None, drafts: int, rounds: int) -> None:
    with ExitStack() as stack:
        os.environ["DATABASE_URL"] = stack.enter_context(postgres()).url
        prepare()
        ours = Ours(stack)
        if venv is None:
            report = alone(ours, drafts, rounds)
        else:
            peer = stack.enter_context(label_studio.served(venv))
            report = side_by_side(ours, Annotator(peer.port, "exchange"), drafts, rounds)
    print(json.dumps({"claim": "exchange", "drafts": drafts, **report}))


def alone(ours: Ours, drafts: int, rounds: int) -> dict[str, Any]:
    """This project's own figures, where nothing stands beside it."""
    imports = [ours.take_in(f"round-{number}", drafts) for number in range(rounds)]
    frozen, freeze_s = ours.freeze("round-0")
    exports = [ours.pulled_s(frozen, drafts) for _ in range(rounds)]
    return {
        "theirs": "not measured: no VENV was named",
        "ours_import_rows_per_s": round(drafts / statistics.median(imports)),
        "ours_export_rows_per_s": round(drafts / statistics.median(exports)),
        "freeze_s": round(freeze_s, 1),
    }


def side_by_side(ours: Ours, theirs: Annotator, drafts: int, rounds: int) -> dict[str, Any]:
    imports: dict[str, list[float]] = {"ours": [], "theirs": []}
    for number in range(rounds):
        bodies = [json.dumps([their_row(i) for i in chunk]).encode() for chunk in chunked(drafts)]
        imports["theirs"].append(theirs.make_project(bodies)[1])
        imports["ours"].append(ours.take_in(f"round-{number}", drafts))
        print({name: round(drafts / taken[-1]) for name, taken in imports.items()}, file=sys.stderr, flush=True)
    judged = [
        json.dumps([{**their_row(i), "annotations": [their_verdict(i)]} for i in c]).encode() for c in chunked(drafts)
    ]
    project, _ = theirs.make_project(judged)
    frozen, freeze_s = ours.freeze("round-0")
    exports: dict[str, list[float]] = {"ours": [], "theirs": []}
    said = ""
    for _ in range(rounds):
        try:
            exports["theirs"].append(timed(lambda: exported(theirs, project, drafts)))
        except (RuntimeError, OSError, http.client.HTTPException) as broken:
            said = f"{type(broken).__name__}: {str(broken)[:120]}"
        exports["ours"].append(ours.pulled_s(frozen, drafts))
    rate = {f"{name}_import_rows_per_s": round(drafts / statistics.median(taken)) for name, taken in imports.items()}
    rate |= {f"{name}_export_rows_per_s": round(drafts / statistics.median(t)) for name, t in exports.items() if t}
    rate |= {"freeze_s": round(freeze_s, 1), "their_export_broke_off": said}
    import_ratio = rate["ours_import_rows_per_s"] / rate["theirs_import_rows_per_s"]
    told: dict[str, Any] = {"ratio": import_ratio / IMPORT_WANTED, "import_ratio": import_ratio}
    if exports["theirs"]:
        told["export_ratio"] = rate["ours_export_rows_per_s"] / rate["theirs_export_rows_per_s"]
        told["ratio"] = min(told["ratio"], told["export_ratio"] / EXPORT_WANTED)
    return {**{name: round(value, 2) for name, value in told.items()}, **rate}


class Ours:
    """This project, served by two processes, and spoken to with a token."""

    def __init__(self, stack: ExitStack) -> None:
        from members.models import ApiToken, Member

        self._admin = Member.objects.create(username="bench", is_superuser=True)
        _, self._token = ApiToken.objects.create(user=self._admin, name="bench", scopes=["admin"])
        self._port = free_port()
        line = [sys.executable, "-m", "uvicorn", "miniatures_site.asgi:application", "--port", str(self._port),
                "--log-level", "warning", "--no-access-log", "--workers", "2"]  # fmt: skip
        env = {**os.environ, "RATE_LIMIT_FILES_PER_MINUTE": "0", "RATE_LIMIT_CALLS_PER_MINUTE": "0"}
        server = subprocess.Popen(line, env=env)
        stack.callback(lambda: (server.terminate(), server.wait()))
        label_studio.wait_for(self._port, "/livez")

    def take_in(self, slug: str, drafts: int) -> float:
        """Import drafts into a new task; seconds of the requests."""
        from review.spec.starters import STARTERS
        from review.tasks import authoring

        authoring.create(name=slug, slug=slug, spec=STARTERS["outreach"].spec, by=self._admin)
        files = ["\n".join(json.dumps(our_row(i)) for i in chunk).encode() for chunk in chunked(drafts)]
        return sum(timed(lambda file=file: self._send(slug, file)) for file in files)  # type: ignore[misc]

    def freeze(self, slug: str) -> tuple[uuid.UUID, float]:
        """Put a verdict on every draft, straight into the tables, and freeze what there is."""
        from benchmarks.export import freeze, judge_drafts
        from review.models import Draft, Task

        task = Task.objects.get(slug=slug)
        judge_drafts(task, self._admin, Draft.objects.filter(task=task).order_by("queue_position"))
        version, took = freeze(task, self._admin)
        return version.pk, took["freeze_s"]

    def pulled_s(self, version: uuid.UUID, drafts: int) -> float:
        """Seconds to pull a version, as if all drafts were in it."""
        began = time.perf_counter()
        pulled = self.pull(version)
        return (time.perf_counter() - began) * drafts / pulled

    def pull(self, version: uuid.UUID) -> int:
        """All rows of a version, through the API; how many there are (near-duplicates were left out of it)."""
        lines = 0
        for split in ("train", "validation", "test"):
            path = f"/api/v1/dataset-versions/{version}/rows.jsonl?split={split}&format=raw"
            lines += self._ask("GET", path).count(b"\n")
        return lines

    def _send(self, slug: str, file: bytes) -> None:
        edge = uuid.uuid4().hex
        parts = [f'--{edge}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
                 for name, value in (("task", slug), ("kind", "drafts"))]  # fmt: skip
        head = f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="drafts.jsonl"\r\n\r\n'
        body = "".join(parts).encode() + head.encode() + file + f"\r\n--{edge}--\r\n".encode()
        self._ask("POST", "/api/v1/sources/", body, f"multipart/form-data; boundary={edge}")

    def _ask(self, method: str, path: str, body: bytes | None = None, kind: str = "") -> bytes:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=900)
        headers = {"Authorization": f"Bearer {self._token}", **({"Content-Type": kind} if kind else {})}
        try:
            connection.request(method, path, body=body, headers=headers)
            answer = connection.getresponse()
            told = answer.read()
        finally:
            connection.close()
        if answer.status >= 300:
            raise SystemExit(f"{method} {path}: {answer.status} {told[:300]!r}")
        return told


def exported(theirs: Annotator, project: int, drafts: int) -> None:
    """All tasks of a project with their annotations."""
    rows = theirs.ask("GET", f"/api/projects/{project}/export?exportType=JSON")
    if len(rows if isinstance(rows, list) else json.loads(rows)) != drafts:
        raise RuntimeError(f"not all of {drafts} rows came")


def chunked(drafts: int) -> list[range]:
    return [range(start, min(drafts, start + AT_ONCE)) for start in range(0, drafts, AT_ONCE)]


def their_row(number: int) -> dict[str, Any]:
    return {"data": {"text": text(number), "facts": facts(number)}}


def their_verdict(number: int) -> dict[str, Any]:
    return {"result": verdict(number, text(number)), "lead_time": 8.0}


def text(number: int) -> str:
    """A mail of some 700 characters, like no other."""
    written = mail(f"Works {number}", number)
    return f"Subject: {written['subject']}\n\n{written['body']}"


def our_row(number: int) -> dict[str, Any]:
    return {**facts(number), **mail(f"Works {number}", number)}


def facts(number: int) -> dict[str, Any]:
    return {"company": f"Works {number}", "sector": "cold logistics", "size": number % 900 + 1}


def timed(act: Any) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


if __name__ == "__main__":
    words = sys.argv[1:]
    named = Path(words.pop(0)) if words and not words[0].isdigit() else None
    main(named, int(words[0]) if words else 10_000, int(words[1]) if len(words) > 1 else 3)
