"""Studies of transfer and of context are registered, run and read: each cell is given its own rows, the base none."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse

from evaluation.models import Study, StudyVerdict
from evaluation.studies import columns, launch_study
from evaluation.studies.design import StudyRequest
from evaluation.studies.task_names import StudyReader
from members.models import Member
from review.models import DatasetVersion
from review.states import Role
from tests.review import factories
from training.inputs import run_inputs
from training.models import Student, TrainingRun
from web.errors import Refusal

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shared_version")]


def test_a_task_that_a_member_cannot_see_is_not_there(
    other: DatasetVersion, version: DatasetVersion, make_member: Callable[..., Member]
) -> None:
    stranger = make_member("sam")
    factories.join(stranger, version.dataset.task)

    assert not columns.choices(stranger, task=version.dataset.task)
    with pytest.raises(Refusal) as refused:
        columns.chosen(stranger, [str(other.pk)])
    assert (refused.value.status, list(refused.value.errors)) == (400, ["others"])


def test_who_may_only_look_at_a_task_tunes_nothing_on_its_rows(
    other: DatasetVersion, version: DatasetVersion, student: Student, make_member: Callable[..., Member]
) -> None:
    lead = make_member("sam")
    factories.join(lead, version.dataset.task, Role.LEAD)
    factories.join(lead, other.dataset.task, Role.VIEWER)
    wishes = StudyRequest(kind="transfer", recipes={"lora": "demo"})

    assert not columns.choices(lead, task=version.dataset.task)
    with pytest.raises(PermissionDenied):
        launch_study.launch(wishes, version=version, student=student, by=lead, others=[other])
    assert not Study.objects.exists()


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize(
    ("field", "body"),
    [
        ("others", {"kind": "transfer"}),
        ("others", {"kind": "transfer", "others": ["2a4f2f3e-1111-4111-8111-111111111111"]}),
        ("students", {"kind": "students"}),
        ("students", {"kind": "methods", "students": ["nobody"]}),
        ("students", {"kind": "experts"}),
        ("teacher", {"kind": "cloning"}),
        ("teacher", {"kind": "cloning", "teacher": "nobody"}),
        ("answers_version", {"kind": "cloning", "answers_version": "2a4f2f3e-1111-4111-8111-111111111111"}),
        ("answers_version", {"kind": "cloning", "answers_version": "?"}),
    ],
)
def test_what_an_api_call_lacks_is_named_by_its_field(
    field: str, body: dict[str, Any], version: DatasetVersion, student: Student, admin: Member, client: Client
) -> None:
    client.force_login(admin)
    Student.objects.filter(pk=student.pk).update(parameters=1000)
    body = {"dataset_version": str(version.pk), "student": student.slug, "recipes": {"lora": "demo"}, **body}

    answer = client.post("/api/v1/studies/", body, content_type="application/json")

    assert answer.status_code == 400, answer.content
    assert field in answer.json()["errors"]


def test_another_task_is_needed_and_each_but_once(transfer: Callable[..., Study], version: DatasetVersion) -> None:
    with pytest.raises(Refusal, match="Name a dataset version of another task"):
        transfer()
    with pytest.raises(Refusal, match="Two versions are of the task 'outreach'"):
        transfer(version)


def test_contexts_differ_in_their_recipes_alone_and_leave_long_rows_out(
    transfer: Callable[..., Study], tmp_path: Path
) -> None:
    study = transfer(kind="context")

    first, second = (cell.measurement.plan for cell in study.cells.order_by("position")[:2])
    differing = {name for name in first["recipe"] if first["recipe"][name] != second["recipe"][name]}
    assert differing == {"max_length"}
    assert first["sample"] == second["sample"]
    run = TrainingRun(
        task=study.task, dataset_version=study.dataset_version, task_version=study.task.versions.all()[0],
        student=study.student, recipe=first["recipe"], sample=first["sample"], purpose="study",
        created_at=study.created_at,
    )  # fmt: skip
    assert run_inputs.training_spec(run, tmp_path)["leaves_out_too_long"]


@pytest.mark.slow
def test_a_study_over_the_api_names_the_other_tasks(
    version: DatasetVersion, other: DatasetVersion, student: Student, admin: Member, client: Client
) -> None:
    client.force_login(admin)
    body = {"kind": "transfer", "dataset_version": str(version.pk), "student": student.slug, "others": [str(other.pk)]}

    answer = client.post("/api/v1/studies/", {**body, "recipes": {"lora": "demo"}}, content_type="application/json")

    assert answer.status_code == 202
    record = Study.objects.get(pk=answer.json()["id"]).record
    assert [column["task"] for column in record["scored_on"]["columns"]] == ["outreach", "rivals"]
    estimate = client.get(
        reverse("evaluation:study-estimate", args=["outreach"]),
        {**body, "preset": "small", "metric": "nll_per_byte"},
    )
    assert "the only one there is" in estimate.content.decode()


def test_labels_are_not_compared_on_a_task_of_texts(transfer: Callable[..., Study]) -> None:
    with pytest.raises(Refusal, match="that could be right"):
        transfer(kind="context", metric="answers_right")


def test_what_the_paper_claims_stands_beside_what_was_measured(
    transfer: Callable[..., Study], version: DatasetVersion, admin: Member, client: Client
) -> None:
    study = transfer(kind="context")
    StudyVerdict.objects.create(study=study, body={"sentence": "The shorter context is enough: so it is."})
    client.force_login(admin)

    page = client.get(reverse("evaluation:study-paper", args=["outreach"])).content.decode()
    told = client.get("/api/v1/tasks/outreach/paper/").json()

    assert "The shorter context is enough: so it is." in page
    assert page.count("not measured") == 10 + 1 + 4 + 4 + 3
    assert "make paper TASK=outreach PARTS=methods BUDGET=" in page
    assert "a fall of 13.6 %" in page
    assert {claim["kind"]: bool(claim["measured"]) for claim in told["claims"]}["context"]
    assert [line["responded"] for line in told["models"]] == [4.2, 5.1, 5.9, 2.5]


def test_which_tasks_may_be_named_is_asked_once_for_a_list(
    transfer: Callable[..., Study],
    other: DatasetVersion,
    make_member: Callable[..., Member],
    django_assert_num_queries: Any,
) -> None:
    studies = [transfer(other), transfer(other, seeds=(3, 4))]
    viewer = make_member("vic")
    factories.join(viewer, studies[0].task, Role.VIEWER)
    reader = StudyReader(viewer)

    with django_assert_num_queries(1):
        names = [reader.neutral_names(study) for study in studies]

    assert names == [{"rivals": "other task 1"}] * 2
