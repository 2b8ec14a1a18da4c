"""Import, freeze and export: seconds, rows per second, and the memory the server gains.

`python -m benchmarks.export [ROWS] [sqlite|postgresql]`. Every file of a frozen version is pulled over HTTP
from a real uvicorn, the training file of each format several times, alternating with reading the same file from the
disk, which is the floor. `LABEL_STUDIO_ROWS_PER_S` is what Label Studio 1.23 exported on one machine with PostgreSQL at
10,000 rows. Last line: JSON with `ratio` (our rows per second of `raw`, the format with everything, over Label
Studio's) and what it was made of.
"""

from __future__ import annotations

import csv
import itertools
import json
import os
import statistics
import subprocess
import sys
import time
import urllib.request
import uuid
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from demo.scratch import prepare
from tests.postgres_server import free_port

ROUNDS = 5
CHUNK = 5000
# An upload ends at 64 MiB: more rows come in several files, as a user would bring them.
ROWS_PER_FILE = 500_000
LABEL_STUDIO_ROWS_PER_S = 640
FORMATS = ("sft", "dpo", "kto", "raw", "messages")


def main(rows: int, database: str) -> None:
    with ExitStack() as stack:
        if database == "postgresql":
            from benchmarks.databases import postgres

            os.environ["DATABASE_URL"] = stack.enter_context(postgres()).url
        folder = prepare()
        print(json.dumps({"rows": rows, "database": database, **measure(folder, rows)}))


def measure(folder: Path, rows: int) -> dict[str, Any]:
    from members.models import ApiToken, Member

    admin = Member.objects.create(username="bench", is_superuser=True)
    _, token = ApiToken.objects.create(user=admin, name="bench", scopes=["admin"])
    task, import_s = import_records(folder, rows, admin)
    judge_all(task, admin)
    version, freezing = freeze(task, admin)
    port = free_port()
    line = [
        sys.executable,
        "-m",
        "uvicorn",
        "miniatures_site.asgi:application",
        "--port",
        str(port),
        "--log-level",
        "warning",
    ]
    server = subprocess.Popen(line, env={**os.environ, "RATE_LIMIT_FILES_PER_MINUTE": "0"})
    try:
        wait_for(port)
        exported = export(version, token, port, server.pid)
    finally:
        server.terminate()
        server.wait()
    ratio = exported["formats"]["raw"]["rows_per_s"] / LABEL_STUDIO_ROWS_PER_S
    return {"import_s": round(import_s, 2), **freezing, **exported, "ratio": round(ratio, 1)}


def import_records(folder: Path, rows: int, admin: Any) -> tuple[Any, float]:
    from review.sources import imports
    from review.spec.starters import STARTERS
    from review.tasks import authoring

    task = authoring.create(name="Bench", slug="bench", spec=STARTERS["outreach"].spec, by=admin)
    took_s = 0.0
    for number, start in enumerate(range(0, rows, ROWS_PER_FILE)):
        path = write_records(folder / f"records-{number}.csv", range(start, min(start + ROWS_PER_FILE, rows)))
        took_s += timed(lambda path=path: imports.import_records(task, path, by=admin, filename=path.name))
    return task, took_s


