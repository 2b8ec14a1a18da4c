"""While nothing serves: the teacher of a task that says so answers questions that name a record,
else all are told to come again.
"""

from __future__ import annotations

import time
from decimal import Decimal
from typing import Any

import openai
import pytest
from django.core.cache import caches
from django.core.exceptions import PermissionDenied
from django.urls import reverse

from generation.models import Order, Teacher
from generation.money import limits
from generation.states import BudgetScope
from members.models import ApiToken, Member
from members.tokens import throttling
from review.states import Role
from serving.fallback import setting
from serving.models import Fallback
from serving.routing import pairs
from serving.v1 import rate_limits
from tests.review import factories
from tests.serving.tiny import user
from tests.serving.waiting import wait_until
from web.errors import Refusal

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.engine]
FACTS = {
    "company": "Northwind",
    "sector": "cold logistics",
    "role": "Head of Operations",
    "size": 12,
    "trigger": "grew",
}


@pytest.fixture
def away(site: Any, promoted: Any, lead: Any, key_of: Any, settings: Any, short_folder: Any) -> openai.OpenAI:
    """The client while no engine serves."""
    settings.SERVING_SOCKET = str(short_folder / "nobody.sock")
    return openai.OpenAI(base_url=site.url, api_key=key_of(lead), max_retries=0, timeout=60)


@pytest.fixture
def offline(task: Any, lead: Any) -> Teacher:
    """The offline teacher, which answers for the task."""
    teacher = Teacher.objects.get(slug="offline")
    Fallback.objects.create(task=task, teacher=teacher, by=lead)
    return teacher


def ask(client: openai.OpenAI, model: str, record: Any = None, **options: Any) -> Any:
    named: dict[str, Any] = {"messages": [], "extra_body": {"record": record}} if record else {"messages": user("a")}
    return client.chat.completions.with_raw_response.create(model=model, **named | options)


def refused(client: openai.OpenAI, model: str, record: Any = None, **options: Any) -> openai.APIStatusError:
    with pytest.raises(openai.APIStatusError) as error:
        ask(client, model, record, **options)
    return error.value


def test_the_teacher_answers_and_is_named_whole_and_streamed(away, promoted, offline, task):
    raw = ask(away, promoted.slug, FACTS, temperature=0.7)
    streamed = ask(away, task.slug, FACTS, stream=True)
    answer = raw.parse()
    chunks = list(streamed.parse())

    assert "Northwind" in answer.choices[0].message.content
    assert answer.choices[0].finish_reason == "stop"
    assert (answer.model, answer.system_fingerprint) == ("offline", "fallback-offline")
    assert (raw.headers["x-router-model"], raw.headers["x-miniatures-unheeded"]) == ("offline", "temperature")
    assert "x-miniature" not in raw.headers
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert text == answer.choices[0].message.content
    assert {chunk.system_fingerprint for chunk in chunks} == {"fallback-offline"}
    assert streamed.headers["x-router-model"] == "offline"


def test_without_the_setting_all_are_told_when_to_come_again(away, promoted):
    error = refused(away, promoted.slug)

    assert (error.status_code, error.code, error.response.headers["retry-after"]) == (503, "not_serving", "5")
    assert refused(away, promoted.slug, FACTS).code == "unsupported_parameter"


@pytest.mark.parametrize("options", [{}, {"stop": ["x"]}, {"n": 2}, {"logprobs": True}])
def test_what_a_teacher_cannot_answer_is_told_when_to_come_again(away, promoted, offline, options):
    error = refused(away, promoted.slug, FACTS if options else None, **options)

    assert (error.status_code, error.code, error.response.headers["retry-after"]) == (503, "not_serving", "5")


def test_a_paid_teacher_answers_within_the_budget_of_the_task_in_the_lead_s_name(
    away, promoted, paid, task, lead, worker, settings, monkeypatch
):
    settings.SERVING_TOKENS_PER_MINUTE = 100_000
    monkeypatch.setattr(rate_limits, "_minute", lambda: 1)
    began = int(time.time()) // throttling.WINDOW_S
    Fallback.objects.create(task=task, teacher=paid, by=lead)
    [record] = factories.make_records(factories.make_source(task), 1)
    without_budget = refused(away, promoted.slug, str(record.pk))
    limits.set_limit(scope=BudgetScope.TASK_TOTAL, task=task, limit_usd=Decimal(5), by=lead)

    raw = ask(away, promoted.slug, str(record.pk))

    order = Order.objects.get()
    assert (without_budget.status_code, without_budget.code) == (503, "not_serving")
    assert (raw.headers["x-router-model"], raw.parse().usage.completion_tokens) == ("gpt", 40)
    assert (order.created_by, order.max_cost_usd > 0, order.calls.count()) == (lead, True, 1)
    keys = [f"rate:v1-tokens:{ApiToken.objects.get().token_key}:{minute}" for minute in (began, began + 1)]
    wait_until(lambda: sum(caches["rates"].get(key, 0) for key in keys) == raw.parse().usage.total_tokens)


