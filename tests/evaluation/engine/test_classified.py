"""A classifier among the systems of an evaluation, and asked on the spot, as supervisors start both engines."""

from __future__ import annotations

import json

import pytest

from evaluation.engine.__main__ import main as evaluate
from evaluation.engine.study_cell import main as score_cell
from jobs.contracts import SpecEnvelope
from jobs.rundir import RunDir, write_spec
from tests.training.classifiers import LABELS, triage_spec
from tests.training.engine.classifier.conftest import make_encoder, make_tokenizer
from training.engine.classifier.fields import HeadSet
from training.engine.classifier.network import EncoderWithHeads
from training.engine.write import main as write

pytestmark = pytest.mark.engine
QUESTIONS = ["The invoice is wrong.", "It crashes.", "Good morning.", "How do I pay?"]
LONG = "The invoice is wrong. " * 100


def lay(run_dir, kind, folder, **body):
    run_dir.mkdir()
    tokenizer = make_tokenizer()
    heads = HeadSet.model_validate(
        {"fields": [{"name": "category", "type": "choice", "labels": LABELS}], "is_bare": True}
    )
    model = EncoderWithHeads(make_encoder("modernbert", len(tokenizer)), heads, {}, seed=5)
    model.save_pretrained(str(run_dir / folder))
    tokenizer.save_pretrained(run_dir / folder)
    write_spec(
        run_dir, SpecEnvelope(job="j", kind=kind, fence=1, lease_s=60, body={"task": triage_spec().canonical(), **body})
    )
    return run_dir


def test_a_classifier_is_scored_by_its_labels_and_has_no_likelihood(tmp_path):
    records = [{"id": f"r{number}", "facts": {"question": text}} for number, text in enumerate(QUESTIONS)]
    golds = [{"record": record["id"], "completion": "bug"} for record in records]
    system = {"name": "run 1", "student": {"path": "/unused"}, "method": "full", "tuned": "tuned"}
    body = {"records": records, "golds": golds, "systems": [system], "draws": 200, "device": "cpu", "notes": ["Fewer."]}
    run_dir = lay(tmp_path / "run", "evaluation", "tuned", **body)

    assert evaluate(RunDir.open(run_dir)) == 0

    outputs = [json.loads(line) for line in (run_dir / "outputs.jsonl").read_text().splitlines()]
    summary = json.loads((run_dir / "result.json").read_text())["summary"]
    assert [output["record"] for output in outputs] == ["r0", "r1", "r2", "r3"]
    for output in outputs:
        assert output["fields"] == {"category": output["text"]}
        assert output["text"] in LABELS
        assert "gold_nll_per_byte" not in output["scores"]
    assert summary["systems"]["run 1"]["seconds"]["n"] == 4
    assert summary["general_nll_per_byte"] == {}
    assert summary["notes"] == ["Fewer."]
    assert summary["devices"] == {"run 1": "cpu"}


def test_a_prompt_that_a_classifier_cannot_read_is_noted_and_takes_no_time(tmp_path):
    records = [{"id": f"r{number}", "facts": {"question": text}} for number, text in enumerate([*QUESTIONS, LONG])]
    golds = [{"record": record["id"], "completion": "bug"} for record in records]
    system = {"name": "run 1", "student": {"path": "/unused"}, "method": "full", "tuned": "tuned"}
    body = {"records": records, "golds": golds, "device": "cpu"}
    evaluated = lay(tmp_path / "run", "evaluation", "tuned", systems=[system], draws=200, **body)
    cell = lay(tmp_path / "cell", "study-cell", "tuned", system=system, **body)
    only = lay(tmp_path / "only", "study-cell", "tuned", system=system, **{**body, "records": records[-1:]})

    ends = [evaluate(RunDir.open(evaluated)), score_cell(RunDir.open(cell)), score_cell(RunDir.open(only))]

    said, scored, none = (
        json.loads((run_dir / "result.json").read_text())["summary"] for run_dir in (evaluated, cell, only)
    )
    outputs = [json.loads(line) for line in (evaluated / "outputs.jsonl").read_text().splitlines()]
    assert ends == [0, 0, 0]
    assert [output["is_unfit"] for output in outputs] == [False] * 4 + [True]
    [note] = said["notes"]
    assert note.startswith("run 1: 1 of 5 prompts leave no room for an answer within the 130 tokens")
    assert scored["passes_all"]["r4"] == 0.0
    assert scored["seconds_per_output"] > 0
    assert none["seconds_per_output"] is None


def test_a_cell_of_a_study_scores_an_encoder_by_its_labels(tmp_path):
    records = [{"id": f"r{number}", "facts": {"question": text}} for number, text in enumerate(QUESTIONS)]
    golds = [{"record": record["id"], "completion": "bug"} for record in records]
    system = {"name": "run 1", "student": {"path": "/unused"}, "method": "full", "tuned": "tuned"}
    run_dir = lay(tmp_path / "run", "study-cell", "tuned", records=records, golds=golds, system=system, device="cpu")

    assert score_cell(RunDir.open(run_dir)) == 0

    summary = json.loads((run_dir / "result.json").read_text())["summary"]
    assert summary["nll_per_byte"] == {}
    assert set(summary["answers_right"]) == set(summary["passes_all"]) == {"r0", "r1", "r2", "r3"}
    assert set(summary["answers_right"].values()) <= {0.0, 1.0}


def test_a_question_typed_in_is_answered_with_probabilities(tmp_path):
    run_dir = lay(
        tmp_path / "run",
        "write",
        "artefact",
        artefact="artefact",
        method="full",
        records=[{"question": QUESTIONS[0]}],
        device="cpu",
    )

    assert write(RunDir.open(run_dir)) == 0

    output = json.loads((run_dir / "result.json").read_text())["summary"]["outputs"][0]
    assert output["fields"] == {"category": output["text"]}
    assert sum(output["probabilities"]["category"].values()) == pytest.approx(1)
