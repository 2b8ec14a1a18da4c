"""Pages and API of runs on preferences and distilled ones: what they are launched from, and what their pages show."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.urls import reverse

from members.models import Member
from review.models import DatasetVersion, Task
from tests.training.conftest import write_student
from tests.training.miniatures import conclude, report
from tests.training.preferences import freeze_edits
from training.models import Miniature, Student, TrainingRun
from training.students import registration

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shared_version")]


@pytest.fixture(scope="module")
def shared_version(shared_task: Task, shared_admin: Member) -> DatasetVersion:
    return freeze_edits(shared_task, shared_admin, train=8, validation=1)


def form_of(version: DatasetVersion, **more: Any) -> dict[str, Any]:
    return {"dataset_version": str(version.pk), "student": "tiny", "recipe": "dpo", "device": "auto", **more}


def test_the_form_asks_for_what_the_recipe_needs_and_only_that(
    as_member: Any, admin: Any, task: Task, miniature: Miniature
) -> None:
    client, address = as_member(admin), reverse("training:recipe", args=[task.slug])

    dpo = client.get(address, {"recipe": "dpo"}).content.decode()
    distil = client.get(address, {"recipe": "distil"}).content.decode()
    sft = client.get(address, {"recipe": "demo"}).content.decode()

    assert 'name="starts_from"' in dpo
    assert f'value="{miniature.pk}" selected' in dpo
    assert "optional" not in dpo + distil
    assert "Choose a teacher" in distil
    assert "Iterative RPO" in dpo
    assert 'name="teacher"' in distil
    assert 'name="starts_from"' not in distil + sft
    assert 'name="teacher"' not in dpo + sft
    assert 'hx-swap-oob="true"' in sft


@pytest.mark.slow
def test_launching_from_the_page_goes_on_from_the_chosen_miniature(
    as_member: Any, admin: Any, task: Task, version: DatasetVersion, miniature: Miniature
) -> None:
    client, address = as_member(admin), reverse("training:list", args=[task.slug])

    refused = client.post(address, form_of(version))
    launched = client.post(address, form_of(version, starts_from=str(miniature.pk)))

    assert refused.status_code == 400
    assert "starts from a miniature, and none is named" in refused.content.decode()
    run = TrainingRun.objects.exclude(pk=miniature.run_id).get()
    assert launched["Location"] == reverse("training:run", args=[run.pk])
    assert (run.objective, run.starts_from) == ("dpo", miniature)


def test_a_run_on_preferences_shows_its_margin_likelihoods_and_where_it_went_on_from(
    as_member: Any, admin: Any, launch: Any, miniature: Miniature, tmp_path: Any
) -> None:
    run = launch(recipe="dpo", starts_from=miniature)
    report(run, "metric", step=1, loss=0.7, reward_margin=0.25, logp_chosen=-30.0, logp_rejected=-41.0)
    report(run, "metric", step=1, val_loss=0.6, val_reward_margin=0.5, val_accuracy=0.75, val_drift=0.0123)
    conclude(run, tmp_path / "dpo")
    TrainingRun.objects.filter(pk=run.pk).update(
        summary={**run.summary, "measures": {"reward_margin": 0.5, "accuracy": 0.75}}
    )

    page = as_member(admin).get(reverse("training:run", args=[run.pk])).content.decode()

    rewards = json.loads(page.partition('id="rewards-data">')[2].partition("</script>")[0])
    assert [series["points"] for series in rewards["series"]] == [[[1, 0.25]], [[1, 0.5]], [[1, 0.75]]]
    assert "0.012" in page
    assert "loss per pair" in page
    assert "75 % preference accuracy, margin 0.500" in page
    assert miniature.name in page


def test_a_distilled_run_shows_how_far_it_agrees_with_its_teacher(
    as_member: Any, admin: Any, launch: Any, tmp_path: Any
) -> None:
    folder = write_student(tmp_path / "students" / "larger", width=16)
    run = launch(recipe="distil", teacher=registration.register_folder(path=str(folder), by=admin, name="Larger"))
    report(run, "metric", step=0, val_loss=0.5, val_agreement=0.625, val_nll=1.5)
    report(run, "metric", step=1, loss=0.4, agreement=0.75, nll=1.25)

    page = as_member(admin).get(reverse("training:run", args=[run.pk])).content.decode()

    agreement, texts = (
        json.loads(page.partition(f'id="{name}-data">')[2].partition("</script>")[0]) for name in ("agreement", "texts")
    )
    assert [series["points"] for series in agreement["series"]] == [[[1, 0.75]], [[0, 0.625]]]
    assert [series["points"] for series in texts["series"]] == [[[1, 1.25]], [[0, 1.5]]]
    assert "nats per token off the teacher" in page
    assert "Larger" in page


def test_a_run_that_imitates_shows_no_margin(as_member: Any, admin: Any, launch: Any) -> None:
    page = as_member(admin).get(reverse("training:run", args=[launch().pk])).content.decode()

    assert "rewards-data" not in page
    assert "agreement-data" not in page
    assert "off the teacher" not in page
    assert "nats per token" in page


@pytest.mark.slow
def test_the_api_takes_a_miniature_by_name_and_tells_it(
    api_as: Any, admin: Any, version: DatasetVersion, miniature: Miniature, student: Student
) -> None:
    client = api_as(admin)
    order = {"dataset_version": str(version.pk), "student": "tiny", "recipe": "kto"}

    unknown = client.post("/api/v1/training-runs/", order | {"starts_from": "nobody"}, format="json")
    started = client.post("/api/v1/training-runs/", order | {"starts_from": miniature.slug}, format="json")

    assert (unknown.status_code, unknown.json()["code"]) == (400, "miniature_unknown")
    run = client.get(f"/api/v1/training-runs/{started.json()['id']}/").json()
    assert (run["objective"], run["starts_from"], run["teacher"]) == ("kto", str(miniature.pk), None)
