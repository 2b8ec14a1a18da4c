"""Import, freeze and export at 10,000 rows: seconds, rows per second, and the memory the server gains.

`python -m benchmarks.export [ROWS]`. The export is pulled over HTTP from a real uvicorn; it is compared with reading the
same file from disk and writing it to a pipe, which is the floor. Last line: JSON with `ratio` (export time / floor time).
"""

from __future__ import annotations

import csv
import json
import os
import statistics
import subprocess
import sys
import time
import urllib.request
import uuid
from pathlib import Path

from benchmarks.scratch import prepare

ROUNDS = 5


def main(rows: int) -> None:
    folder = prepare()
    from members.models import ApiToken, Member
    from review.models import DatasetVersion

    admin = Member.objects.create(username="bench", is_superuser=True)
    _, token = ApiToken.objects.create(user=admin, name="bench", scopes=["admin"])
    task, import_s = import_records(folder, rows, admin)
    judge_all(task, admin)
    version, freeze_s = freeze(task, admin)
    port = 8000 + os.getpid() % 1000 + 500
    server = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "uvicorn",
            "miniatures_site.asgi:application",
            "--port",
            str(port),
            "--log-level",
            "warning",
        ]
    )
    try:
        figures = export(version, token, port, server.pid)
    finally:
        server.terminate()
        server.wait()
    assert DatasetVersion.objects.get(pk=version.pk).is_frozen
    print(json.dumps({"rows": rows, "import_s": round(import_s, 2), "freeze_s": round(freeze_s, 2), **figures}))


def import_records(folder: Path, rows: int, admin):  # type: ignore[no-untyped-def]
    from review.services import imports, tasks
    from review.starters import STARTERS

    task = tasks.create(name="Bench", slug="bench", spec=STARTERS["outreach"].spec, by=admin)
    path = folder / "records.csv"
    with path.open("w", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow(["company", "sector", "role", "size", "city", "trigger", "tool", "pain"])
        for i in range(rows):
            writer.writerow([f"Company {i}", "cold logistics", "Head of Operations", i % 900 + 5, f"Town {i % 700}",
                             f"opened depot number {i}", "spreadsheets", "late orders"])  # fmt: skip
    began = time.perf_counter()
    imports.import_records(task, path, by=admin, filename="records.csv")
    return task, time.perf_counter() - began


def judge_all(task, admin) -> None:  # type: ignore[no-untyped-def]
    """One accepted draft a record, written straight into the tables: the desk's speed is another benchmark's claim."""
    from django.utils import timezone

    from review.models import Candidate, Decision, Gold, Record, TaskVersion
    from review.services.candidates import NewDraft, add_drafts

    version = TaskVersion.objects.get(task=task)
    records = list(Record.objects.filter(task=task))
    drafts = [NewDraft(record_id=record.pk, fields=mail(record.title, i)) for i, record in enumerate(records)]
    add_drafts(version=version, drafts=drafts)
    candidates = list(Candidate.objects.filter(task=task))
    now = timezone.now()
    decisions = Decision.objects.bulk_create(
        [
            Decision(id=uuid.uuid4(), candidate=c, task=task, reviewer=admin, verdict="accept", before_hash=c.fields_hash,
                     body_hash="0" * 64)
            for c in candidates
        ],
        batch_size=500,
    )  # fmt: skip
    Gold.objects.bulk_create(
        [Gold(candidate=c, task=task, decision=d, verdict="accept", decided_at=now)
         for c, d in zip(candidates, decisions, strict=True)],
        batch_size=500,
    )  # fmt: skip
    Candidate.objects.filter(task=task).update(state="decided")


def mail(company: str, i: int) -> dict[str, str]:
    words = " ".join(f"word{(i * 31 + j * j) % 5000}" for j in range(90))
    return {
        "subject": f"For {company}",
        "body": f"Hi {{{{contact.first_name}}}},\n\n{company} {words}.\n\nWould a call help?",
    }


def freeze(task, admin):  # type: ignore[no-untyped-def]
    from review.services import datasets
    from review.services.datasets import write as writing

    dataset = datasets.create(task, name="Bench", by=admin)
    version = datasets.freeze(dataset, by=admin)
    began = time.perf_counter()
    writing.seal(version.pk, writing.write(version.pk, report=lambda done, total: None))
    return version, time.perf_counter() - began


def export(version, token: str, port: int, pid: int) -> dict[str, float]:  # type: ignore[no-untyped-def]
    from django.core.files.storage import default_storage

    from review.selectors import datasets as selectors

    wait_for(port)
    file = selectors.file_of(version, "train", "sft")
    assert file is not None
    before = rss_mib(pid)
    exports, floors = [], []
    for _ in range(ROUNDS):
        exports.append(timed(lambda: pull(version.pk, token, port)))
        floors.append(timed(lambda: Path(default_storage.path(file.path)).read_bytes()))
    seconds, floor = statistics.median(exports), statistics.median(floors)
    return {
        "export_rows_per_s": round(file.rows / seconds),
        "export_s": round(seconds, 3),
        "server_grew_mib": round(rss_mib(pid) - before, 1),
        "ratio": round(seconds / floor, 2),
    }


def pull(version_id: uuid.UUID, token: str, port: int) -> None:
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/api/v1/dataset-versions/{version_id}/rows.jsonl?split=train&format=sft",
        headers={"Authorization": f"Bearer {token}"},
    )
    with urllib.request.urlopen(request) as answer:
        while answer.read(1 << 16):
            pass


def wait_for(port: int) -> None:
    for _ in range(200):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/livez", timeout=1).close()
            return
        except OSError:
            time.sleep(0.1)
    raise SystemExit("The server did not start.")


def timed(act) -> float:  # type: ignore[no-untyped-def]
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def rss_mib(pid: int) -> float:
    line = next(line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
