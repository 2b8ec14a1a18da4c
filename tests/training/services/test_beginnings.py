"""Runs on preferences and distilled ones: what they name beside their rows, and what is refused of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from members.models import Member
from review.models import Dataset, DatasetVersion, Task
from tests.review import factories
from tests.training.conftest import freeze, write_student
from tests.training.miniatures import conclude
from tests.training.preferences import freeze_edits
from training.inputs import run_inputs
from training.miniatures import lineage
from training.models import Miniature, Student, TrainingRun
from training.recipes import presets
from training.runs import forecast, starting_point
from training.runs.run_request import RunRequest
from training.students import registration
from web.errors import Refusal

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shared_version")]
Launch = Callable[..., TrainingRun]


@pytest.fixture(scope="module")
def shared_version(shared_task: Task, shared_admin: Member) -> DatasetVersion:
    return freeze_edits(shared_task, shared_admin, train=9, validation=2)


@pytest.fixture
def accepted_only(launch: Launch, admin: Member, tmp_path: Path) -> dict[str, Any]:
    """A version of another task whose drafts were all accepted, and a miniature of it."""
    other = freeze(factories.make_task(by=admin, slug="another"), admin, train=8, validation=1)
    return {"dataset_version": other, "starts_from": conclude(launch(dataset_version=other), tmp_path / "other")}


@pytest.fixture
def larger(student: Student, admin: Member, tmp_path: Path) -> Student:
    folder = write_student(tmp_path / "students" / "larger", width=16)
    return registration.register_folder(path=str(folder), by=admin, name="Larger", licence="Apache-2.0")


@pytest.mark.parametrize(("recipe", "reads", "rows"), [("dpo", "dpo", 9), ("kto", "kto", 18)])
def test_preferences_read_their_own_rows_and_the_miniature_they_go_on_from(
    launch: Launch, miniature: Miniature, tmp_path: Path, recipe: str, reads: str, rows: int
) -> None:
    run = launch(recipe=recipe, starts_from=miniature)

    spec = run_inputs.training_spec(run, tmp_path)

    assert spec["start"] == {"path": "start", "method": "lora"}
    assert (tmp_path / "start" / "adapter_config.json").read_bytes() == b'{"r": 16}'
    lines = (tmp_path / "train.jsonl").read_text().splitlines()
    assert len(lines) == run.estimate["rows"] == rows
    assert all(("chosen" if reads == "dpo" else "label") in line for line in lines)
    assert lineage.run_lineage(run)["starts_from"]["slug"] == miniature.slug


def test_the_estimate_counts_the_prompt_of_a_pair_twice(
    launch: Launch, version: DatasetVersion, student: Student
) -> None:
    guess = forecast.forecast_of_form(RunRequest(dataset_version=version, student=student), recipe="dpo")
    imitation = forecast.forecast_of_form(RunRequest(dataset_version=version, student=student), recipe="demo")

    assert guess.characters > 1.8 * imitation.characters


def test_the_estimate_of_a_distilled_run_counts_its_teacher(
    launch: Launch, version: DatasetVersion, student: Student, larger: Student
) -> None:
    larger.parameters = 100_000_000

    def guess(recipe: str, teacher: Student | None = None) -> float:
        request = RunRequest(dataset_version=version, student=student, device="cpu", teacher=teacher)
        found = forecast.forecast_of_form(request, recipe=recipe)
        assert found.memory_gib is not None
        return found.memory_gib

    alone, taught = guess(recipe="distil"), guess(recipe="distil", teacher=larger)

    assert taught - alone == pytest.approx(4e8 / (1 << 30))
    assert guess(recipe="demo", teacher=larger) == guess(recipe="demo")


def test_a_distilled_run_names_its_teacher(launch: Launch, larger: Student, tmp_path: Path) -> None:
    run = launch(recipe="distil", teacher=larger)

    spec = run_inputs.training_spec(run, tmp_path)

    assert spec["teacher"]["path"].endswith("/larger")
    assert spec["start"] is None
    assert lineage.run_lineage(run)["teacher"] == {"slug": larger.slug, "name": "Larger"}


@pytest.mark.parametrize(
    ("recipe", "named", "code", "status"),
    [
        ("dpo", {}, "no_beginning", 400),
        ("demo", {"starts_from": "own"}, "needless_beginning", 400),
        ("dpo", {"starts_from": "other task's"}, "other_task", 422),
        ("dpo", {"starts_from": "other student's"}, "other_student", 422),
        ("dpo", {"starts_from": "whole"}, "whole_weights", 422),
        ("distil", {}, "no_teacher", 400),
        ("demo", {"teacher": "larger"}, "needless_teacher", 400),
        ("distil", {"teacher": "itself"}, "own_teacher", 422),
    ],
)
def test_a_beginning_that_does_not_suit_is_refused_with_the_way_out(
    recipe: str, named: dict[str, str], code: str, status: int
) -> None:
    task, small, larger = Task(name="Outreach"), Student(name="Tiny"), Student(name="Larger")
    known = {
        "own": Miniature(name="m", task=task, student=small, method="lora"),
        "other task's": Miniature(name="m", task=Task(name="Support"), student=small, method="lora"),
        "other student's": Miniature(name="m", task=task, student=larger, method="lora"),
        "whole": Miniature(name="m", task=task, student=small, method="full"),
        "larger": larger,
        "itself": small,
    }
    beginning: dict[str, Any] = {key: known[one] for key, one in named.items()}
    version = DatasetVersion(dataset=Dataset(task=task))

    with pytest.raises(Refusal) as caught:
        starting_point.require_starting_point(
            presets.compose(recipe), RunRequest(dataset_version=version, student=small, **beginning)
        )

    assert (caught.value.code, caught.value.status) == (code, status)
    assert caught.value.hint
    assert caught.value.errors.keys() <= {"starts_from", "teacher"}


def test_too_few_pairs_are_refused_with_how_many_there_are(launch: Launch, accepted_only: dict[str, Any]) -> None:
    with pytest.raises(Refusal, match="holds 0 training and 0 validation pairs") as caught:
        launch(recipe="dpo", **accepted_only)

    assert "Edit drafts" in caught.value.hint


def test_kto_is_refused_where_nothing_was_found_bad(launch: Launch, accepted_only: dict[str, Any]) -> None:
    with pytest.raises(Refusal, match="holds no bad drafts"):
        launch(recipe="kto", **accepted_only)


def test_whole_weights_go_on_as_whole_weights(launch: Launch, miniature: Miniature) -> None:
    miniature.method = "full"

    run = launch(recipe="dpo", starts_from=miniature, overrides={"method": "full"})

    assert run.method == "full"


def test_nothing_goes_on_from_what_was_tuned_on_unfiltered_texts(launch: Launch, miniature: Miniature) -> None:
    miniature.run.sample = {"records": 8, "seed": 1, "of": "written"}

    with pytest.raises(Refusal, match="regardless of their verdicts"):
        launch(recipe="dpo", starts_from=miniature)
