"""A run on a part of the training rows: what it is given, what is refused, and that lists leave it out."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from members.models import Member
from review.models import DatasetVersion
from tests.training.miniatures import conclude
from training.inputs import run_inputs, samples
from training.inputs.samples import Sample
from training.inputs.tuning_data import RowOutline
from training.miniatures import queries as miniature_selectors
from training.models import TrainingRun
from training.runs import queries as run_selectors
from training.states import RunPurpose, SampleOf
from web.errors import Refusal

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shared_version")]


def test_the_engine_is_given_the_sample_and_nothing_else(launch: Callable[..., TrainingRun], tmp_path: Path) -> None:
    run = launch(sample=Sample(records=8, seed=2), purpose=RunPurpose.STUDY)

    body = run_inputs.training_spec(run, tmp_path)

    rows = [json.loads(line) for line in (tmp_path / "train.jsonl").read_text().splitlines()]
    assert len({json.loads(row["meta"])["record"] for row in rows}) == 8
    assert run.sample["rows"] == run.estimate["rows"] == len(rows) == 8
    assert body["sample_prompts"] == []


def test_a_run_on_all_rows_keeps_no_sample(launch: Callable[..., TrainingRun], tmp_path: Path) -> None:
    run = launch()

    run_inputs.training_spec(run, tmp_path)

    assert run.sample == {}
    assert len((tmp_path / "train.jsonl").read_text().splitlines()) == 10


@pytest.mark.parametrize(("records", "words"), [(11, "holds 10"), (4, "at least 8")])
def test_a_sample_the_version_does_not_hold_is_refused(version: DatasetVersion, records: int, words: str) -> None:
    with pytest.raises(Refusal, match=words):
        samples.rows_of(version, Sample(records=records, seed=1))


def test_a_sample_that_is_not_what_was_launched_is_refused(launch: Callable[..., TrainingRun], tmp_path: Path) -> None:
    run = launch(sample=Sample(records=8, seed=2))
    run.sample["rows_sha256"] = "0" * 64

    with pytest.raises(Refusal, match="not the one it was launched with"):
        run_inputs.training_spec(run, tmp_path)


def test_lists_leave_out_what_was_made_for_a_study(
    launch: Callable[..., TrainingRun], admin: Member, tmp_path: Path
) -> None:
    shown = conclude(launch(), tmp_path / "one")
    hidden = conclude(launch(purpose=RunPurpose.STUDY), tmp_path / "two")

    assert list(run_selectors.listed(admin, task=shown.task)) == [shown.run]
    assert list(miniature_selectors.listed(admin, task=shown.task)) == [shown]
    assert miniature_selectors.miniature_or_404(admin, hidden.pk) == hidden


def test_the_time_of_a_run_is_taken_from_the_longest_of_the_newest(
    launch: Callable[..., TrainingRun], tmp_path: Path
) -> None:
    long, short = conclude(launch(), tmp_path / "one").run, conclude(launch(), tmp_path / "two").run
    TrainingRun.objects.filter(pk=long.pk).update(summary={**long.summary, "tokens": 9000, "tokens_per_s": 800.0})
    TrainingRun.objects.filter(pk=short.pk).update(summary={**short.summary, "tokens": 300, "tokens_per_s": 60.0})

    guess = launch().estimate

    assert any("800 tokens a second" in note for note in guess["notes"])


def test_with_one_of_each_samples_of_as_many_records_hold_as_many_texts_and_stay_nested(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    drafts = [
        RowOutline(f"d{record}-{row}", f"r{record}", 10, f"p{record}") for record in range(20) for row in range(3)
    ]
    monkeypatch.setattr(samples, "rows_to_draw_from", lambda version, of: drafts)

    def drawn(records: int, seed: int = 1) -> list[str]:
        sample = Sample(records, seed, of=SampleOf.WRITTEN, one_each=True)
        rows = samples.rows_of(DatasetVersion(), sample)
        assert samples.from_json(samples.as_json(sample, rows)) == sample
        return [row.id for row in rows]

    assert (len(drawn(10)), len({row.partition("-")[0] for row in drawn(10)})) == (10, 10)
    assert set(drawn(10)) < set(drawn(20))
    assert drawn(20) != drawn(20, seed=2)
