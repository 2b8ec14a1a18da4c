"""A recording is played back on the inputs it was made from, whatever ids they have in this load, and on no others."""

from __future__ import annotations

import json
from contextlib import nullcontext
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from demo.recordings import engine, inputs, play
from jobs.contracts import SpecEnvelope
from jobs.models import PLAYED_BACK, RECORDED_S, Job
from jobs.rundir import write_spec
from jobs.rundir.attempt import read_result
from members.models import Member
from tests.review.factories import make_task

COMPANIES = ("Aster", "Birch", "Clover")


def body(**other: Any) -> dict[str, Any]:
    """A spec as it is laid in one load of the demo: ids of its own, records in the order of those ids."""
    records = [{"id": str(uuid4()), "facts": {"company": name}} for name in COMPANIES]
    records.sort(key=lambda record: str(record["id"]))
    return {
        "task": {"instruction": "Write."},
        "train_file": "train.jsonl",
        "records": records,
        "golds": [{"record": record["id"], "completion": f"Hi {record['facts']}"} for record in records],
        "student": {"path": f"/somewhere/{uuid4()}", "ways": {"day": str(uuid4())}},
        **other,
    }


def lay(folder: Path, spec: dict[str, Any]) -> Path:
    write_spec(folder, SpecEnvelope(job=str(uuid4()), kind="scored", fence=1, lease_s=60, body=spec))
    rows = [{"id": str(uuid4()), "prompt": name} for name in COMPANIES]
    (folder / "train.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A recording of a job of the kind `scored`."""
    spec = body()
    given = inputs.fingerprint(spec, lay(tmp_path / "there", spec))
    folder = tmp_path / "kept" / "scored"
    (folder / "adapter").mkdir(parents=True)
    (folder / "adapter/weights.bin").write_bytes(b"\x00\x01")
    (folder / "outputs.jsonl").write_text(
        "".join(inputs.with_keys(json.dumps(gold), spec) + "\n" for gold in spec["golds"])
    )
    (folder / "events.jsonl").write_text(json.dumps({"kind": "metric", "payload": {"loss": 0.5}}) + "\n")
    (folder / "result.json").write_text(
        json.dumps({"summary": {"steps": 3}, "artefacts": ["adapter/weights.bin", "outputs.jsonl"]})
    )
    about = {"inputs": given, "on": "1 May 2026", "seconds": 85, "machine": "two cores"}
    (folder / "recording.json").write_text(json.dumps(about))
    monkeypatch.setattr(engine, "KEPT", tmp_path / "kept")
    return folder


def test_what_was_recorded_comes_with_the_ids_of_this_load(kept: Path, tmp_path: Path) -> None:
    spec = body()
    folder = lay(tmp_path / "here", spec)

    engine.main(str(folder))

    result = read_result(folder)
    assert result is not None
    assert (result.outcome, result.summary) == ("succeeded", {"steps": 3})
    assert {ref.path for ref in result.artefacts} == {"adapter/weights.bin", "outputs.jsonl"}
    outputs = [json.loads(line) for line in (folder / "outputs.jsonl").read_text().splitlines()]
    facts = {record["id"]: f"Hi {record['facts']}" for record in spec["records"]}
    assert {output["record"]: output["completion"] for output in outputs} == facts
    said = [json.loads(line) for line in (folder / "events.jsonl").read_text().splitlines()]
    assert [event["kind"] for event in said] == ["log", "metric"]
    assert "Recorded in 85 s on two cores" in said[0]["payload"]["message"]


@pytest.mark.parametrize(("load", "is_said"), [(2.4, False), (14.0, True)])
def test_a_recording_made_beside_other_work_says_so(kept: Path, tmp_path: Path, load: float, is_said: bool) -> None:
    about = json.loads((kept / "recording.json").read_text())
    (kept / "recording.json").write_text(json.dumps({**about, "load": load}))
    folder = lay(tmp_path / "here", body())

    engine.main(str(folder))

    said = json.loads((folder / "events.jsonl").read_text().splitlines()[0])["payload"]["message"]
    assert said.startswith("Recorded in 85 s on two cores")
    assert ("beside other work, which made it slower" in said) is is_said


@pytest.mark.parametrize(
    "other",
    [
        {"task": {"instruction": "Write better."}},
        {"golds": []},
        {"records": [{"id": str(uuid4()), "facts": {"company": "Dogwood"}}]},
    ],
    ids=["instruction", "golds", "records"],
)
def test_other_inputs_are_refused(kept: Path, tmp_path: Path, other: dict[str, Any]) -> None:
    folder = lay(tmp_path / "here", body(**other))

    engine.main(str(folder))

    result = read_result(folder)
    assert result is not None
    assert result.error is not None
    assert (result.outcome, result.error.code) == ("failed", "other_inputs")


def test_other_rows_are_refused(kept: Path, tmp_path: Path) -> None:
    folder = lay(tmp_path / "here", body())
    with (folder / "train.jsonl").open("a") as rows:
        rows.write(json.dumps({"id": str(uuid4()), "prompt": "Dogwood"}) + "\n")

    engine.main(str(folder))

    result = read_result(folder)
    assert result is not None
    assert result.outcome == "failed"


def test_of_several_recordings_of_a_kind_the_one_from_these_inputs_is_played(kept: Path, tmp_path: Path) -> None:
    spec = body(task={"instruction": "Check."})
    given = inputs.fingerprint(spec, lay(tmp_path / "there-too", spec))
    other = kept.with_name("scored-claim-check")
    other.mkdir()
    (other / "events.jsonl").write_text("")
    (other / "result.json").write_text(json.dumps({"summary": {"steps": 9}, "artefacts": []}))
    about = {**json.loads((kept / "recording.json").read_text()), "inputs": given}
    (other / "recording.json").write_text(json.dumps(about))
    folder = lay(tmp_path / "here", body(task={"instruction": "Check."}))

    engine.main(str(folder))

    result = read_result(folder)
    assert result is not None
    assert result.summary == {"steps": 9}


def test_golds_of_other_records_are_refused(kept: Path, tmp_path: Path) -> None:
    spec = body()
    first, second, _ = spec["golds"]
    first["record"], second["record"] = second["record"], first["record"]
    folder = lay(tmp_path / "here", spec)

    engine.main(str(folder))

    result = read_result(folder)
    assert result is not None
    assert result.outcome == "failed"


@pytest.mark.django_db
@pytest.mark.parametrize("state", ["succeeded", "failed"])
def test_a_job_is_flagged_with_the_recorded_seconds_unless_it_cannot_be_played_back(
    admin: Member, monkeypatch: pytest.MonkeyPatch, state: str
) -> None:
    task = make_task(by=admin)
    job = Job.objects.create(kind="training", title="Run 1", task_slug=task.slug, spec={"run": "1"})
    monkeypatch.setattr(play, "run_job", lambda pk, worker: Job.objects.filter(pk=pk).update(state=state))

    with nullcontext() if state == "succeeded" else pytest.raises(RuntimeError, match="is failed"):
        play.do_waiting(task)

    job.refresh_from_db()
    seconds = json.loads((engine.KEPT / "training/recording.json").read_text())["seconds"]
    flags = {PLAYED_BACK: True, RECORDED_S: seconds} if state == "succeeded" else {}
    assert job.spec == {"run": "1", **flags}


def test_each_recording_that_is_kept_is_whole() -> None:
    folders = sorted(each.parent for each in engine.KEPT.glob("*/result.json"))
    tasks = ("claim-check", "company-news", "ticket-routing")
    beside = [f"{kind}-{task}" for kind in ("evaluation", "training") for task in tasks]
    assert [folder.name for folder in folders] == sorted(["evaluation", "training", *beside])
    for folder in folders:
        about = json.loads((folder / "recording.json").read_text())
        result = json.loads((folder / "result.json").read_text())
        assert set(about) == {"inputs", "on", "seconds", "machine", "load"}, folder.name
        assert all((folder / name).is_file() for name in result["artefacts"]), folder.name
        # No id of the load it was made in.
        assert not inputs.UUID.search((folder / "events.jsonl").read_text()), folder.name
