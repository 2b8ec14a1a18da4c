"""Isolating experts of a mixture within an order: before their study, once, and what is said where it fails."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evaluation.models import Study
from evaluation.paper import advance, parts
from evaluation.paper import order as orders
from evaluation.paper.advance import PartState
from evaluation.paper.order import PaperOrder
from evaluation.paper.plan import PaperRequest
from evaluation.studies.kinds.experts import DENSE, ISOLATED, LEAST_USED
from jobs.models import Job
from jobs.states import JobState
from members.models import Member
from review.models import DatasetVersion
from tests.evaluation.paper.conftest import RICH, look, states
from tests.evaluation.studies.conftest import end
from tests.training.conftest import write_student
from tests.training.engine.hub_server import COMMIT
from training.models import Student
from training.runs import isolating
from training.students import registration

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def mixture(admin: Member) -> Student:
    dense = registration.register_hub(hub_id=parts.MISTRAL, revision=COMMIT, by=admin)
    facts = {"model_type": "mixtral", "parameters": 6 * (dense.parameters or 0), "bytes": 9, "context_length": 512}
    return registration.keep_downloaded(hub_id=parts.MIXTRAL, facts={"revision": COMMIT, **facts}, by=admin)


def test_experts_are_isolated_before_their_study_and_once(
    start: Callable[..., PaperOrder],
    mixture: Student,
    version: DatasetVersion,
    admin: Member,
    tmp_path: Path,
    settings: Any,
) -> None:
    settings.STUDENT_ROOTS = [tmp_path]
    (plan,) = orders.plans_of(PaperRequest(RICH, parts=("experts",), version=version))
    assert (plan.mixture, plan.cells, plan.problem) == (mixture, 9, "")
    assert plan.seconds and plan.seconds > 3600

    order = look(start("experts"))

    isolation = Job.objects.get(kind="isolation")
    assert order.job.waiting_reason == "The isolation of experts is under way"
    assert isolation in order.jobs() and not Study.objects.exists()
    for choice, folder in isolating.folders_of(mixture, version).items():
        write_student(folder, model_type="mistral")
        facts = {"model_type": "mistral", "parameters": 7_241_732_096}
        registration.keep_folder(Student(name=choice, path=str(folder), source="folder", **facts))
    end(isolation)
    look(order)
    study = Study.objects.get()
    students = {arm["name"]: arm["student"] for arm in study.record["grid"]["arms"]}
    assert students == {ISOLATED: "most", DENSE: "mistral-7b-instruct-v03", LEAST_USED: "least"}
    (plan,) = orders.plans_of(PaperRequest(RICH, parts=("experts",), version=version))
    assert (plan.mixture, plan.cells) == (None, 9)


def test_an_isolation_that_fails_is_the_reason_why_its_part_did_not_run(
    start: Callable[..., PaperOrder], mixture: Student
) -> None:
    order = look(start("experts"))
    problem = {"code": "out_of_memory", "message": "The host has too little memory.", "hint": ""}
    end(Job.objects.get(kind="isolation"), "failed", error=problem)

    order = look(order)

    state, reason = states(order)["experts"]
    assert (order.job.state, state) == (JobState.SUCCEEDED, PartState.NOT_RUN)
    assert "The host has too little memory." in reason
    assert not Study.objects.exists()


def test_an_isolation_that_was_under_way_before_the_order_is_waited_for(
    start: Callable[..., PaperOrder], mixture: Student, version: DatasetVersion, admin: Member
) -> None:
    isolation = isolating.order(mixture, version=version, by=admin)

    order = look(start("experts"))

    assert order.job.waiting_reason == "The isolation of experts is under way"
    assert isolation in order.jobs()
    assert not advance.has_news(order.job.subject_id)
    end(isolation, "failed", error={"code": "out_of_memory", "message": "Too little memory.", "hint": ""})
    assert "Too little memory." in states(look(order))["experts"][1]