def write_records(path: Path, numbers: range) -> Path:
    with path.open("w", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow(["company", "sector", "role", "size", "city", "trigger", "tool", "pain"])
        for i in numbers:
            writer.writerow([f"Company {i}", "cold logistics", "Head of Operations", i % 900 + 5, f"Town {i % 700}",
                             f"opened depot number {i}", "spreadsheets", "late orders"])  # fmt: skip
    return path


def judge_all(task: Any, admin: Any) -> None:
    """A draft for each record, judged."""
    from review.drafts.intake import NewDraft, add_drafts
    from review.models import Record, TaskVersion

    version = TaskVersion.objects.get(task=task)
    ids = list(Record.objects.filter(task=task).order_by("row_number").values_list("pk", "title"))
    for start in range(0, len(ids), CHUNK):
        chunk = ids[start : start + CHUNK]
        drafts = add_drafts(
            version=version,
            drafts=[NewDraft(record_id=pk, fields=mail(title, start + i)) for i, (pk, title) in enumerate(chunk)],
        )
        judge_drafts(task, admin, drafts)


def judge_drafts(task: Any, admin: Any, drafts: Iterable[Any]) -> None:
    """Drafts accepted, edited and rejected in turn, written straight into the tables: the desk's speed is another
    benchmark's claim."""
    from django.utils import timezone

    from review.models import Decision, Draft, Gold

    now = timezone.now()
    verdicts = itertools.cycle(("accept", "edit", "reject"))
    everything = iter(drafts)
    while chunk := list(itertools.islice(everything, CHUNK)):
        decisions = [
            Decision(id=uuid.uuid4(), draft=draft, task=task, reviewer=admin, verdict=verdict, seconds=8,
                     before_hash=draft.fields_hash, body_hash="0" * 64, created_at=now,
                     fields={**draft.fields, "subject": "A better subject"} if verdict == "edit" else None)
            for draft, verdict in zip(chunk, verdicts, strict=False)
        ]  # fmt: skip
        Decision.objects.bulk_create(decisions, batch_size=500)
        golds = [Gold(draft_id=d.draft_id, task=task, decision=d, verdict=d.verdict, decided_at=now) for d in decisions]
        Gold.objects.bulk_create(golds, batch_size=500)
        for start in range(0, len(chunk), 500):
            of_these = [draft.pk for draft in chunk[start : start + 500]]
            Draft.objects.filter(pk__in=of_these).update(state="decided")


def mail(company: str, i: int) -> dict[str, str]:
    # No two mails share a run of words, however many there are: near-duplicates would be left out.
    words = " ".join(f"word{(i * 31 + j * j + i // 5000 * j * 7) % 5003}" for j in range(90))
    return {
        "subject": f"For {company}",
        "body": f"Hi {{{{contact.first_name}}}},\n\n{company} {words}.\n\nWould a call help?",
    }


def freeze(task: Any, admin: Any) -> tuple[Any, dict[str, float]]:
    from review.datasets import freezing as datasets_freezing
    from review.datasets import write_version as writing

    dataset = datasets_freezing.create(task, name="Bench", by=admin, filters={"verdicts": ["accept", "edit", "reject"]})
    version = datasets_freezing.freeze(dataset, by=admin)
    began, worked = time.perf_counter(), time.process_time()
    writing.seal(version.pk, writing.write(version.pk, report=lambda done, total: None))
    took = {"freeze_s": round(time.perf_counter() - began, 2), "freeze_cpu_s": round(time.process_time() - worked, 2)}
    return version, took


def export(version: Any, token: str, port: int, pid: int) -> dict[str, Any]:
    from review.datasets import queries as selectors

    before, formats = rss_mib(pid), {}
    for format_ in FORMATS:
        file = selectors.file_of(version, "train", format_)
        assert file is not None
        formats[format_] = one_format(file, version.pk, token, port)
    zipped = timed(lambda: pull(version.pk, token, port, "raw", {"Accept-Encoding": "zstd"}))
    raw = selectors.file_of(version, "train", "raw")
    assert raw is not None
    return {
        "formats": formats,
        "zstd_rows_per_s": round(raw.rows / zipped),
        "server_grew_mib": round(rss_mib(pid) - before, 1),
    }


def one_format(file: Any, version_id: uuid.UUID, token: str, port: int) -> dict[str, float]:
    from django.core.files.storage import default_storage

    exports, floors = [], []
    for _ in range(ROUNDS):
        exports.append(timed(lambda: pull(version_id, token, port, file.format)))
        floors.append(timed(lambda: read_through(Path(default_storage.path(file.path)))))
    seconds, floor = statistics.median(exports), statistics.median(floors)
    return {
        "rows": file.rows, "mib": round(file.bytes / 2**20, 1), "s": round(seconds, 3),
        "rows_per_s": round(file.rows / seconds), "of_floor": round(seconds / floor, 1),
    }  # fmt: skip


def pull(version_id: uuid.UUID, token: str, port: int, format_: str, headers: dict[str, str] | None = None) -> None:
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/api/v1/dataset-versions/{version_id}/rows.jsonl?split=train&format={format_}",
        headers={"Authorization": f"Bearer {token}", **(headers or {})},
    )
    with urllib.request.urlopen(request) as answer:
        while answer.read(1 << 18):
            pass


def read_through(path: Path) -> None:
    with path.open("rb") as handle:
        while handle.read(1 << 18):
            pass


def wait_for(port: int) -> None:
    for _ in range(200):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/livez", timeout=1).close()
            return
        except OSError:
            time.sleep(0.1)
    raise SystemExit("The server did not start.")


def timed(act: Any) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def rss_mib(pid: int) -> float:
    line = next(line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000, sys.argv[2] if len(sys.argv) > 2 else "sqlite")
