"""Rows beside the installation's own, so that every list of the API that can hold one holds one."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django.utils import timezone

from campaigns.models import Campaign, Experiment, InboxAnswer, Look, Stage, StageRun, Suppression
from evaluation.models import Gate, SplitOpening, Suite
from generation.models import JudgedPair, Judging, Order, ResearchedSite, SpendDay
from generation.orders import launch
from jobs.models import Host
from review.models import (
    AcceptanceRule,
    Comment,
    Dataset,
    DatasetVersion,
    Decision,
    Draft,
    Mention,
    Preference,
    RevisionRequest,
)
from serving.models import Promotion
from tests.matrix.installation import Installation
from tests.review import factories
from training.models import Miniature
from webhooks.models import Attempt, Delivery, WebhookEvent


def add(made: Installation) -> dict[str, dict[str, Any]]:
    """Add the rows.

    Returns:
        By route name, what its parameters are filled with instead of the installation's own.
    """
    Host.objects.create(id="host-1", name="Host", boot_id="b", seen_at=timezone.now())
    order = Order.objects.get(pk=made.objects["order"])
    decided = _review(made, under_way=order.job_id)
    SpendDay.objects.create(order=order, day=timezone.now().date(), teacher_name="Offline", way="live", calls=1)
    ResearchedSite.objects.filter(research_id=made.objects["research"]).update(record_id=made.objects["record"])
    SplitOpening.objects.create(
        task=made.task, evaluation_id=made.objects["evaluation"], number=1, planned=3, created_by=made.admin
    )
    # Still being frozen.
    dataset = Dataset.objects.get(slug=made.objects["dataset"])
    DatasetVersion.objects.create(dataset=dataset, number=2, created_by=made.admin)
    rule = {"kind": "at_least", "metric": "passes_all", "bound": 0.7, "against": "", "name": ""}
    Gate.objects.create(task=made.task, number=1, rules=[rule], created_by=made.admin)
    case = {"record": str(made.objects["record"]), "rule": ""}
    frozen = {"kind": "held_out", "name": "Held-out 1", "content_hash": "0" * 64, "cases": [case]}
    Suite.objects.create(task=made.task, task_version=made.task.versions.first(), created_by=made.admin, **frozen)
    asked = launch.launch(launch.OrderRequest(made.task, teacher=order.teacher, count=1, by=made.admin, seed=9))
    about = {"subject": "An evaluation", "subject_id": made.objects["evaluation"], "subject_url": "/"}
    Judging.objects.create(task=made.task, order=asked, prompt_version=1, **about)
    compared = _compared(made, order)
    AcceptanceRule.objects.create(
        task=made.task, task_version=made.task.versions.first(), judge="offline", judge_model="offline",
        prompt_version=1, bound=0.02, audit_share=0.1, started_by=made.admin,
    )  # fmt: skip
    miniature = Miniature.objects.get(pk=made.objects["miniature"])
    Promotion.objects.create(task=made.task, miniature=miniature, act="promote", by=made.admin)
    experiment = Experiment.objects.get(slug=made.objects["experiment"])
    # Saved as a plan, and not registered yet.
    planned = Campaign.objects.get(pk=experiment.campaign_id)
    planned.pk, planned.slug, planned.state = uuid4(), "planned", "planned"
    planned.save(force_insert=True)
    Experiment.objects.create(campaign=planned, slug="planned", margin=0.01, baseline=0.05)
    Look.objects.create(experiment=experiment, number=1, result={"stage": "running"}, created_by=made.admin)
    stage = Stage.objects.get(version__pipeline__slug=made.objects["pipeline"])
    StageRun.objects.create(message_id=made.objects["mail"], stage=stage, state="passed", output={"subject": "Hello"})
    Suppression.objects.create(address_hmac="0" * 64, reason="manual")
    InboxAnswer.objects.create(reply_id=made.objects["reply"], body="Tuesday suits us.", written_by=made.admin)
    event = WebhookEvent.objects.create(kind="job.finished", key="1", task_slug=made.task.slug, data={"state": "done"})
    delivery = Delivery.objects.create(hook_id=made.objects["hook"], event=event, attempts=1)
    Attempt.objects.create(delivery=delivery, number=1, status=200, said="ok")
    decision = {"draft_id": decided}
    return {"api-decisions": decision, "api-dispute": decision, "api-compared-pairs": {"judging_id": compared}}


def _compared(made: Installation, order: Order) -> Any:
    """A judge that reads the desk, and one that compared two systems. Returns: the second."""
    desk, pair = (
        launch.launch(launch.OrderRequest(made.task, teacher=order.teacher, count=1, by=made.admin, seed=seed))
        for seed in (10, 11)
    )
    about = {"task": made.task, "prompt_version": 1, "subject_url": "/"}
    Judging.objects.create(order=desk, subject="the drafts that wait", subject_id=made.task.pk, **about)
    two = {"first": "Offline", "second": "demo (base)"}
    judging = Judging.objects.create(order=pair, subject="one", subject_id=made.objects["evaluation"], **two, **about)
    JudgedPair.objects.create(
        judging=judging, place=0, record_id=made.objects["record"], as_is="first", swapped="second", why="Shorter."
    )
    return judging.pk


def _review(made: Installation, *, under_way: Any) -> Any:
    """Returns: a draft that was decided."""
    pending = Draft.objects.get(pk=made.objects["draft"])
    asked = {"draft": pending, "asked_by": made.admin, "instruction": "Shorter."}
    RevisionRequest.objects.create(**asked, job_id=under_way)
    comment = Comment.objects.create(draft=pending, author=made.members["lead"], text="@ada look.")
    Mention.objects.create(comment=comment, member=made.admin)
    first, second = factories.make_variants(made.task, pending.record)
    Preference.objects.create(
        task=made.task, record=pending.record, reviewer=made.admin, chosen=first,
        shown=[str(first.pk), str(second.pk)], body_hash="0" * 64,
    )  # fmt: skip
    late = {"verdict": "edit", "fields": pending.fields, "before_hash": "0" * 64, "body_hash": "0" * 64}
    Decision.objects.create(id=uuid4(), draft=pending, task=made.task, reviewer=made.admin, is_late=True, **late)
    decided = Draft.objects.filter(task=made.task, state="decided").first()
    assert decided is not None
    return decided.pk
