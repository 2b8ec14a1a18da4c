"""Routers, their miniature and a campaign whose stages they route, for tests of routed stages."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from campaigns.models import Campaign
from campaigns.pipelines import ask, collect, compose
from campaigns.pipelines.compose import StagePlan
from campaigns.planning import launch_checks
from campaigns.planning.plans import ArmPlan
from campaigns.sending import lifecycle, tick
from campaigns.states import StageKind
from campaigns.writing import order_drafts
from generation.models import Order, Teacher
from members.models import Member
from review.models import Draft, Task
from review.tasks.queries import latest_version
from serving.models import Router, RouterVersion
from serving.promotions import promotion
from tests.campaigns import factories, stage_rows
from tests.review import factories as desk
from tests.training.conftest import freeze, write_student
from tests.training.miniatures import conclude
from training.models import Miniature
from training.runs import launch_run
from training.runs.run_request import RunRequest
from training.students import registration

Start = Callable[..., Campaign]
SENDS_ON = 2


@pytest.fixture
def miniature(task: Task, admin: Member, tmp_path: Path, settings: Any) -> Miniature:
    settings.STUDENT_ROOTS = [tmp_path / "students"]
    return promoted_miniature(task, admin, tmp_path)


def promoted_miniature(task: Task, admin: Member, folder: Path) -> Miniature:
    """Tuned on a few decisions, promoted, and so a teacher of its task."""
    version = freeze(task, admin, train=10, validation=2)
    path = write_student(folder / "students" / "tiny")
    student = registration.register_folder(path=str(path), by=admin, name="Tiny", licence="Apache-2.0")
    run = launch_run.launch(RunRequest(dataset_version=version, student=student), recipe="demo", by=admin)
    made = conclude(run, folder / "run")
    promotion.promote(made, by=admin)
    return made


@pytest.fixture
def small(miniature: Miniature) -> Teacher:
    return Teacher.objects.get(provided_by=f"serving:{miniature.pk}")


@pytest.fixture
def make_version(task: Task, miniature: Miniature, admin: Member) -> Callable[..., RouterVersion]:
    """A version of a router as `set_thresholds` leaves it: up to one mark the miniature writes,
    else the offline teacher.
    """

    def make(of: Task = task, **values: Any) -> RouterVersion:
        router = Router.objects.create(
            task=of, slug=f"thrifty-{Router.objects.count()}", name="Thrifty", created_by=admin
        )
        given = {
            "feature": "checks", "takes_low": True, "thresholds": [1.0], "margin": 0.02, "confidence": 0.95,
            "level": 0.975, "attempt": 1, "audit_share": 0.0, "pairs": 2000, "lost": 0, "won": 0,
            "task_version": latest_version(of), "expected": [{"share": 0.5, "cost_usd": 0.001},
                {"share": 0.5, "cost_usd": 0.01}], **values,
        }  # fmt: skip
        given.setdefault("teacher", stage_rows.offline())
        return RouterVersion.objects.create(router=router, number=1, miniature=miniature, records_hash="", **given)

    return make


@pytest.fixture
def start(task: Task, people: None, lead: Member) -> Start:
    """A campaign whose mails are written by whom a router says, launched."""

    def launch(version: RouterVersion, **values: Any) -> Campaign:
        return lifecycle.launch(planned(task, version, lead, **values), by=lead)

    return launch


def routed_write(task: Task, version: RouterVersion) -> StagePlan:
    return StagePlan("write", StageKind.WRITE, task, router=version)


def planned(task: Task, version: RouterVersion, lead: Member, **values: Any) -> Campaign:
    pipeline = compose.create(task, name="Spring", slug="spring", stages=[routed_write(task, version)], by=lead)
    return factories.make_draft_campaign(task, by=lead, arms=[ArmPlan("A", pipeline=pipeline)], **values)


def answer(*, marked: int = 0, fails: int = 0, sure: Sequence[float | None] = ()) -> None:
    """Every order that waits is answered; so many of the first records' answers get marks that send them on, or fail.

    `sure` says of the first ones how sure their writer was.
    """
    waiting = list(Order.objects.filter(purpose="campaign").exclude(job__state="succeeded"))
    failing = [UUID(pk) for order in waiting for pk in order.record_ids[:fails]]
    stage_rows.answer_orders({"outreach": lambda record: None if record.pk in failing else desk.mail(record)})
    for order in waiting:
        first = Draft.objects.filter(job_id=order.job_id, record_id__in=order.record_ids[:marked])
        first.update(marks_count=SENDS_ON)
        for pk, value in zip(order.record_ids, sure, strict=False):
            Draft.objects.filter(job_id=order.job_id, record_id=pk).update(mean_log_prob=value)


def asked(teacher: Teacher) -> int:
    return sum(len(order.record_ids) for order in Order.objects.filter(purpose="campaign", teacher=teacher))


def die_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """A tick that dies in each of these steps once its work is done, before it is committed."""
    for module, name in (
        (ask, "ask"),
        (collect, "collect"),
        (order_drafts, "take_drafts"),
        (order_drafts, "order_drafts"),
    ):
        whole = getattr(module, name)

        def die(held: Campaign, whole: Callable[[Campaign], Any] = whole) -> Any:
            whole(held)
            raise KeyboardInterrupt

        monkeypatch.setattr(module, name, die)
        with contextlib.suppress(KeyboardInterrupt):
            tick.advance_all()
        monkeypatch.setattr(module, name, whole)


def codes(campaign: Campaign, by: Member) -> set[str]:
    return {problem.code for problem in launch_checks.launch_problems(campaign, by=by)}
