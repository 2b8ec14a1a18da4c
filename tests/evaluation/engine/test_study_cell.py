"""The scoring engine of a cell, run as a supervisor runs it, on a tiny model made here."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from jobs.contracts import SpecEnvelope
from jobs.rundir import write_spec
from review.spec import prompting
from review.spec.schema import Label, OutputField
from tests.evaluation.engine.test_engine import RECORDS, SPEC, student
from tests.nursery import nursery

__all__ = ["student"]
pytestmark = pytest.mark.engine
GOLDS = [
    {"record": record["id"], "completion": prompting.completion(SPEC, {"subject": "Hi", "body": "A mail."})}
    for record in RECORDS[:3]
]


def score(run_dir: Path, student: Path, **more: Any) -> dict[str, Any]:
    body = {
        "task": SPEC.canonical(), "records": RECORDS, "golds": GOLDS, "written_records": 2, "max_new_tokens": 8,
        "device": "cpu", "system": {"name": "run 1", "student": {"path": str(student)}, "method": "base"}, **more,
    }  # fmt: skip
    write_spec(run_dir, SpecEnvelope(job="j", kind="study-cell", fence=1, lease_s=60, body=body))
    nursery().start("evaluation.engine.study_cell", run_dir, log=run_dir / "engine.log").wait(240)
    return dict(json.loads((run_dir / "result.json").read_text()))


@pytest.mark.slow
def test_golds_are_read_and_a_few_outputs_written(tmp_path: Path, student: Path) -> None:
    other = {**RECORDS[0], "id": "of another task"}
    read = {"record": other["id"], "completion": GOLDS[0]["completion"]}
    result = score(tmp_path, student, others=[{"task": SPEC.canonical(), "records": [other], "golds": [read]}])

    assert result["outcome"] == "succeeded"
    summary = result["summary"]
    assert set(summary["nll_per_byte"]) == {"r0", "r1", "r2", other["id"]}
    assert summary["nll_per_byte"][other["id"]] == pytest.approx(summary["nll_per_byte"]["r0"], rel=1e-3)
    assert all(nll > 0 for nll in summary["nll_per_byte"].values())
    assert set(summary["passes_all"]) == {"r0", "r1"}
    assert summary["answers_right"] == {}
    assert summary["seconds_per_output"] > 0


@pytest.mark.slow
def test_values_are_right_or_wrong_where_the_task_has_some(tmp_path: Path, student: Path) -> None:
    lead = OutputField(name="lead", type="choice", labels=(Label(name="yes"), Label(name="no")))
    of_values = SPEC.model_copy(update={"output_schema": (lead,), "checks": ()})
    golds = [{"record": f"r{number}", "completion": word} for number, word in enumerate(("yes", "no"))]

    result = score(tmp_path, student, task=of_values.canonical(), golds=golds, written_records=3)

    right = result["summary"]["answers_right"]
    assert set(right) == {"r0", "r1"}
    assert set(right.values()) <= {0.0, 1.0}


@pytest.mark.slow
def test_the_first_of_a_record_s_golds_counts_as_in_an_evaluation(tmp_path: Path, student: Path) -> None:
    again = {"record": "r0", "completion": prompting.completion(SPEC, {"subject": "Bye", "body": "Quite another."})}
    twin = {**RECORDS[0], "id": "a twin"}
    other = {"task": SPEC.canonical(), "records": [twin], "golds": [{**GOLDS[0], "record": twin["id"]}]}

    nll = score(tmp_path, student, golds=[*GOLDS, again], others=[other])["summary"]["nll_per_byte"]

    assert nll["r0"] == pytest.approx(nll[twin["id"]], rel=1e-3)


@pytest.mark.slow
def test_a_prompt_without_room_for_an_answer_takes_no_time(tmp_path: Path, student: Path) -> None:
    long = SPEC.model_copy(update={"student_template": "Write with care. " * 400 + "{{facts}}"})

    summary = score(tmp_path, student, task=long.canonical())["summary"]

    assert summary["passes_all"] == {"r0": 0.0, "r1": 0.0}
    assert summary["seconds_per_output"] is None


def test_a_spec_it_cannot_read_fails_with_the_place(tmp_path: Path, student: Path) -> None:
    result = score(tmp_path, student, golds=[])

    assert result["outcome"] == "failed"
    assert result["error"]["code"] == "bad_spec"
    assert "golds" in result["error"]["message"]
