from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied

from generation.models import Call, Order, PriceEntry, Teacher
from generation.orders import launch, run_spec
from members.models import Member
from review.drafts.intake import NewDraft, add_drafts
from review.models import Record, Source, Task
from review.tasks.queries import latest_version
from web.errors import Refusal


def test_a_quote_writes_nothing(task: Task, source: Source, paid: Teacher, lead: Member) -> None:
    quoted = launch.quote(launch.OrderRequest(task, teacher=paid, count=10, by=lead))

    assert quoted.estimate.cost_low_usd < quoted.estimate.cost_usd < quoted.estimate.cost_high_usd
    assert quoted.estimate.worst_call_usd > 0.004
    assert quoted.suggested_budget_usd >= Decimal(str(quoted.estimate.cost_high_usd))
    assert not Order.objects.exists()


def test_an_estimate_learns_from_what_was_measured(paid_order: Order, task: Task, paid: Teacher, lead: Member) -> None:
    for n in range(20):
        Call.objects.create(
            id=f"00000000-0000-0000-0000-{n:012d}",
            order=paid_order,
            record_id=paid_order.record_ids[0],
            state="answered",
            input_tokens=1000,
            output_tokens=100,
            cost_usd=Decimal("0.0035"),
            latency_s=2.0,
        )

    estimate = launch.quote(launch.OrderRequest(task, teacher=paid, count=32, by=lead)).estimate

    assert (estimate.input_tokens, estimate.output_tokens) == (32_000, 3_200)
    assert estimate.cost_usd == pytest.approx(32 * 0.0035)
    assert estimate.time_s == 4.0
    assert "measured" in estimate.basis


def test_one_answer_that_cost_a_hundred_times_the_others_leaves_the_estimate_within_its_range(
    paid_order: Order, task: Task, paid: Teacher, lead: Member
) -> None:
    Call.objects.bulk_create(
        Call(
            id=f"00000000-0000-0000-0000-{n:012d}", order=paid_order, record_id=paid_order.record_ids[0],
            state="answered", input_tokens=100_000 if n == 7 else 1_000, output_tokens=100, latency_s=2.0,
            cost_usd=Decimal("0.3515") if n == 7 else Decimal("0.0035"),
        )
        for n in range(30)
    )  # fmt: skip

    estimate = launch.quote(launch.OrderRequest(task, teacher=paid, count=32, by=lead)).estimate

    assert estimate.cost_low_usd <= estimate.cost_usd <= estimate.cost_high_usd


def test_what_was_measured_under_other_parameters_does_not_count(
    paid_order: Order, task: Task, paid: Teacher, lead: Member
) -> None:
    for n in range(20):
        Call.objects.create(
            id=f"00000000-0000-0000-0000-{n:012d}",
            order=paid_order,
            record_id=paid_order.record_ids[0],
            state="answered",
            input_tokens=1000,
            output_tokens=100,
        )
    paid.parameters = {"max_tokens": 800}

    assert "guessed" in launch.quote(launch.OrderRequest(task, teacher=paid, count=32, by=lead)).estimate.basis


def test_records_with_the_fewest_drafts_come_first(task: Task, source: Source, offline: Teacher, lead: Member) -> None:
    written = list(Record.objects.order_by("row_number").values_list("pk", flat=True)[:3])
    fields = {"subject": "S", "body": "B"}
    add_drafts(version=latest_version(task), drafts=[NewDraft(record_id=pk, fields=fields) for pk in written])

    quoted = launch.quote(launch.OrderRequest(task, teacher=offline, count=3, by=lead))

    assert not set(quoted.record_ids) & {str(pk) for pk in written}


def test_more_drafts_than_records_go_round(task: Task, source: Source, offline: Teacher, lead: Member) -> None:
    order = launch.launch(launch.OrderRequest(task, teacher=offline, count=14, by=lead))

    assert len(order.record_ids) == 6
    assert order.count == 14


