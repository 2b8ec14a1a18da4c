"""The scoring engine of a cell, run as a supervisor runs it, on a tiny model made here."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from jobs.contracts import SpecEnvelope
from jobs.rundir import write_spec
from review.spec import prompting
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
    assert summary["seconds_per_output"] > 0


def test_a_spec_it_cannot_read_fails_with_the_place(tmp_path: Path, student: Path) -> None:
    result = score(tmp_path, student, golds=[])

    assert result["outcome"] == "failed"
    assert result["error"]["code"] == "bad_spec"
    assert "golds" in result["error"]["message"]
