"""Transfers that were carried to an end: the verdict, and who reads the names of other tasks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from evaluation.models import Measurement, Study
from evaluation.studies import scoring
from members.models import Member
from review.models import DatasetVersion, Task
from review.states import Role
from tests.evaluation.studies.conftest import finish_all
from tests.review import factories

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.slow
def test_a_transfer_runs_to_its_verdict_and_shows_it(
    transfer: Callable[..., Study], other: DatasetVersion, admin: Member, client: Client, tmp_path: Path
) -> None:
    study = transfer(other)
    assert [(cell.arm, cell.records) for cell in study.cells.order_by("position")] == [
        ("as it came", 0), ("outreach", 12), ("rivals", 12), ("outreach", 12), ("rivals", 12),
    ]  # fmt: skip
    base = study.cells.get(arm="as it came").measurement
    spec = scoring.scoring_spec(base.pk, tmp_path)
    assert spec["system"]["method"] == "base"
    assert [len(part["records"]) for part in (spec, *spec["others"])] == [4, 3]
    assert {len(part["golds"]) for part in (spec, *spec["others"])} == {4, 3}

    finish_all(study, tmp_path, loss=lambda size, seed: 1.0 if not size else 0.5 + seed / 1000)

    base.refresh_from_db()
    assert base.run is None
    tuned = Measurement.objects.exclude(run=None).values_list("run__dataset_version", "run__task__slug")
    assert sorted({slug for _, slug in tuned}) == ["outreach", "rivals"]
    body = Study.objects.get(pk=study.pk).verdict.body
    assert [column["task"] for column in body["matrix"]] == ["outreach", "rivals"]
    assert all(entry["change"] < -0.4 for column in body["matrix"] for entry in column["entries"])
    client.force_login(admin)
    page = client.get(reverse("evaluation:study", args=[study.pk])).content.decode()
    assert "Tuned on one task, scored on another" in page
    assert "its own task" in page


@pytest.fixture
def ended(transfer: Callable[..., Study], other: DatasetVersion, tmp_path: Path) -> Study:
    study = transfer(other)
    finish_all(study, tmp_path, loss=lambda size, seed: 1.0 if not size else 0.5 + seed / 1000)
    return Study.objects.get(pk=study.pk)


def told_of(study: Study, client: Client) -> dict[str, str]:
    """All that pages and API say of a study, by address."""
    task, pk = study.task.slug, study.pk
    addresses = [
        *(
            reverse(f"evaluation:{name}", args=[pk])
            for name in ("study", "study-progress", "study-cells", "study-record")
        ),
        *(reverse(f"evaluation:{name}", args=[task]) for name in ("studies", "study-paper")),
        *(f"/api/v1/studies/{pk}/{part}" for part in ("", "cells/", "record/")),
        *("/api/v1/studies/", f"/api/v1/tasks/{task}/paper/", f"/api/v1/jobs/{study.job_id}/"),
        reverse("jobs:detail", args=[study.job_id]),
    ]
    return {address: client.get(address).content.decode() for address in addresses}


@pytest.mark.slow
def test_only_members_of_another_task_read_its_name_in_a_transfer(
    ended: Study, make_member: Callable[..., Member], client: Client
) -> None:
    viewer = make_member("vic")
    factories.join(viewer, ended.task, Role.VIEWER)
    client.force_login(viewer)

    without = told_of(ended, client)
    factories.join(viewer, Task.objects.get(slug="rivals"), Role.VIEWER)
    client.force_login(viewer)
    as_member = told_of(ended, client)

    record = reverse("evaluation:study-record", args=[ended.pk])
    assert [address for address, text in without.items() if "rivals" in text] == []
    assert "uning on other task 1 helps outreach" in without[reverse("evaluation:study", args=[ended.pk])]
    assert "names tasks that you are not a member of" in without[record]
    assert "uning on rivals helps outreach" in as_member[reverse("evaluation:study", args=[ended.pk])]
    assert as_member[record] == ended.record_text


@pytest.mark.slow
def test_cells_of_a_task_that_is_not_named_tell_neither_run_nor_reason(
    transfer: Callable[..., Study],
    other: DatasetVersion,
    make_member: Callable[..., Member],
    client: Client,
    tmp_path: Path,
) -> None:
    study = transfer(other)
    study.cells.filter(arm="rivals", seed=1).update(problem="rivals has no rows left.")
    finish_all(study, tmp_path)
    viewer = make_member("vic")
    factories.join(viewer, study.task, Role.VIEWER)
    client.force_login(viewer)

    body = client.get(f"/api/v1/studies/{study.pk}/").json()

    hidden = [cell for cell in body["cells"] if cell["arm"] == "other task 1"]
    assert [(cell["run"], cell["run_number"], bool(cell["reason"])) for cell in hidden] == [
        ("", None, True),
        ("", None, False),
    ]
    assert body["verdict"]["missing"][0]["cell"].startswith("other task 1, ")
    assert "rivals" not in str(body)
