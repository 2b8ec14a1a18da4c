"""Taking in what a teacher made up: when answers are kept, who brings them in, and what holds an erasure up."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from audit.models import AuditRow
from campaigns.privacy import person_traces
from generation.models import Call, Order, Teacher
from generation.synthetic import launch, plan, take_in
from generation.synthetic.launch import SyntheticRequest
from jobs.models import Job
from members.models import Member
from review.models import Membership, Record, Source, Task
from review.spec.task_spec import TaskSpec
from review.states import Split
from review.tasks import authoring
from review.tasks.queries import latest_version
from tests.generation.synthetic.conftest import SPEC, empty_record, make_record, roomy
from tests.review import factories
from web.errors import Refusal

pytestmark = pytest.mark.django_db
CarryOut = Callable[[Order], None]
TEN = SyntheticRequest(10, max_cost_usd=Decimal(1))


@pytest.mark.slow
def test_an_order_that_ends_twice_is_taken_in_once(task: Task, lead: Member, ann: Teacher, carry_out: CarryOut) -> None:
    made = launch.launch(task, TEN, teacher=ann, by=lead)
    carry_out(made.order)
    carry_out(made.order)

    made.refresh_from_db()
    assert (made.added, Source.objects.count(), Record.objects.count()) == (10, 1, 10)
    assert made.problem == ""


def test_whoever_does_not_lead_any_more_brings_no_records_in(
    task: Task, lead: Member, ann: Teacher, carry_out: CarryOut
) -> None:
    made = launch.launch(task, TEN, teacher=ann, by=lead)
    Membership.objects.filter(member=lead).update(role="viewer")
    carry_out(made.order)

    made.refresh_from_db()
    assert "no longer leads" in made.problem and not Record.objects.exists()
    assert Call.objects.filter(fields__isnull=False).exists()


@pytest.mark.slow
def test_another_lead_takes_in_what_was_kept(
    task: Task, lead: Member, admin: Member, ann: Teacher, carry_out: CarryOut, as_member: Any, api_as: Any
) -> None:
    made = launch.launch(task, TEN, teacher=ann, by=lead)
    page, act = f"/synthetic-records/{made.pk}/", f"/synthetic-records/{made.pk}/take-in/"
    running = api_as(admin).post(f"/api/v1{act}")
    Membership.objects.filter(member=lead).update(role="viewer")
    carry_out(made.order)

    offered = [as_member(member).get(page).content.decode() for member in (admin, lead)]
    refused = as_member(lead).post(act).status_code, api_as(lead).post(f"/api/v1{act}").status_code
    after = as_member(admin).post(act, follow=True).content.decode()
    twice = api_as(admin).post(f"/api/v1{act}")

    source = Source.objects.get(synthetic_job=made.order.job_id)
    assert ["Take in again" in said for said in offered] == [True, False]
    assert refused == (403, 403)
    assert "10 records came in." in after and "Take in again" not in after and "no longer leads" not in after
    assert (source.created_by, Record.objects.filter(source=source).count()) == (admin, 10)
    assert (running.status_code, running.json()["code"]) == (409, "not_ended")
    assert (twice.status_code, twice.json()["code"]) == (409, "nothing_waits")


def test_nothing_comes_of_records_whose_companies_are_all_held_out(
    task: Task, lead: Member, serve: Any, carry_out: CarryOut
) -> None:
    make_record(task, 2, Split.TEST, customer="Real 2", ticket="Nobody ever answered the letter that I sent in March.")
    said = empty_record() | {"customer": "Real 2", "ticket": "A new thing of a company that is held out."}
    bob, _ = serve("bob", lambda _: json.dumps({"records": [said]}))
    made = launch.launch(task, TEN, teacher=roomy(bob), by=lead)

    carry_out(made.order)

    made.refresh_from_db()
    assert made.problem == "None of the records that were written could stay."
    assert made.added == 0 and made.dropped["bad"]
    assert not Source.everything.filter(synthetic_job__isnull=False).exists()


def test_an_answer_that_is_no_object_is_a_bad_record() -> None:
    spec = TaskSpec.model_validate(SPEC)

    for values in ("a text", None, ["a"], 3):
        with pytest.raises(ValueError, match="not an object"):
            take_in._read(spec, values)


def test_a_record_whose_quote_stands_nowhere_or_whose_number_is_out_of_range_is_bad() -> None:
    facts = [
        {"name": "page"},
        {"name": "quote", "type": "quote", "source": "page"},
        {"name": "stars", "type": "integer", "minimum": 1, "maximum": 5},
    ]
    spec = TaskSpec.model_validate({**SPEC, "input_schema": facts, "checks": []})

    assert take_in._read(spec, {"page": "It rains.", "quote": "rains", "stars": 5})["quote"] == "rains"
    for values, says in (
        ({"quote": "snows"}, "'quote' is 'snows', which is not"),
        ({"stars": 6}, "'stars' is 6, above"),
    ):
        with pytest.raises(ValueError, match=says):
            take_in._read(spec, {"page": "It rains.", **values})
    asked = str(plan.conversation(spec, [], about="", attributes={}, key="k", first=0, count=1))
    assert "a whole number from 1 to 5" in asked and "words copied letter by letter from page" in asked


@pytest.mark.slow
def test_records_that_an_unfinished_order_shows_or_has_made_up_cannot_be_erased_yet(
    task: Task, lead: Member, ann: Teacher, carry_out: CarryOut
) -> None:
    shown, held_out = make_record(task, 1), make_record(task, 2, Split.TEST)
    made = launch.launch(task, TEN, teacher=ann, by=lead)
    running = person_traces.unfinished_jobs([shown.pk]), person_traces.unfinished_jobs([held_out.pk])
    carry_out(made.order)
    written = Record.objects.filter(source__synthetic_job=made.order.job_id)[0]
    over = person_traces.unfinished_jobs([shown.pk, written.pk])
    Job.objects.filter(pk=made.order.job_id).update(state="queued")
    resumed = person_traces.unfinished_jobs([written.pk])

    title = made.order.job.title if made.order.job else ""
    assert running == ([f"the job '{title}' is queued"], [])
    assert (over, resumed) == ([], [f"the job '{title}' is queued"])


@pytest.mark.slow
def test_answers_that_fit_no_more_are_kept_until_they_do(
    task: Task, lead: Member, ann: Teacher, carry_out: CarryOut
) -> None:
    made = launch.launch(task, TEN, teacher=ann, by=lead)
    before = latest_version(task).spec
    renamed = [{**fact, "name": "request"} if fact["name"] == "ticket" else fact for fact in SPEC["input_schema"]]
    authoring.new_version(task, spec=TaskSpec.model_validate(SPEC | {"input_schema": renamed}), by=lead)

    carry_out(made.order)
    made.refresh_from_db()
    first = (made.problem, made.added, made.dropped, Call.objects.filter(fields__isnull=False).exists())
    authoring.new_version(task, spec=before, by=lead)
    take_in.take_in_again(made, by=lead)
    made.refresh_from_db()

    assert AuditRow.objects.get(act="synthetic_records_taken_in").detail["added"] == 10
    assert first == (
        "No record fits version 2 of the task: its facts have changed since this was ordered.", 0, {}, True
    )  # fmt: skip
    assert (made.problem, made.added, made.dropped) == ("", 10, {})
    assert not Call.objects.filter(fields__isnull=False).exists()


@pytest.mark.slow
def test_nothing_is_compared_while_a_file_is_imported_into_the_task(
    task: Task, lead: Member, ann: Teacher, carry_out: CarryOut, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = launch.launch(task, TEN, teacher=ann, by=lead)
    Source.everything.filter(pk=factories.make_source(task, name="big").pk).update(
        arriving_until=timezone.now() + timedelta(minutes=5)
    )
    monkeypatch.setattr(take_in, "_Seen", None)

    with pytest.raises(Refusal) as refused:
        carry_out(made.order)

    assert refused.value.code == "import_running"


def test_of_long_texts_the_beginning_is_compared() -> None:
    spec = TaskSpec.model_validate(SPEC)

    assert len(take_in.text_of(spec, {"customer": "A", "ticket": "word " * 200_000})) == 2_000