def test_nothing_is_paid_once_the_budget_is_used_up_or_the_record_is_not_imported(away, promoted, paid, task, lead):
    Fallback.objects.create(task=task, teacher=paid, by=lead)
    [record] = factories.make_records(factories.make_source(task), 1)
    limits.set_limit(scope=BudgetScope.TASK_TOTAL, task=task, limit_usd=Decimal("0.01"), by=lead)
    Order.objects.all().delete()

    assert refused(away, promoted.slug, FACTS).code == "not_serving"
    Teacher.objects.filter(pk=paid.pk).update(parameters={"max_tokens": 8000})
    assert refused(away, promoted.slug, str(record.pk)).code == "not_serving"
    assert not Order.objects.exists()


def test_nothing_is_paid_in_the_name_of_a_lead_who_was_shut_out(away, promoted, paid, task, lead, make_member):
    gone = make_member("gone")
    factories.join(gone, task, Role.LEAD)
    Member.objects.filter(pk=gone.pk).update(is_active=False)
    Fallback.objects.create(task=task, teacher=paid, by=gone)
    limits.set_limit(scope=BudgetScope.TASK_TOTAL, task=task, limit_usd=Decimal(5), by=lead)
    [record] = factories.make_records(factories.make_source(task), 1)

    assert refused(away, promoted.slug, str(record.pk)).code == "not_serving"
    assert not Order.objects.exists()


def test_a_miniature_that_serves_answers_itself_with_a_record(client, promoted, offline):
    raw = ask(client, promoted.slug, FACTS, max_tokens=4)

    assert raw.headers["x-miniature"] == promoted.slug
    assert "x-router-model" not in raw.headers


def test_a_lead_chooses_the_teacher_and_nobody_else(task, lead, viewer, monkeypatch, paid):
    monkeypatch.setattr(pairs, "teachers_of", lambda _: [Teacher.objects.get(slug="offline"), paid])

    setting.choose(task, teacher="offline", by=lead)
    chosen = setting.of_task(task).teacher.slug
    with pytest.raises(Refusal) as unbounded:
        setting.choose(task, teacher="gpt", by=lead)
    with pytest.raises(Refusal) as unknown:
        setting.choose(task, teacher="another", by=lead)
    with pytest.raises(PermissionDenied):
        setting.choose(task, teacher="", by=viewer)
    setting.choose(task, teacher="", by=lead)

    assert (chosen, unbounded.value.code, unknown.value.code) == ("offline", "budget_missing", "fallback_invalid")
    assert setting.of_task(task) is None


def test_the_page_offers_the_task_s_teachers_and_saves(task, lead, viewer, offline, as_member):
    url = reverse("serving:fallback", args=[task.slug])
    page = as_member(lead).get(url).content.decode()
    wrong = as_member(lead).post(url, {"teacher": "another"})
    saved = as_member(lead).post(url, {"teacher": ""})

    assert "Who answers while nothing serves" in page
    assert f"Chosen by {lead.name}" in page
    assert "No teacher has written drafts" in page
    assert wrong.status_code == 422
    assert "Choose a teacher" in wrong.content.decode()
    assert saved.status_code == 302
    assert not Fallback.objects.exists()
    assert as_member(viewer).get(url).status_code == 403


def test_a_program_of_a_lead_reads_and_changes_it(task, lead, viewer, offline, as_member, monkeypatch):
    monkeypatch.setattr(pairs, "teachers_of", lambda _: [offline])
    url, shape = reverse("api-task-fallback", args=[task.slug]), "application/json"
    before = as_member(lead).get(url).json()
    off = as_member(lead).put(url, {"teacher": ""}, content_type=shape)
    unknown = as_member(lead).put(url, {"teacher": "another"}, content_type=shape)
    on = as_member(lead).put(url, {"teacher": "offline"}, content_type=shape)

    assert before == on.json() == {"teacher": "offline", "by": lead.name}
    assert off.json() == {"teacher": "", "by": ""}
    assert (unknown.status_code, unknown.json()["code"]) == (422, "fallback_invalid")
    assert as_member(viewer).get(url).status_code == 403
