"""Ordering a reproduction: its forecast, its one budget, what it refuses,
and what it says of parts that did not run.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest
from django.core.exceptions import PermissionDenied
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from evaluation.models import Evaluation, Study
from evaluation.paper import order as orders
from evaluation.paper import parts
from evaluation.paper.advance import PartState
from evaluation.paper.order import PaperOrder
from evaluation.paper.plan import PaperRequest
from evaluation.studies import launch_study
from evaluation.studies.design import StudyRequest
from generation.models import Teacher
from jobs.lifecycle import control
from jobs.models import Job
from jobs.states import JobState
from jobs.supervisor import run_job
from members.models import Member
from review.models import DatasetVersion, Draft, Task
from tests.evaluation.paper.conftest import RICH, look, states
from tests.evaluation.studies.conftest import end, finish_all
from training.costs import host_prices
from training.models import Student
from training.states import StudentSource
from training.students import catalogue
from training.students import queries as students
from web.errors import Refusal

pytestmark = pytest.mark.django_db(transaction=True)


def test_parts_are_forecast_in_cells_hours_and_dollars_with_no_cell_counted_twice(
    version: DatasetVersion, gemma: Student, priced: None
) -> None:
    request = PaperRequest(RICH, parts=("samples", "baseline", "live"), version=version)

    baseline, samples, live = orders.plans_of(request)

    assert (baseline.cells, baseline.reused, samples.cells, live.cells) == (6, 0, 6, 0)
    assert baseline.seconds and baseline.usd == pytest.approx(Decimal(baseline.seconds) * 2 / 3600)
    assert samples.fingerprints == baseline.fingerprints
    assert (samples.seconds, live.seconds) == (0.0, 0.0)


def test_students_that_are_not_here_are_counted_by_their_published_shapes(
    version: DatasetVersion, gemma: Student, priced: None
) -> None:
    request = PaperRequest(RICH, parts=("methods", "students"), version=version)

    methods, students = orders.plans_of(request)

    assert methods.to_fetch == (parts.GEMMA_1B,)
    assert (methods.cells, students.cells, len(students.to_fetch)) == (12, 30, 9)
    assert methods.usd and students.usd and methods.usd > 0


def test_a_folder_of_the_same_shape_stands_for_no_model_of_a_hub(
    version: DatasetVersion, gemma: Student, priced: None
) -> None:
    known = catalogue.find_known(hub_id=parts.GEMMA_1B)
    assert known is not None
    shape = {"model_type": known.family, "parameters": known.parameters}
    folder = Student.objects.create(slug="folder", name="Folder", source=StudentSource.FOLDER, path="/m", **shape)

    [methods] = orders.plans_of(PaperRequest(RICH, parts=("methods",), version=version))

    assert students.known_student(folder) == known
    assert methods.to_fetch == (parts.GEMMA_1B,)


def test_a_part_that_lacks_something_says_so_and_the_order_goes_on(
    start: Callable[..., PaperOrder], gemma: Student
) -> None:
    order = look(start("transfer", "live", "filter"))

    assert order.job.state == JobState.SUCCEEDED
    found = states(order)
    assert found["live"] == (PartState.COMPUTED, "")
    assert found["transfer"] == (PartState.NOT_RUN, "No frozen version of another task is named.")
    assert found["filter"][0] == PartState.NOT_RUN and "no rejected draft" in found["filter"][1]
    assert not Study.objects.exists()


def test_a_part_that_passes_the_budget_is_not_begun(start: Callable[..., PaperOrder], gemma: Student) -> None:
    order = look(start("context", budget=Decimal("0.01")))

    state, reason = states(order)["context"]
    assert (order.job.state, state) == (JobState.SUCCEEDED, PartState.NOT_RUN)
    assert reason.endswith("and $0.01 of the budget is left.")


@pytest.mark.slow
def test_a_study_that_passes_the_budget_on_its_way_is_cancelled_and_keeps_its_cells(
    start: Callable[..., PaperOrder], gemma: Student, admin: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = look(start("context"))
    study = Study.objects.get()
    host_prices.set_price(host="default", usd_per_hour=Decimal(10_000), by=admin)
    run_job(study.job_id, worker="worker-1")
    job = Job.objects.get(kind="training", state=JobState.QUEUED, subject_id=study.cells.all()[0].measurement.run_id)
    Job.objects.filter(pk=order.job.pk).update(spec={**order.job.spec, "budget_usd": "0.0001"})
    from jobs.lifecycle import claim
    from jobs.lifecycle.claim import Worker

    assert claim.claim(job.pk, worker=Worker("w", "host", "boot")) is not None

    order = look(PaperOrder(Job.objects.get(pk=order.job.pk)))
    order = look(order)

    assert Study.objects.get().job.state == JobState.CANCELLED
    assert states(order)["context"] == (PartState.NOT_RUN, "cancelled: the budget was used up")


@pytest.mark.slow
def test_a_measured_part_is_not_measured_again_by_the_next_order(
    start: Callable[..., PaperOrder], gemma: Student, tmp_path: Path
) -> None:
    order = look(start("context"))
    finish_all(Study.objects.get(), tmp_path)
    order = look(order)
    assert (order.job.state, states(order)["context"][0]) == (JobState.SUCCEEDED, PartState.MEASURED)
    jobs = Job.objects.filter(kind="training").count()

    again = look(start("context"))
    run_job(Study.objects.latest("created_at").job_id, worker="w")
    again = look(again)

    assert (again.job.state, states(again)["context"][0]) == (JobState.SUCCEEDED, PartState.MEASURED)
    assert Job.objects.filter(kind="training").count() == jobs


def test_a_study_begun_by_hand_under_a_parts_question_is_not_taken_for_the_parts(
    start: Callable[..., PaperOrder], gemma: Student, admin: Member, version: DatasetVersion
) -> None:
    order = start("context")
    (part,) = order.parts
    by_hand = StudyRequest(kind="context", question=part.question)
    launch_study.launch(by_hand, version=version, student=gemma, by=admin)

    order = look(order)

    study = order.study_of(part)
    assert study is not None
    assert (study.record["grid"]["seeds"], study.record["grid"]["epochs"]) == ([1, 2, 3], 3)
    assert {arm["preset"] for arm in study.record["grid"]["arms"]} == {"paper-lora"}


def test_pausing_resuming_and_cancelling_reach_the_study(start: Callable[..., PaperOrder], gemma: Student) -> None:
    order = look(start("context"))
    study = Study.objects.get()

    control.pause(order.job, by=None)
    assert Job.objects.get(pk=study.job_id).state == JobState.PAUSED
    control.resume(order.job, by=None)
    look(order)
    assert Job.objects.get(pk=study.job_id).state == JobState.QUEUED
    control.cancel(order.job, by=None)
    assert Job.objects.get(pk=study.job_id).state == JobState.CANCELLED


def test_a_student_whose_download_fails_is_left_out_with_the_reason(
    start: Callable[..., PaperOrder], gemma: Student
) -> None:
    order = look(start("methods"))
    download = Job.objects.get(kind="download")
    assert (download.spec["hub_id"], order.job.waiting_reason) == (
        parts.GEMMA_1B,
        "The download of gemma-3-1b-it is under way",
    )

    end(download, "failed", error={"code": "gated", "message": "Accept its licence.", "hint": ""})
    order = look(order)

    state, reason = states(order)["methods"]
    assert state == PartState.RUNNING and "Accept its licence." in reason
    assert {cell.arm for cell in Study.objects.get().cells.all()} == {"LoRA", "Full"}


def test_an_order_is_refused_without_a_price_beside_another_one_and_for_an_unknown_part(
    start: Callable[..., PaperOrder], gemma: Student, version: DatasetVersion, admin: Member
) -> None:
    with pytest.raises(Refusal, match="There is no part 'nonsense'"):
        start("nonsense")
    start("context")
    with pytest.raises(Refusal, match="reproduces the paper already"):
        start("context")


def test_an_order_is_refused_where_the_host_has_no_price(
    version: DatasetVersion, gemma: Student, admin: Member
) -> None:
    request = PaperRequest(RICH, parts=("context",), version=version)

    with pytest.raises(Refusal) as refused:
        orders.start(version.dataset.task, request, by=admin)

    assert refused.value.code == "host_price_unknown"


def test_a_lead_who_is_no_admin_fetches_no_student(version: DatasetVersion, lead: Member, priced: None) -> None:
    with pytest.raises(PermissionDenied):
        orders.start(version.dataset.task, PaperRequest(RICH, parts=("context",), version=version), by=lead)


def test_the_page_leads_to_the_forecast_and_starts_an_order(
    client: Client, version: DatasetVersion, gemma: Student, admin: Member, viewer: Member, priced: None
) -> None:
    task = version.dataset.task
    address = reverse("evaluation:paper-order", args=[task.slug])
    client.force_login(viewer)
    assert address in client.get(reverse("evaluation:study-paper", args=[task.slug])).content.decode()
    assert client.post(address, {"budget_usd": "5"}).status_code == 403
    client.force_login(admin)
    assert "$" in client.get(address).content.decode()

    choices = {"version": version.pk, "left_out": [parts.GEMMA_12B], "judged_by_machine": "on"}
    page = client.get(address, {**choices, "parts": ["baseline"]}).content.decode()
    assert "up to $1.00 for the teacher in evaluations" in page
    answer = client.post(address, {**choices, "parts": ["context"], "budget_usd": "100000"})

    assert answer.status_code == 302
    assert "context" not in client.get(address).content.decode().split('id="paper"')[0].replace("Does a context", "")
    order = orders.last(task)
    assert order is not None and [part.key for part in order.parts] == ["context"]
    assert (order.job.spec["left_out"], order.job.spec["judged_by_machine"]) == ([parts.GEMMA_12B], True)


@pytest.mark.parametrize("suffix", ["html", "md", "json"])
def test_a_report_without_an_order_says_of_each_statement_that_nothing_was_ordered(
    client: Client, viewer: Member, task: Task, suffix: str
) -> None:
    client.force_login(viewer)

    answer = client.get(reverse("evaluation:paper-report", args=[task.slug, suffix]))

    text = answer.content.decode()
    assert answer.status_code == 200
    assert text.count("No reproduction was ordered") >= 19
    assert "12,700 mails an arm" in text
    assert "5.9 and 5.1" in text


def test_the_command_forecasts_without_ordering_and_asks_for_a_budget(
    version: DatasetVersion, gemma: Student, priced: None, tmp_path: Path
) -> None:
    slug, out = version.dataset.task.slug, StringIO()

    call_command("paper", slug, parts="context,live", dry_run=True, report=tmp_path, stdout=out)

    lines = out.getvalue().splitlines()
    assert lines[0] == "live: computed, nothing to pay"
    assert lines[1].startswith("context: 6 cells, 0 measured before, ") and "$" in lines[1]
    assert len(json.loads((tmp_path / "paper.json").read_text())["statements"]) == 23
    assert not Job.objects.filter(kind="paper").exists()
    with pytest.raises(CommandError, match="--budget"):
        call_command("paper", slug, parts="context", stdout=out)
    with pytest.raises(CommandError, match="no part 'x'"):
        call_command("paper", slug, parts="x", dry_run=True, stdout=out)
    for strange in ({"version_id": "gold/3"}, {"other": ["gold/3"]}):
        with pytest.raises(CommandError, match="There is no dataset version"):
            call_command("paper", slug, dry_run=True, stdout=out, **strange)


@pytest.mark.slow
def test_the_teacher_of_an_evaluation_may_cost_no_more_than_is_left(
    start: Callable[..., PaperOrder],
    gemma: Student,
    version: DatasetVersion,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-canary-0123456789abcdefghij")
    Draft.objects.filter(task=version.dataset.task).update(teacher="openai:gpt-4o")
    Teacher.objects.create(slug="gpt", name="GPT", provider="openai", model="gpt-4o", secret_ref="OPENAI_API_KEY")
    order = look(start("baseline"))
    finish_all(Study.objects.get(), tmp_path)
    order = PaperOrder(Job.objects.get(pk=order.job.pk))
    budget = order.spent_usd + Decimal("0.02")
    Job.objects.filter(pk=order.job.pk).update(spec={**order.job.spec, "budget_usd": str(budget)})

    look(PaperOrder(Job.objects.get(pk=order.job.pk)))

    asked = Evaluation.objects.get().teacher_order
    assert asked is not None
    assert asked.max_cost_usd is not None and asked.max_cost_usd <= Decimal("0.02")
