"""The best of a record's drafts where an order or its judge fails: what a resume brings is waited for, or not paid."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from generation.diversity.request import MixRequest
from generation.kinds import CollectKind, GenerationKind
from generation.models import Order, ProviderBatch, Teacher
from generation.money import limits
from generation.orders import launch
from generation.orders.earlier_calls import earlier_calls
from generation.orders.run_spec import KIND
from generation.states import COLLECT, BatchState, BudgetScope
from jobs.contracts import EngineError
from jobs.kinds import registry
from jobs.lifecycle import control, end
from jobs.models import Job
from members.models import Member
from review.models import Source, Task
from tests.generation.test_ingest import told
from tests.generation.variety.test_best_of import SOUND, draft, on_desk, whole_order
from web.errors import Refusal

pytestmark = pytest.mark.django_db


def test_a_sibling_that_a_resume_asks_for_again_is_waited_for(checked: Task, offline: Teacher, lead: Member) -> None:
    order = launch.launch(
        launch.OrderRequest(checked, teacher=offline, count=2, per_record=2, by=lead, mix=MixRequest(best_of="checks"))
    )
    kind = GenerationKind()
    unpaid = told(order, "failure", 2, index=2, code="unreachable", message="No route.", excerpt="", cost_usd=0)

    kind.on_events(order.job, [draft(order, 1, "Dear [Name]?"), unpaid])
    before = on_desk()
    kind.on_events(order.job, [draft(order, 2, SOUND)])

    assert (before, on_desk()) == ([], ["Hello 2"])


def end_job(order: Order, state: str, *, kind: str = KIND) -> None:
    Job.objects.filter(subject_id=order.pk, kind=kind).update(state=state)
    for kinds, consumer in registry.CONSUMERS.values():
        if kind in kinds:
            consumer(Job.objects.get(subject_id=order.pk, kind=kind))


@pytest.mark.parametrize("ending", ["succeeded", "cancelled"])
def test_a_failed_order_waits_with_records_that_a_resume_brings_more_drafts_for(
    checked: Task, offline: Teacher, lead: Member, ending: str
) -> None:
    order = launch.launch(
        launch.OrderRequest(checked, teacher=offline, count=6, per_record=2, by=lead, mix=MixRequest(best_of="checks"))
    )
    kind = GenerationKind()
    whole = [draft(order, 1, SOUND), draft(order, 4, "Dear [Name]?")]
    kind.on_events(order.job, [*whole, draft(order, 2, "Dear [Name]?", record=1), draft(order, 3, SOUND, record=2)])

    end_job(order, "failed")
    before = on_desk()
    kind.on_events(order.job, [draft(order, 5, SOUND, record=1)])
    end_job(order, ending)

    assert (before, on_desk()) == (["Hello 1"], ["Hello 1", "Hello 3", "Hello 5"])


def test_a_cancelled_order_waits_for_what_its_batch_at_the_provider_brings(
    checked: Task, offline: Teacher, lead: Member
) -> None:
    order = launch.launch(
        launch.OrderRequest(checked, teacher=offline, count=3, per_record=3, by=lead, mix=MixRequest(best_of="checks"))
    )
    GenerationKind().on_events(order.job, [draft(order, 1, "Dear [Name]?")])
    ProviderBatch.objects.create(order=order, token="t", state=BatchState.SUBMITTED, prepared_at=timezone.now())

    control.cancel(order.job, by=lead)
    end_job(order, "cancelled")
    before = on_desk()
    CollectKind().on_events(Job.objects.get(kind=COLLECT), [draft(order, 2, SOUND)])
    end_job(order, "succeeded", kind=COLLECT)

    assert (before, on_desk()) == ([], ["Hello 2"])


def test_a_failed_order_asks_the_judge_once_after_its_resume(
    task: Task, source: Source, lead: Member, serve: Any
) -> None:
    writer, judge = (serve(name, lambda body: "A")[0] for name in ("quill", "judge"))
    mix = MixRequest(best_of="judge", judge=judge)
    order = launch.launch(
        launch.OrderRequest(task, teacher=writer, count=2, per_record=2, by=lead, max_cost_usd=Decimal("0.02"), mix=mix)
    )
    GenerationKind().on_events(order.job, [draft(order, 1, SOUND), draft(order, 2, SOUND)])

    end_job(order, "failed")
    before = order.followers.count()
    end_job(order, "succeeded")

    assert (before, order.followers.count()) == (0, 1)


@pytest.mark.parametrize("best_of", ["checks", "judge"])
def test_a_failed_order_that_no_budget_lets_resume_chooses_once_it_is_cancelled(
    task: Task, source: Source, lead: Member, serve: Any, best_of: str, django_capture_on_commit_callbacks: Any
) -> None:
    writer, judge = (serve(name, lambda body: "A")[0] for name in ("quill", "judge"))
    mix = MixRequest(best_of=best_of, judge=judge if best_of == "judge" else None)
    order = launch.launch(
        launch.OrderRequest(task, teacher=writer, count=3, per_record=3, by=lead, max_cost_usd=Decimal("0.10"), mix=mix)
    )
    paid = {"cost_usd": 0.006}
    drafts = [told(order, "draft", n, index=n, fields={"subject": f"Hello {n}", "body": SOUND}, **paid) for n in (1, 2)]
    GenerationKind().on_events(order.job, drafts)
    limits.set_limit(scope=BudgetScope.TASK_TOTAL, task=task, limit_usd=Decimal("0.01"), by=lead)
    Job.objects.filter(pk=order.job_id).update(state="running")

    with django_capture_on_commit_callbacks(execute=True):
        end.fail(order.job_id, order.job.fence, error=EngineError(code="key", message="Revoked."))
    before = on_desk()
    with pytest.raises(Refusal, match="Nothing is left"):
        control.resume(order.job, by=lead)
    with django_capture_on_commit_callbacks(execute=True):
        control.cancel(order.job, by=lead)

    assert (before, len(on_desk())) == ([], 1)


def test_a_resumed_comparison_pays_for_no_record_that_the_checks_chose_for(
    task: Task, source: Source, lead: Member, serve: Any, carry_out: Callable[[Order], None]
) -> None:
    order, _ = whole_order(task, lead, serve, carry_out, lambda body: "A")
    judging = order.followers.get()
    end_job(judging, "failed")

    settled = earlier_calls(judging).settled

    assert len(on_desk()) == len(settled) == judging.count
