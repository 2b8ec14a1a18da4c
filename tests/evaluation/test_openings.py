"""The test split is read by an act of its own: counted, recorded, its error spent as the first opening fixed it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from rest_framework.test import APIClient

from audit.models import AuditRow
from evaluation.evaluations import queries, run_inputs, start_evaluation
from evaluation.evaluations.open_test_split import open_test_split
from evaluation.models import Evaluation, SplitOpening
from jobs.models import Job
from members.models import Member
from review.models import Record
from tests.training.miniatures import conclude
from training.models import Miniature, TrainingRun
from web.errors import Refusal

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shared_version")]
SYSTEMS = {"tiny (base)": ("base", 0.1), "run 1 (LoRA)": ("lora", 0.9)}


def split_of(evaluation: Evaluation) -> set[str]:
    return set(Record.objects.filter(pk__in=evaluation.record_ids).values_list("split", flat=True))


def test_an_ordinary_evaluation_reads_no_test_record(miniature: Miniature) -> None:
    start_evaluation.start_after_run(miniature.run.job)

    made = Evaluation.objects.get()
    assert (made.split, split_of(made)) == ("validation", {"validation"})
    assert not SplitOpening.objects.exists()


def test_an_opening_is_counted_and_recorded(miniature: Miniature, admin: Member) -> None:
    made = open_test_split(miniature.run, by=admin, planned=3)

    assert (made.split, split_of(made)) == ("test", {"test"})
    assert (made.opening.number, made.opening.planned, made.opening.created_by) == (1, 3, admin)
    row = AuditRow.objects.get(act="test_split_opened")
    assert (row.actor, row.subject_id) == (str(admin.pk), str(miniature.run.pk))
    assert row.detail == {"task": miniature.task.slug, "number": 1, "planned": 3}


@pytest.mark.parametrize("planned", [None, 0, 21])
def test_the_first_opening_needs_how_many_are_planned(miniature: Miniature, admin: Member, planned: int | None) -> None:
    with pytest.raises(Refusal, match="fixes how many are planned"):
        open_test_split(miniature.run, by=admin, planned=planned)

    assert not Evaluation.objects.exists()


def test_what_the_first_opening_fixed_stays(launch: Callable[..., TrainingRun], admin: Member, tmp_path: Path) -> None:
    one, other = (conclude(launch(), tmp_path / name) for name in ("one", "other"))
    open_test_split(one.run, by=admin, planned=2)

    with pytest.raises(Refusal, match="2 openings were planned"):
        open_test_split(other.run, by=admin, planned=3)
    second = open_test_split(other.run, by=admin)

    assert (second.opening.number, second.opening.planned, second.opening.level) == (2, 2, 0.975)
    assert not second.opening.is_exploratory


def test_the_same_run_is_not_opened_twice_unless_the_first_was_cancelled(miniature: Miniature, admin: Member) -> None:
    first = open_test_split(miniature.run, by=admin, planned=3)

    with pytest.raises(Refusal, match="evaluated on these test records before"):
        open_test_split(miniature.run, by=admin)
    assert Evaluation.objects.count() == SplitOpening.objects.count() == 1

    Job.objects.filter(pk=first.job_id).update(state="cancelled")
    assert open_test_split(miniature.run, by=admin).opening.number == 2


@pytest.mark.slow
def test_the_engine_is_told_the_level_and_what_is_beyond_the_plan(
    launch: Callable[..., TrainingRun], admin: Member, tmp_path: Path
) -> None:
    runs = [conclude(launch(), tmp_path / str(number)).run for number in range(3)]
    ordinary = start_evaluation.start(runs[0], by=admin)
    opened = [open_test_split(run, by=admin, planned=2) for run in runs]

    asked = []
    for evaluation in (ordinary, *opened):
        body = run_inputs.evaluation_spec(evaluation.pk, tmp_path / f"run-{evaluation.pk}")
        asked.append((body.get("level"), body.get("is_exploratory")))

    assert asked == [(None, None), (0.975, None), (0.975, None), (0.975, True)]


def test_a_viewer_may_not_open_it(miniature: Miniature, viewer: Member) -> None:
    with pytest.raises(PermissionDenied, match="lead"):
        open_test_split(miniature.run, by=viewer, planned=1)

    assert not SplitOpening.objects.exists()


@pytest.mark.slow
def test_a_lead_opens_it_by_a_button_and_every_page_tells(
    miniature: Miniature, admin: Member, viewer: Member, as_member: Callable[[Member], Client], finish: Any
) -> None:
    ordinary = finish(start_evaluation.start(miniature.run, by=admin), SYSTEMS)
    lead = as_member(admin)
    before = lead.get(f"/evaluations/{ordinary.pk}/").content.decode()

    answer = lead.post(f"/evaluations/of-run/{miniature.run_id}/open-test-split/", {"planned": 3, "chosen": 1})

    made = SplitOpening.objects.get().evaluation
    assert answer.url == f"/evaluations/{made.pk}/"
    assert made.baselines == []
    finish(made, SYSTEMS)
    page, listed = (
        as_member(viewer).get(address).content.decode()
        for address in (f"/evaluations/{made.pk}/", f"/tasks/{made.task.slug}/evaluation/")
    )
    assert "Not opened yet" in before and "the test split was not read" in before
    assert "With 2 validation records the result is very uncertain" in before
    assert "Test set used once (1 of 3 planned)" in page
    assert "opened 1 time, 3 planned" in listed
    assert "Open the test split" not in page


@pytest.mark.slow
def test_the_list_says_what_each_opening_came_to_and_reads_no_summary_for_it(
    launch: Callable[..., TrainingRun], admin: Member, tmp_path: Path, as_member: Callable[[Member], Client]
) -> None:
    runs = [conclude(launch(), tmp_path / str(number)).run for number in range(4)]
    made = [open_test_split(run, by=admin, planned=3) for run in runs]
    for opened, state in zip(made, ("succeeded", "cancelled", "running", "succeeded"), strict=True):
        Job.objects.filter(pk=opened.job_id).update(state=state)

    page = as_member(admin).get(f"/tasks/{runs[0].task.slug}/evaluation/").content.decode()

    told = page[page.index('id="openings"') :].partition("</table>")[0]
    said = re.findall(r"<td>([^<]*)</td>\s*</tr>", told)
    assert said == ["result", "cancelled, nothing", "not ended", "exploratory"]
    assert "summary" in queries.openings(runs[0].task)[0].evaluation.get_deferred_fields()


def test_what_read_the_test_split_before_openings_were_counted_is_told(
    miniature: Miniature, admin: Member, as_member: Callable[[Member], Client], finish: Any
) -> None:
    old = finish(start_evaluation.start(miniature.run, by=admin), SYSTEMS)
    Evaluation.objects.filter(pk=old.pk).update(split="test")

    page = as_member(admin).get(f"/tasks/{old.task.slug}/evaluation/").content.decode()

    assert "Before openings were counted, 1 evaluation read it." in page


def test_an_opening_over_the_api_is_listed(
    miniature: Miniature, admin: Member, api_as: Callable[..., APIClient]
) -> None:
    client = api_as(admin)
    body = {"training_run": str(miniature.run_id), "planned_openings": 2, "baselines": ["nearest"]}

    made = client.post("/api/v1/test-openings/", body, format="json", HTTP_IDEMPOTENCY_KEY=str(uuid4()))
    [listed] = client.get("/api/v1/test-openings/", {"task": miniature.task.slug}).json()["results"]
    detail = client.get(f"/api/v1/evaluations/{made.json()['id']}/").json()

    assert made.status_code == 202
    assert listed | {"created_at": ""} == {
        "task": miniature.task.slug, "number": 1, "planned_openings": 2, "level": 0.975, "is_exploratory": False,
        "evaluation": made.json()["id"], "training_run": str(miniature.run_id), "by": admin.username, "created_at": "",
    }  # fmt: skip
    assert (detail["split"], detail["opening"], detail["baselines"]) == ("test", 1, ["nearest"])