def test_the_teacher_of_an_order_stays_as_it_was(paid_order: Order, paid: Teacher) -> None:
    Teacher.objects.filter(pk=paid.pk).update(model="another")
    PriceEntry.objects.all().delete()

    paid_order.refresh_from_db()

    assert paid_order.teacher_spec["model"] == "gpt-4o"
    assert paid_order.teacher_spec["output_usd_per_million"] == 10.0


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"count": 0}, "count"),
        ({"count": 100_001}, "count"),
        ({"max_cost_usd": None}, "budget_missing"),
        ({"max_cost_usd": Decimal("0.001")}, "budget_too_small"),
    ],
)
def test_an_order_that_cannot_be_is_refused_with_a_code(
    task: Task, source: Source, paid: Teacher, lead: Member, change: dict[str, Any], code: str
) -> None:
    asked: dict[str, Any] = {"count": 5, "max_cost_usd": Decimal(1)} | change

    with pytest.raises(Refusal) as refused:
        launch.launch(launch.OrderRequest(task, teacher=paid, by=lead, **asked))

    assert refused.value.code == code
    assert not Order.objects.exists()


@pytest.mark.parametrize("dearer", [{"inference_geo": "us"}, {"service_tier": "priority"}])
def test_a_teacher_of_an_earlier_release_whose_calls_cost_more_than_listed_is_not_asked(
    task: Task, source: Source, paid: Teacher, lead: Member, dearer: dict[str, str]
) -> None:
    asked = launch.OrderRequest(task, teacher=paid, count=1, by=lead, max_cost_usd=Decimal(1))
    order = launch.launch(asked)
    paid.parameters = dearer
    paid.save()
    Order.objects.filter(pk=order.pk).update(teacher_spec=order.teacher_spec | {"parameters": dearer})

    for ask in (lambda: launch.quote(asked), lambda: run_spec.build(order.job)):
        with pytest.raises(Refusal, match="cost more than the price table says") as refused:
            ask()
        assert refused.value.code == "teacher_invalid"


def test_a_teacher_without_key_price_or_use_is_refused(
    task: Task, source: Source, paid: Teacher, lead: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    codes = []
    for spoil in (
        lambda: monkeypatch.delenv("OPENAI_API_KEY"),
        lambda: PriceEntry.objects.all().delete(),
        lambda: Teacher.objects.filter(pk=paid.pk).update(is_active=False),
    ):
        spoil()
        with pytest.raises(Refusal) as refused:
            launch.quote(launch.OrderRequest(task, teacher=Teacher.objects.get(pk=paid.pk), count=1, by=lead))
        codes.append(refused.value.code)

    assert codes == ["secret_missing", "price_unknown", "teacher_off"]


def test_an_empty_task_and_a_foreign_record_are_refused(task: Task, offline: Teacher, lead: Member) -> None:
    with pytest.raises(Refusal, match="no records"):
        launch.launch(launch.OrderRequest(task, teacher=offline, count=1, by=lead))


def test_the_product_itself_may_order_but_a_viewer_may_not(
    task: Task, source: Source, offline: Teacher, viewer: Member
) -> None:
    assert launch.launch(launch.OrderRequest(task, teacher=offline, count=1, by=None)).created_by is None

    with pytest.raises(PermissionDenied):
        launch.launch(launch.OrderRequest(task, teacher=offline, count=1, by=viewer))


def test_a_job_and_its_order_are_launched_together_or_not_at_all(
    task: Task, source: Source, offline: Teacher, lead: Member
) -> None:
    order = launch.launch(launch.OrderRequest(task, teacher=offline, count=2, by=lead))

    assert (order.job.kind, order.job.queue, order.job.task_slug, order.job.subject_id) == (
        "generation",
        "generation",
        "outreach",
        order.pk,
    )
    assert order.job.subject_url.endswith(f"/generation/{order.pk}/")
