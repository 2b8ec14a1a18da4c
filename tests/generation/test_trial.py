"""Testing a teacher: one call for a made-up record, its price before, its answer or its error after."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse

from generation.models import Call, Order, PriceEntry, Teacher
from generation.money.corrections import correct
from generation.orders import launch, run_spec, trial
from generation.teachers import edit
from generation.teachers.edit import NewTeacher
from generation.teachers.queries import prices
from jobs.models import Job
from members.models import Member
from review.models import Draft, Record, Source, Task
from review.spec.task_spec import TaskSpec
from review.tasks.example import made_up_facts
from tests.generation.engine.conftest import TASK
from web.errors import Refusal

pytestmark = pytest.mark.django_db
SignIn = Callable[[Member], Client]


def call_of(order: Order, **over: object) -> Call:
    known = {"id": order.pk, "order": order, "record_id": order.record_ids[0], "cost_usd": Decimal("0.0021")}
    return Call.objects.create(**known | over)  # type: ignore[misc]


def test_a_test_asks_once_about_a_made_up_record_within_its_worst_price(
    task: Task, source: Source, paid: Teacher, admin: Member
) -> None:
    estimate = trial.price(paid, task, by=admin)
    order = trial.start(paid, task, by=admin)
    assert order.job is not None
    [record] = run_spec.build(order.job)["records"]

    said = str(record["messages"])
    assert (order.count, order.purpose) == (1, "trial")
    assert 0 < estimate.cost_usd <= estimate.worst_call_usd <= float(order.max_cost_usd or 0)
    assert not any(value in said for one in Record.objects.all() for value in one.facts.values())
    assert str(next(iter(made_up_facts(TaskSpec.model_validate(TASK)).values()))) in said


def test_a_test_is_refused_where_nothing_may_be_asked(
    task: Task, paid: Teacher, lead: Member, viewer: Member, source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(PermissionDenied):
        trial.start(paid, task, by=viewer)
    paid.parameters = {"max_tokens": 200_000}
    with pytest.raises(Refusal, match="the most for a test"):
        trial.start(paid, task, by=lead)
    Record.objects.all().delete()
    paid.parameters = {"max_tokens": 400}
    with pytest.raises(Refusal, match="no records"):
        trial.start(paid, task, by=lead)

    assert not Order.objects.exists()


def test_the_page_tells_the_price_then_the_answer(
    task: Task, source: Source, paid: Teacher, admin: Member, lead: Member, as_member: SignIn
) -> None:
    page, url = as_member(admin), reverse("generation:teacher-test", args=[paid.slug])

    before = page.get(url).content.decode()
    asked = page.post(url, {"task": task.slug})
    waiting = page.get(url).content.decode()
    order = Order.objects.get()
    call_of(order, state="answered", fields={"subject": "A depot", "body": "Shall we talk?"})
    Job.objects.filter(pk=order.job_id).update(state="succeeded")
    after = page.get(url).content.decode()

    assert "at most" in before
    assert asked.status_code == 302
    assert "Waiting for a worker, then for the answer" in waiting
    assert "every 2s" in waiting
    assert "A depot" in after
    assert "it answered" in after
    assert "every 2s" not in after
    assert not Draft.objects.exists()
    assert as_member(lead).get(url).status_code == 403


def test_the_page_tells_the_providers_error_in_words(
    task: Task, source: Source, paid: Teacher, admin: Member, as_member: SignIn
) -> None:
    order = trial.start(paid, task, by=admin)
    call_of(order, state="failed", error_code="key_refused", error_message="The provider refused the key.", cost_usd=0)
    Job.objects.filter(pk=order.job_id).update(state="failed")

    body = as_member(admin).get(reverse("generation:teacher-test", args=[paid.slug])).content.decode()

    assert "The provider refused the key." in body
    assert "no answer" in body


@pytest.fixture
def unpriced(admin: Member, settings: Any) -> Teacher:
    """A teacher on the web whose model the price table does not have."""
    new = NewTeacher("new", "Brand new", "openai", "gpt-brand-new", key="sk-canary-0123456789")
    return edit.create(new, by=admin)


def test_a_teacher_is_tested_before_it_has_a_price(
    task: Task, source: Source, paid: Teacher, unpriced: Teacher, admin: Member, as_member: SignIn
) -> None:
    page, url = as_member(admin), reverse("generation:teacher-test", args=[unpriced.slug])
    dearest = prices().order_by("-output_usd_per_million")[0]

    listed = page.get(reverse("generation:teachers")).content.decode()
    before = page.get(url).content.decode()
    asked = page.post(url, {"task": task.slug})

    assert url in listed
    assert "What the test costs is unknown" in before and "Test this teacher" in before
    assert "About $" not in before
    assert asked.status_code == 302
    order = Order.objects.get()
    assert 0 < (order.max_cost_usd or 0) <= trial.MOST_USD
    assert 0 < order.teacher_spec["output_usd_per_million"] <= float(dearest.output_usd_per_million)
    with pytest.raises(Refusal, match="no price"):
        launch.launch(launch.OrderRequest(task, teacher=unpriced, count=1, by=admin, max_cost_usd=Decimal(5)))


@pytest.mark.parametrize(
    ("state", "fields", "words"),
    [
        ("answered", {"subject": "A depot", "body": "Shall we talk?"}, "cost unknown"),
        ("failed", None, "Its cost is unknown"),
    ],
)
def test_what_a_test_without_a_price_cost_is_unknown_until_it_is_corrected(
    task: Task,
    source: Source,
    paid: Teacher,
    unpriced: Teacher,
    admin: Member,
    as_member: SignIn,
    state: str,
    fields: dict[str, str] | None,
    words: str,
) -> None:
    page, url = as_member(admin), reverse("generation:teacher-test", args=[unpriced.slug])
    order = trial.start(unpriced, task, by=admin)
    call = call_of(order, state=state, fields=fields, error_message="Away.")
    Job.objects.filter(pk=order.job_id).update(state="succeeded")

    counted = page.get(url).content.decode()
    of_order = page.get(reverse("generation:detail", args=[order.pk])).content.decode()
    correct(order, call.pk, cost_usd=Decimal("0.0042"), reason="The invoice.", by=admin)
    corrected = page.get(url).content.decode()

    assert words in counted and "counted" in counted
    assert "counted at an assumed price" in of_order
    assert words not in corrected and "$0.0042" in corrected


def test_however_dear_the_table_a_test_without_a_price_stays_under_its_most(
    task: Task, source: Source, unpriced: Teacher, admin: Member
) -> None:
    PriceEntry.objects.create(
        provider="openai", model="dearest", from_date="2026-01-01", as_of="2026-01-01", input_usd_per_million=900,
        output_usd_per_million=9000
    )  # fmt: skip

    order = trial.start(unpriced, task, by=admin)

    assert Decimal("0.4") < (order.max_cost_usd or 0) <= trial.MOST_USD


def test_a_server_of_ones_own_is_tested_for_nothing(
    task: Task, source: Source, admin: Member, settings: Any, as_member: SignIn
) -> None:
    settings.ALLOWED_PRIVATE_HOSTS, settings.SERVES_THIS_MACHINE_ALONE = [], True
    new = NewTeacher("own", "Llama", "openai-compatible", "llama3.1:8b", base_url="http://localhost:11434/v1")
    teacher = edit.create(new, by=admin)

    page = as_member(admin).get(reverse("generation:teacher-test", args=[teacher.slug])).content.decode()
    order = trial.start(teacher, task, by=admin)

    assert "What the test costs is unknown" in page and "counted as free" in page
    assert "It costs nothing" not in page
    assert order.job is not None
    assert order.max_cost_usd is None
    assert run_spec.build(order.job)["limits"]["private_hosts"] == ["127.0.0.0/8", "::1/128"]
