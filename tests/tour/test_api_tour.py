"""The whole loop over HTTP alone, with one token, against the product as `make run` starts it."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import time
import urllib.request
import uuid
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.tour.conftest import (
    FIRST_TASK_ALONE,
    LEARNS_TO_WRITE,
    ONE_OF_EACH_COMPANY,
    Stack,
    copied,
    free_port,
    start,
    stop,
)

pytestmark = [pytest.mark.engine, pytest.mark.slow, pytest.mark.timeout(1800)]
TASK = "outreach-e-mail"
PROSPECT = {
    "company": "Halden Timber & Sons", "sector": "timber trade", "role": "Head of Operations", "size": 85,
    "city": "Halden", "country": "Norway", "trigger": "opened a second yard in Moss", "tool": "spreadsheets",
    "pain": "late deliveries",
}  # fmt: skip


@pytest.fixture
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    running = start(copied(tmp_path_factory.mktemp("tour")), free_port(), line=(sys.executable, "-c", FIRST_TASK_ALONE))
    yield running
    stop(running)


def test_the_whole_loop_over_the_api(stack: Stack, tmp_path: Path) -> None:
    find_the_recorded_study(stack)
    version = edit_the_task(stack)
    source = import_prospects(stack)
    generate(stack, source)
    review(stack)
    dataset = freeze(stack, version)
    pull(stack, dataset, tmp_path)
    runs = tune(stack, dataset)
    evaluation = read_the_evaluation(stack, runs)
    write_with_the_miniature(stack, runs, evaluation)


def find_the_recorded_study(stack: Stack) -> None:
    """The demo brings a study that was recorded, as long as its recording fits what is loaded now."""
    studies = stack.get(f"studies/?task={TASK}")["results"]
    cells = {study["id"]: stack.get(f"studies/{study['id']}/")["cells"] for study in studies}
    recorded = [study for study in studies if all(cell["recorded"] for cell in cells[study["id"]])]

    assert [study["verdict"] for study in recorded if study["job"]["state"] == "succeeded"], studies


def edit_the_task(stack: Stack) -> int:
    assert TASK in [task["slug"] for task in stack.get("tasks/")["results"]]
    newest = stack.get(f"tasks/{TASK}/versions/")["results"][0]
    spec = {**newest["spec"], "guideline": newest["spec"]["guideline"] + " Be brief."}

    made = stack.post(f"tasks/{TASK}/versions/", {"spec": spec, "note": "Ask for brevity"})

    assert made["number"] == newest["number"] + 1
    return int(made["number"])


def import_prospects(stack: Stack) -> dict[str, Any]:
    lines = ["company,sector,role,city,size,trigger,pain", *(
        f"Vale{i} Works,metal work,Plant Manager,Lund,{40 + i},bought a press in town {i},late orders"
        for i in range(12)
    )]  # fmt: skip
    first = upload(stack, "\n".join(lines).encode())
    again = upload(stack, "\n".join(lines).encode())
    bad = upload(stack, b"company,sector,role\nGood,metal work,Buyer\n,metal work,Buyer\n")

    assert (first["status"], first["body"]["rows_added"]) == (201, 12)
    assert again["status"] == 200
    assert again["body"]["rows_added"] == 0
    assert bad["status"] == 422
    assert "row 3" in json.dumps(bad["body"]), "as a spreadsheet counts, the head being row 1"
    return dict(first["body"])


def upload(stack: Stack, content: bytes) -> dict[str, Any]:
    """POST a file as a form does."""
    edge = uuid.uuid4().hex
    parts = [
        f'--{edge}\r\nContent-Disposition: form-data; name="task"\r\n\r\n{TASK}\r\n'.encode(),
        (
            f'--{edge}\r\nContent-Disposition: form-data; name="file"; '
            'filename="p.csv"\r\nContent-Type: text/csv\r\n\r\n'
        ).encode(),
        content, f"\r\n--{edge}--\r\n".encode(),
    ]  # fmt: skip
    request = urllib.request.Request(
        f"{stack.url}api/v1/sources/", data=b"".join(parts), method="POST",
        headers={"Authorization": f"Bearer {stack.token}", "Content-Type": f"multipart/form-data; boundary={edge}"},
    )  # fmt: skip
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return {"status": answer.status, "body": json.loads(answer.read())}
    except urllib.error.HTTPError as error:
        return {"status": error.code, "body": json.loads(error.read())}


def generate(stack: Stack, source: dict[str, Any]) -> None:
    order = {"task": TASK, "source": source["slug"], "teacher": "offline", "count": 24, "max_cost_usd": "0.10"}
    key = str(uuid.uuid4())

    price = stack.post("orders/estimate/", order)
    started = stack.post("orders/", order, Idempotency_Key=key)
    repeated = stack.post("orders/", order, Idempotency_Key=key)
    stack.wait_for_job(started["job"])
    done = stack.get(f"orders/{started['id']}/")

    assert price["cost_usd"] == 0
    assert repeated == started
    assert done["drafts"] == 24


def review(stack: Stack) -> None:
    deck = stack.get(f"desk/{TASK}/deck/")["cards"]
    assert 1 <= len(deck) <= 5
    card = deck[0]
    decision = {"id": str(uuid.uuid4()), "verdict": "accept", "seconds": 9}
    path = f"drafts/{card['id']}/decisions/"

    first = stack.post(path, decision, If_Match=f'"{card["etag"]}"')
    again = stack.post(path, decision, If_Match=f'"{card["etag"]}"')

    assert first["decision"]["verdict"] == "accept"
    assert again["decision"]["id"] == first["decision"]["id"]
    assert first["next"]
    with pytest.raises(AssertionError, match="428"):
        stack.post(path, {**decision, "id": str(uuid.uuid4())})
    with pytest.raises(AssertionError, match="409"):
        stack.post(path, {**decision, "verdict": "reject", "reasons": ["tone"]}, If_Match=f'"{card["etag"]}"')


def freeze(stack: Stack, version: int) -> dict[str, Any]:
    made = stack.post(
        "datasets/", {"task": TASK, "name": f"Tour over HTTP, task v{version}", "filters": ONE_OF_EACH_COMPANY}
    )
    started = stack.post(f"datasets/{made['slug']}/versions/", {"note": "first"})
    stack.wait_for_job(started["job"])
    frozen = stack.get(f"dataset-versions/{started['id']}/")

    assert frozen["is_frozen"]
    assert len(frozen["content_hash"]) == 64
    assert frozen["counts"]["splits"]["train"] > 100
    assert "Offline" in frozen["card"] or "offline" in frozen["card"]
    return dict(frozen)


def pull(stack: Stack, frozen: dict[str, Any], tmp_path: Path) -> None:
    url = f"{stack.url}api/v1/dataset-versions/{frozen['id']}/rows.jsonl?format=sft&split="
    curl = [
        "curl",
        "-sf",
        "-H",
        f"Authorization: Bearer {stack.token}",
        "-o",
        str(tmp_path / "train.jsonl"),
        f"{url}train",
    ]
    subprocess.run(curl, check=True)
    script = (
        "import sys; from datasets import load_dataset\n"
        "url, token, cache = sys.argv[1:]\n"
        "files = {s: url + s for s in ('train', 'validation', 'test')}\n"
        "data = load_dataset('json', data_files=files, cache_dir=cache,\n"
        "                    storage_options={'headers': {'Authorization': f'Bearer {token}'}})\n"
        "print({s: len(rows) for s, rows in data.items()}, sorted(data['train'].column_names))\n"
    )
    told = subprocess.run(
        [sys.executable, "-c", script, url, stack.token, str(tmp_path / "cache")],
        check=True,
        capture_output=True,
        text=True,
    )

    rows = [json.loads(line) for line in (tmp_path / "train.jsonl").read_text().splitlines()]
    counts = {file["split"]: file["rows"] for file in frozen["files"] if file["format"] == "sft"}
    assert len(rows) == counts["train"]
    assert str(counts["train"]) in told.stdout
    assert "['completion', 'id', 'meta', 'prompt']" in told.stdout


def tune(stack: Stack, frozen: dict[str, Any]) -> dict[str, dict[str, Any]]:
    runs = {}
    # One epoch of full tuning is enough to see it work; the miniature that writes below learns longer.
    for method, recipe, overrides in (("lora", "demo", LEARNS_TO_WRITE), ("full", "demo-full", {"epochs": 1})):
        plan = {"student": "demo", "recipe": recipe, "dataset_version": frozen["id"], "overrides": overrides}
        estimate = stack.post("training-runs/estimate/", plan)
        runs[method] = stack.post("training-runs/", plan)
        assert estimate["trainable_parameters"] > 0
    for method, run in runs.items():
        stack.wait_for_job(run["job"])
        found = stack.get(f"training-runs/{run['id']}/")
        assert found["summary"]["method"] == method
        assert found["summary"]["validation_loss"] < found["summary"]["validation_loss_before"]
    metrics = stack.get(f"training-runs/{runs['lora']['id']}/metrics/")
    assert json.dumps(metrics).count("lr") > 3
    return runs


def read_the_evaluation(stack: Stack, runs: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """They start by themselves; the later one shows base, both students and the teacher side by side."""
    deadline = time.monotonic() + 900
    done: dict[str, Any] = {}
    while time.monotonic() < deadline and len(done) < 2:
        for method, run in runs.items():
            found = stack.get(f"evaluations/?run={run['id']}")["results"]
            if found and found[0]["is_done"]:
                done[method] = found[0]
            assert not (found and found[0]["problem"]), found
        time.sleep(0.5)
    assert len(done) == 2, "the evaluations have not ended"
    later = max(done.values(), key=lambda evaluation: evaluation["created_at"])
    kinds = later["summary"]["kinds"].values()
    assert sorted(kinds) == ["base", "baseline", "baseline", "full", "lora", "teacher"]
    assert later["split"] == "validation"
    for metrics in later["summary"]["systems"].values():
        assert metrics["passes_all"]["n"] == later["records"]
    assert len(later["summary"]["general_nll_per_byte"]) == 3
    return dict(later)


def write_with_the_miniature(stack: Stack, runs: dict[str, Any], evaluation: dict[str, Any]) -> None:
    found = [one for one in stack.get("miniatures/")["results"] if one["run"] == runs["lora"]["id"]]
    assert len(found) == 1
    miniature = stack.get(f"miniatures/{found[0]['id']}/")
    request = urllib.request.Request(
        f"{stack.url}api/v1/miniatures/{miniature['id']}/adapter.zip",
        headers={"Authorization": f"Bearer {stack.token}"},
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        names = zipfile.ZipFile(io.BytesIO(answer.read())).namelist()

    mail = stack.post(f"miniatures/{miniature['id']}/write/", {"record": PROSPECT})

    assert any(name.endswith("adapter_model.safetensors") for name in names)
    assert "Halden" in mail["fields"]["subject"] + mail["fields"]["body"]
    with pytest.raises(AssertionError, match="'company' is missing"):
        stack.post(f"miniatures/{miniature['id']}/write/", {"record": {"sector": "timber trade"}})
    assert evaluation["summary"]["systems"]
