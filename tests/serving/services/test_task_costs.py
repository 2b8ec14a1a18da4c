"""What a task's outputs cost: by teacher, by miniature, people and hosts included, and what was saved, to the cent."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone

from evaluation.evaluations.run_inputs import tuned_name
from evaluation.evaluations.speeds import MeasuredCapacity
from evaluation.models import Evaluation
from generation.models import Call, Order, SpendDay, Teacher
from jobs.models import Job, JobEvent
from members.models import Member
from review.models import Decision, Task
from review.tasks.queries import latest_version
from serving.costs import figures, savings, writers
from serving.costs.writers import Reviewing, WriterCost
from serving.models import Usage
from tests.review import factories
from training.models import HostPrice, Miniature

pytestmark = pytest.mark.django_db
CENT = Decimal("0.01")


@pytest.fixture
def paid(db: None) -> Teacher:
    return Teacher.objects.create(slug="gpt-4o", name="GPT-4o", provider="openai", model="gpt-4o")


@pytest.fixture
def spend(task: Task) -> Callable[..., Order]:
    """An order whose calls the books have."""

    def make(teacher: Teacher, usd: str, outputs: int, *, days_ago: int = 0, purpose: str = "desk") -> Order:
        order = Order.objects.create(
            task=task,
            task_version=latest_version(task),
            teacher=teacher,
            teacher_spec={"name": teacher.name, "provider": teacher.provider, "model": teacher.model},
            count=outputs,
            purpose=purpose,
        )
        Call.objects.bulk_create(Call(id=uuid4(), order=order, state="answered", position=n) for n in range(outputs))
        Call.objects.filter(order=order).update(created_at=timezone.now() - timedelta(days=days_ago))
        day = timezone.localdate() - timedelta(days=days_ago)
        SpendDay.objects.create(
            order=order,
            day=day,
            teacher_name=teacher.name,
            way="live",
            calls=outputs,
            input_tokens=outputs * 500,
            output_tokens=outputs * 100,
            cost_usd=Decimal(usd),
        )
        return order

    return make


def test_a_teacher_costs_what_the_ledger_has_over_its_outputs(
    task: Task, admin: Member, paid: Teacher, spend: Callable[..., Order]
) -> None:
    spend(paid, "0.030001", 10)
    spend(paid, "0.05", 10)
    spend(paid, "9", 3, purpose="rubric")

    costs = figures.task_costs(admin, task)

    [line] = costs.teachers
    assert (line.usd, line.outputs, line.per_thousand) == (Decimal("0.080001"), 20, Decimal("4.000050"))
    assert line.high_usd is None or line.low_usd < 0.004 < line.high_usd
    assert costs.volume == costs.volume_today == 20
    assert costs.people is None


@pytest.mark.slow
def test_what_failed_was_cancelled_or_is_long_ago_is_no_output(
    task: Task, paid: Teacher, miniature: Miniature, spend: Callable[..., Order]
) -> None:
    order = spend(paid, "0.01", 5)
    spend(paid, "0.01", 7, days_ago=40)
    Call.objects.filter(order=order, position__lt=2).update(state="failed")
    Usage.objects.create(
        day=timezone.localdate(), miniature=miniature, token="sk-1", requests=10, errors=3, cancelled=1
    )

    assert figures.volume_today(task) == 3 + 6


def test_a_task_without_rows_has_no_made_up_figure(task: Task, admin: Member, as_member: Any) -> None:
    costs = figures.task_costs(admin, task)

    assert (costs.volume, costs.teachers, costs.people, costs.savings.saved_usd) == (1_000, [], None, None)
    shown = as_member(admin).get(reverse("serving:costs", args=[task.slug]))
    assert shown.status_code == 200
    assert "not measured" in shown.content.decode()


def test_people_cost_their_seconds_at_the_hourly_rate() -> None:
    assert Reviewing(20, 20, 600.0).usd_per_thousand(Decimal(36)) == Decimal(300)
    assert Reviewing(0, 0, 0.0).usd_per_thousand(Decimal(36)) is None


def test_a_draft_that_two_people_reviewed_costs_a_review_each(task: Task, lead: Member, viewer: Member) -> None:
    drafts = factories.make_drafts(task, factories.make_records(factories.make_source(task), 2))
    for draft, reviewer, seconds in (
        *((draft, reviewer, 30) for draft in drafts for reviewer in (lead, viewer)),
        # Whoever corrects a verdict reviews no second time, but the time counts.
        (drafts[0], lead, 12),
    ):
        Decision.objects.create(
            draft=draft,
            task=task,
            reviewer=reviewer,
            verdict="accept",
            before_hash=draft.fields_hash,
            body_hash="0" * 64,
            seconds=seconds,
        )

    reviewed = writers.reviewing(task)

    assert (reviewed.drafts, reviewed.reviews, reviewed.seconds) == (2, 4, 132.0)
    assert reviewed.usd_per_thousand(Decimal(36)) == Decimal(330)


def test_the_break_even_has_an_interval_and_ends_where_the_gpu_does() -> None:
    writer = WriterCost("A", 100, Decimal(1), 0.005, 0.02)
    small = MeasuredCapacity(50.0, "run", timezone.now())

    even = figures.break_even(writer, Decimal(2), None)

    assert (even.per_month, even.fewest, even.most) == (146_000, 73_000, 292_000)
    never = figures.break_even(writer, Decimal(2), small)
    assert never.per_month is None
    assert "146,000" in never.why_never


@pytest.mark.slow
def test_what_was_saved_is_the_ledgers_rows_to_the_cent(
    task: Task, admin: Member, paid: Teacher, promoted: Miniature, spend: Callable[..., Order]
) -> None:
    own = Teacher.objects.get(provided_by=f"serving:{promoted.pk}")
    spend(paid, "0.133333", 7, days_ago=60)
    spend(paid, "0.05", 2)
    spend(own, "0", 41)
    spend(own, "0", 1000, days_ago=60)
    spend(own, "0", 500, purpose="rubric")
    today = timezone.localdate()
    HostPrice.objects.create(host="default", usd_per_hour=2)
    Usage.objects.create(day=today, miniature=promoted, token="internal", requests=41, seconds=3)
    Usage.objects.create(day=today, miniature=promoted, token="abc", requests=5, seconds=1)
    began = datetime(today.year, today.month, 1, tzinfo=UTC)
    served = Job.objects.create(kind="serving", queue="serving", title="Serving")
    for seq, (state, after_s) in enumerate([("running", -3600), ("cancelled", 9)], start=1):
        at = began + timedelta(seconds=after_s)
        JobEvent.objects.create(job=served, seq=seq, fence=1, ts=at, kind="state", payload={"state": state})

    saved = figures.task_costs(admin, task).savings

    rows = [
        row
        for row in SpendDay.objects.select_related("order")
        if row.order.purpose in ("desk", "evaluation", "campaign")
    ]
    month = [row for row in rows if (row.day.year, row.day.month) == (today.year, today.month)]
    theirs = [row for row in rows if row.teacher_name == "GPT-4o"]
    each = sum(row.cost_usd for row in theirs) / sum(row.calls for row in theirs)
    calls = sum(row.calls for row in month if row.teacher_name == own.name)
    would = (each * calls).quantize(CENT, ROUND_HALF_UP)
    assert (saved.calls, saved.would_cost_usd, saved.total_usd) == (calls, would, sum(row.cost_usd for row in month))
    # Nine seconds of this month at $2 an hour: half a cent, rounded up.
    assert (saved.gpu_usd, saved.beside) == (CENT, 5)
    assert saved.saved_usd == would - CENT


@pytest.mark.slow
def test_a_repaired_answer_is_one_output_and_a_call_that_failed_saved_nothing(
    task: Task, admin: Member, paid: Teacher, promoted: Miniature, spend: Callable[..., Order]
) -> None:
    repaired = spend(paid, "1", 10)
    own = spend(Teacher.objects.get(provided_by=f"serving:{promoted.pk}"), "0", 4)
    Call.objects.create(id=uuid4(), order=own, state="failed", position=4)
    for order in (repaired, own):
        Call.objects.filter(order=order, position=0).update(state="failed", error_code="flawed")
        Call.objects.create(id=uuid4(), order=order, state="answered", position=0, is_repair=True)
    SpendDay.objects.filter(order=own).update(calls=6)

    saved = figures.task_costs(admin, task).savings

    assert (saved.calls, saved.outputs, saved.would_cost_usd) == (6, 4, Decimal("0.40"))


def test_a_host_that_served_before_and_has_no_price_hides_no_saving_of_now(db: None, settings: Any) -> None:
    settings.HOST_USD_PER_HOUR = 0
    HostPrice.objects.create(host="here", usd_per_hour=2)
    now = datetime(2026, 11, 20, tzinfo=UTC)
    for host, began, ended in (
        ("gone", datetime(2026, 9, 1, tzinfo=UTC), datetime(2026, 9, 2, tzinfo=UTC)),
        ("here", now - timedelta(hours=2), now - timedelta(hours=1)),
    ):
        served = Job.objects.create(kind="serving", queue="serving", title="Serving")
        for seq, (state, at) in enumerate((("running", began), ("cancelled", ended)), start=1):
            payload = {"state": state, "host": host}
            JobEvent.objects.create(job=served, seq=seq, fence=1, ts=at, kind="state", payload=payload)

    assert savings.held_usd(datetime(2026, 11, 1, tzinfo=UTC), now) == 2
    assert savings.held_usd(datetime(2026, 8, 1, tzinfo=UTC), now) is None


@pytest.mark.slow
def test_without_a_price_of_the_serving_host_no_saving_is_claimed(
    task: Task, admin: Member, paid: Teacher, promoted: Miniature, spend: Callable[..., Order], settings: Any
) -> None:
    settings.HOST_USD_PER_HOUR = 0
    spend(paid, "0.05", 2)
    spend(Teacher.objects.get(provided_by=f"serving:{promoted.pk}"), "0", 4)
    Usage.objects.create(day=timezone.localdate(), miniature=promoted, token="internal", requests=4, seconds=3.5)

    saved = figures.task_costs(admin, task).savings

    assert (saved.gpu_usd, saved.saved_usd, saved.beside) == (None, None, 0)


@pytest.mark.slow
def test_a_miniature_costs_its_host_and_is_measured_against_the_cheapest_not_worse(
    task: Task, admin: Member, paid: Teacher, promoted: Miniature, spend: Callable[..., Order], as_member: Any
) -> None:
    HostPrice.objects.create(host="default", usd_per_hour=2)
    spend(paid, "1", 100)
    name = tuned_name(promoted.run)
    seconds = {"mean": 0.5, "low": 0.4, "high": 0.6, "n": 40}
    worth = {"mean": 0.8, "low": 0.7, "high": 0.9, "n": 40, "companies": 40}
    Evaluation.objects.create(
        task=task,
        run=promoted.run,
        dataset_version=promoted.run.dataset_version,
        task_version=promoted.run.task_version,
        summary={
            "kinds": {name: "lora", paid.name: "teacher"},
            "devices": {name: "cuda"},
            "systems": {name: {"seconds": seconds, "passes_all": worth}, paid.name: {"passes_all": worth}},
            "differences": [
                {
                    "metric": "passes_all",
                    "of": name,
                    "against": paid.name,
                    "value": {"mean": 0, "low": -0.02, "high": 0.02, "n": 40, "companies": 40},
                }
            ],
        },
    )

    [line] = figures.task_costs(admin, task, volume=10_000).miniatures

    # 7,200 an hour at $2; 730 hours for 10,000.
    assert (line.hosts, line.batch, line.always_on) == (1, Decimal("0.277778"), Decimal(146))
    assert line.cheapest
    assert line.cheapest.name == paid.name
    assert [even.per_month for even in line.break_evens] == [146_000]
    shown = as_member(admin).get(reverse("serving:costs", args=[task.slug]), {"volume": "10000"}).content.decode()
    assert "$146.00" in shown
    assert "GPT-4o, $10.00" in shown
    told = as_member(admin).get(reverse("api-task-costs", args=[task.slug]), {"volume": "10000"}).json()
    assert told["miniatures"][0]["cheapest_not_worse"]["usd_per_1000"] == "10.000000"


def test_miniatures_that_are_left_out_are_counted(
    task: Task, admin: Member, make_miniature: Callable[..., Miniature], as_member: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(figures, "MOST_MINIATURES", 1)
    pages = []
    for _ in range(2):
        make_miniature()
        pages.append(as_member(admin).get(reverse("serving:costs", args=[task.slug])).content.decode())

    assert "Serving 1 miniature on a GPU" in pages[0]
    assert "Serving the newest 1 of 2 miniatures on a GPU" in pages[1]
