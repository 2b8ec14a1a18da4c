"""What the page tells of a run's memory on a CPU, against what the run's process held."""

from __future__ import annotations

import pytest

from benchmarks import resident
from training.recipes.schema import Recipe

pytestmark = pytest.mark.engine


@pytest.mark.slow
def test_a_process_holds_about_what_was_told_of_it(tmp_path, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    resident.make_student(tmp_path / "student", "small")
    recipe = Recipe(batch_size=4, epochs=1, max_length=512, dtype="fp32", gradient_checkpointing="off")

    found = resident.measure(tmp_path / "student", tmp_path / "run", recipe, 256)

    assert found.measured > 0.5
    assert found.told == pytest.approx(found.measured, rel=0.1)
