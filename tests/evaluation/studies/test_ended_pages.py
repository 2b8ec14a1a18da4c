"""Pages of studies that were carried to an end: verdict, costs, reasons, cells from elsewhere."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evaluation.models import Study
from review.db import immutability
from tests.evaluation.studies.conftest import end, finish_all, look
from training.models import TrainingRun

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.slow
def test_the_verdict_comes_first_and_the_files_hold_it_all(
    page: Callable[..., Any], register: Callable[..., Study], tmp_path: Path
) -> None:
    study = register()
    finish_all(study, tmp_path)

    shown = page(f"/studies/{study.pk}/").content.decode()
    rows = list(csv.DictReader(io.StringIO(page(f"/studies/{study.pk}/cells.csv").content.decode())))
    record = page(f"/studies/{study.pk}/record.json")

    assert "10 records are enough" in shown
    assert 'data-chart="lines"' in shown
    assert "Gives no curve over the number of samples" in shown
    assert [(row["records"], row["seed"], row["state"]) for row in rows] == [
        ("10", "1", "done"), ("10", "2", "done"), ("20", "1", "done"), ("20", "2", "done"),
    ]  # fmt: skip
    assert hashlib.sha256(record.content).hexdigest() == study.record_sha256
    assert record["ETag"] == f'"{study.record_sha256}"'


@pytest.mark.slow
def test_lora_against_full_shows_costs_beside_the_papers(
    page: Callable[..., Any], register: Callable[..., Study], tmp_path: Path
) -> None:
    study = register(kind="methods", sizes=(20,), recipes={"lora": "demo", "full": "demo-full"})
    finish_all(study, tmp_path)

    shown = page(f"/studies/{study.pk}/").content.decode()

    assert '<p class="verdict">LoRA is as good as full fine-tuning: its loss is' in shown
    assert "Full ÷ LoRA, reported" in shown
    assert "3 to 5" in shown
    paper = page(f"/tasks/{study.task.slug}/studies/paper/").content.decode()
    assert "LoRA tunes" in paper and " of the parameters; full takes " in paper


@pytest.mark.slow
def test_the_table_of_cells_names_the_share_that_it_holds(
    page: Callable[..., Any], transfer: Callable[..., Study], tmp_path: Path
) -> None:
    study = transfer(kind="context", metric="passes_all")
    finish_all(study, tmp_path)

    cells = page(f"/studies/{study.pk}/progress/").content.decode()

    assert '<span class="muted">Share of outputs that pass every check</span>' in cells
    assert "1.000</a>" in cells
    assert '<td class="num muted">0\N{NO-BREAK SPACE}points</td>' in cells


@pytest.mark.slow
def test_a_failed_cell_shows_its_reason_as_text(page: Callable[..., Any], register: Callable[..., Study]) -> None:
    study = register()
    look(study)
    run = TrainingRun.objects.order_by("number").first()
    assert run is not None
    end(run.job, "failed", error={"code": "x", "message": "<script>alert(1)</script>", "hint": ""})
    look(study)

    part = page(f"/studies/{study.pk}/progress/").content.decode()

    assert "<html" not in part
    assert "&lt;script&gt;alert(1)" in part
    assert "is-failed" in part


@pytest.mark.slow
def test_the_list_teaches_when_empty_and_shows_verdicts(
    page: Callable[..., Any], register: Callable[..., Study], tmp_path: Path
) -> None:
    empty = page("/tasks/{task}/studies/").content.decode()
    finish_all(register(), tmp_path)

    assert "No study yet" in empty
    assert "10 records are enough" in page("/tasks/{task}/studies/").content.decode()


@pytest.mark.slow
def test_cells_that_were_recorded_elsewhere_are_marked_and_left_out_of_costs(
    page: Callable[..., Any], register: Callable[..., Study], tmp_path: Path
) -> None:
    first = register()
    finish_all(first, tmp_path)
    figures = {"seconds": 9_999.0, "peak_memory_gib": 9.0, "trainable_parameters": 10, "artefact_bytes": 10}
    for cell in first.cells.filter(records=10):
        found = cell.measurement
        found.scores, found.run = {**found.scores, "run": figures}, None
        with immutability.disabled():
            found.save()

    mixed = register(seeds=(1, 2, 3))
    finish_all(mixed, tmp_path)
    shown = page(f"/studies/{mixed.pk}/").content.decode()

    points = {point["records"]: point for point in Study.objects.get(pk=mixed.pk).verdict.body["points"]}
    assert shown.count("recorded</span>") == 2
    assert "2 cells of this study were recorded on another machine" in shown
    assert all(point["seconds"] is not None and point["seconds"] < 9_000 for point in points.values())
