"""Figures of a GPU: the page says what was measured and what was not, and a cell runs the real engine."""

from __future__ import annotations

import pytest

from benchmarks import gpu
from benchmarks.gpu_cells.page import NOT_MEASURED, page

CELLS = gpu.stages()
FIRST = CELLS["formats"][0]["name"]
SEEN = {"device": "NVIDIA H200", "date": "2026-11-21"}


def test_the_page_in_docs_is_what_the_results_in_docs_give():
    assert gpu.PAGE.read_text() == page(gpu.kept(), gpu.stages())


def test_what_was_not_measured_says_so_and_what_failed_says_why():
    figures = {"tokens_per_s": 51234.5, "mfu": 0.41, "peak_gib": 19.96, "dtype": "bf16", "notes": []} | SEEN
    results = {FIRST: figures, CELLS["sizes"][1]["name"]: {"failed": "too_large: this run needs 300 GiB"} | SEEN}

    text = page(results, CELLS)

    assert "Measured on NVIDIA H200, 2026-11-21." in text
    assert "51,235 | 41% | 20.0" in text or "51,234 | 41% | 20.0" in text
    assert "too_large: this run needs 300 GiB" in text
    cells = sum(len(each) for each in CELLS.values())
    assert text.count(NOT_MEASURED) == cells - 1 + 4


def test_claims_of_the_paper_are_set_against_what_was_measured():
    results = {
        "llama-3.2-1b LoRA bf16 8192": {"tokens_per_s": 60.0, "peak_gib": 20.0} | SEEN,
        "llama-3.2-1b LoRA fp32 8192": {"tokens_per_s": 30.0, "peak_gib": 34.0} | SEEN,
        "llama-3.2-1b full bf16 8192": {"tokens_per_s": 40.0, "peak_gib": 38.0} | SEEN,
    }

    text = page(results, CELLS)

    assert "| half precision: memory | about −50 % | -41% |" in text
    assert "| half precision: speed | 1.5–2× | 2.0× |" in text
    assert "| LoRA against full fine-tuning: speed | 3–5×; 10–50× the compute | 1.5× |" in text


def test_every_cell_has_a_name_and_a_recipe_of_its_own():
    cells = [cell for each in CELLS.values() for cell in each]

    assert len({cell["name"] for cell in cells}) == len(cells)
    for cell in cells:
        if cell["by"] == "ours" and cell["program"] == "tuning":
            gpu_recipe = {"epochs": 1} | cell["recipe"]
            assert gpu.Recipe.model_validate(gpu_recipe).batch_size == gpu_recipe["batch_size"]


def test_a_packed_line_of_others_holds_as_much_as_a_step_of_ours():
    from benchmarks.gpu_cells import tuning

    assert tuning._line([{"input_ids": [0] * length} for length in (10, 20, 30)], 8) == 160
    assert tuning._line([{"input_ids": [0] * length} for length in (1, 1, 30)], 2) == 30


def test_a_cell_that_fails_tells_why_and_one_that_takes_too_long_is_ended(tmp_path):
    cell = gpu.rehearsal()["tuning"][0] | {"students": str(tmp_path)}

    failed = gpu.measure(cell | {"program": "nowhere"}, 30)
    late = gpu.measure(cell, 0)

    assert "benchmarks.gpu_cells.nowhere" in failed["failed"]
    assert late == {"failed": "not done within 0 s"}


@pytest.mark.slow
@pytest.mark.engine
def test_a_cell_runs_the_engine_and_reports_its_figures(tmp_path):
    cell = gpu.rehearsal()["tuning"][0] | {"students": str(tmp_path)}

    figures = gpu.measure(cell, 280)

    assert figures["tokens_per_s"] > 0
    assert 0 < figures["peak_gib"] < 4
    assert figures["dtype"] == "fp32"
