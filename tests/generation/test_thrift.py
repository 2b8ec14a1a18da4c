"""A repaired answer and tokens from a cache, from the engine to the order's rows, pages and sums."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from generation.kinds import GenerationKind
from generation.models import Call, Order, Teacher
from generation.orders import launch
from generation.orders import queries as selectors
from members.models import Member
from review.models import Draft, Source, Task
from review.spec import prompting
from tests.generation.author_server import Author
from tests.generation.provider_server import Running
from tests.generation.test_ingest import run_engine, told

SignIn = Callable[[Member], Client]


@pytest.fixture
def author(settings: Any) -> Iterator[Running]:
    settings.ALLOWED_PRIVATE_HOSTS = ["127.0.0.1"]
    running = Running(Author())
    yield running
    running.close()


@pytest.fixture
def in_json(task: Task, source: Source, author: Running, paid: Teacher, lead: Member) -> Order:
    paid.base_url, paid.answers, paid.concurrency = f"{author.url}/v1", "json", 1
    paid.save()
    return launch.launch(launch.OrderRequest(task, teacher=paid, count=2, by=lead, max_cost_usd=Decimal(1)))


def test_a_repaired_draft_stands_on_the_desk_with_the_prompt_of_its_record(
    in_json: Order, author: Running, tmp_path: Path
) -> None:
    author.provider.texts = [json.dumps({"subject": "No body"})]

    GenerationKind().on_events(in_json.job, run_engine(in_json, tmp_path))

    drafts = list(Draft.objects.filter(job_id=in_json.job_id))
    (flawed,) = Call.objects.filter(error_code="flawed")
    assert Call.objects.count() == 3
    assert len(drafts) == 2
    assert str(flawed.pk) not in {draft.call_id for draft in drafts}
    for draft in drafts:
        spec = in_json.task_version.spec
        assert draft.messages == prompting.messages(spec, draft.record.facts, audience="teacher")
    (repaired,) = [draft for draft in drafts if "repaired" in draft.parameters]
    assert repaired.record_id == flawed.record_id


def test_a_repaired_answer_is_paid_and_no_failure(in_json: Order, lead: Member) -> None:
    GenerationKind().on_events(
        in_json.job,
        [
            told(in_json, "failure", 1, code="flawed", message="Asked once more."),
            told(in_json, "draft", 2, is_repair=True, cost_usd=0.0031),
        ],
    )

    found = selectors.savings_of(in_json)
    assert found is not None
    # What the repair cost, not the answer that it was to mend.
    assert (found.repairs, found.repairs_usd, found.mended) == (1, Decimal("0.0031"), 1)
    assert selectors.failures(in_json) == []
    assert selectors.get(lead, in_json.pk).failures == 0


def test_repairs_that_mended_nothing_are_counted_with_what_they_cost(
    in_json: Order, lead: Member, as_member: SignIn
) -> None:
    GenerationKind().on_events(
        in_json.job,
        [
            told(in_json, "failure", 1, code="malformed", message="No JSON."),
            told(in_json, "failure", 2, code="malformed", message="Again.", is_repair=True, cost_usd=0.04),
            told(in_json, "draft", 3),
            told(in_json, "failure", 4, code="malformed", message="Cut.", is_repair=True, cost_usd=0.03),
        ],
    )

    found = selectors.savings_of(in_json)
    page = as_member(lead).get(reverse("generation:detail", args=[in_json.pk])).content.decode()

    assert found is not None
    assert (found.repairs, found.repairs_usd, found.mended) == (2, Decimal("0.07"), 0)
    assert "2 answers that broke the schema, repaired for $0.07 more; 0 succeeded" in page


def test_what_the_engine_tells_of_a_repair_adds_up_on_the_page(in_json: Order, author: Running, tmp_path: Path) -> None:
    author.provider.texts = [json.dumps({"subject": "No body"})]

    GenerationKind().on_events(in_json.job, run_engine(in_json, tmp_path))

    found = selectors.savings_of(in_json)
    (repair,) = Call.objects.filter(is_repair=True)
    assert found is not None
    assert (found.repairs, found.repairs_usd, found.mended) == (1, repair.cost_usd, 1)


def test_an_order_without_cache_or_repair_says_nothing_of_either(paid_order: Order) -> None:
    GenerationKind().on_events(paid_order.job, [told(paid_order, "draft")])

    assert selectors.savings_of(paid_order) is None


def test_the_page_tells_what_came_from_the_cache_and_what_that_saved(
    paid_order: Order, lead: Member, as_member: SignIn
) -> None:
    usage = {"input_tokens": 2000, "output_tokens": 40, "cached_tokens": 1500, "cache_write_tokens": 0}
    GenerationKind().on_events(paid_order.job, [told(paid_order, "draft", usage=usage)])
    job = paid_order.job
    job.result = {"drafts": 1, "cache_saved_usd": 0.25}
    job.save()

    body = as_member(lead).get(reverse("generation:detail", args=[paid_order.pk])).content.decode()

    assert "Cached prompts" in body
    assert "$0.25 saved" in body
    assert Call.objects.get().cached_tokens == 1500


def test_how_answers_come_is_set_on_the_teachers_page(admin: Member, as_member: SignIn) -> None:
    page = as_member(admin)
    filled = {
        "slug": "new",
        "name": "New",
        "provider": "openai",
        "model": "gpt-4o",
        "concurrency": "4",
        "parameters": "{}",
    }

    page.post(reverse("generation:teacher-new"), filled | {"answers": "text", "is_active": "on"})

    assert Teacher.objects.get(slug="new").answers == "text"
    assert (
        '<option value="text" selected' in page.get(reverse("generation:teacher-edit", args=["new"])).content.decode()
    )


def test_an_order_asks_as_its_teacher_was_set_when_it_was_launched(in_json: Order) -> None:
    in_json.teacher.answers = "text"
    in_json.teacher.save()

    assert in_json.teacher_spec["answers"] == "json"


def test_an_estimate_knows_of_the_schema_that_goes_out_with_each_call(
    task: Task, source: Source, paid: Teacher, lead: Member
) -> None:
    in_text, in_json = (
        launch.quote(launch.OrderRequest(task, teacher=paid, count=10, source=source, by=lead)).estimate
        for paid.answers in ("text", "json")
    )

    assert in_json.input_tokens > in_text.input_tokens + 10 * 50
    assert in_json.worst_call_usd > in_text.worst_call_usd
