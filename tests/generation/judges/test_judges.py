"""A judge's verdicts: priced, paid for like any order, held against experts, and corrected by them."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from audit.models import AuditRow
from campaigns.privacy import person_traces
from generation.judges import figures, launch, rubric
from generation.judges.launch import family_of
from generation.models import Call, JudgedText, Judging, Order, Teacher
from generation.orders import run_spec
from generation.research import erasure
from jobs.models import JobEvent
from members.models import Member
from review.models import Task
from review.ports import erase_elsewhere
from review.spec.task_spec import TaskSpec
from tests.generation.judges.conftest import DRAFTS, REVIEWED, misled, roomy
from tests.review import factories
from web.errors import Refusal

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shared_order")]
CarryOut = Callable[[Order], None]
DOLLAR = Decimal(1)


@pytest.fixture
def judged(
    order: Order, review_some: Callable[[int], None], judge: Teacher, lead: Member, carry_out: CarryOut
) -> Judging:
    review_some(REVIEWED)
    subject = launch.of_order(order)
    made = launch.launch(subject, subject.texts(DRAFTS), judge=judge, by=lead, max_cost_usd=DOLLAR)
    carry_out(made.order)
    return made


@pytest.mark.slow
def test_a_misled_judge_is_corrected_by_what_experts_said_of_the_same_drafts(judged: Judging) -> None:
    report = figures.report(judged)
    [group] = report.groups

    assert (report.texts, report.answered, report.withheld) == (DRAFTS, DRAFTS, "")
    assert report.whole.verdicts.n == REVIEWED == group.own_verdicts
    # Four bad drafts shine and two good ones are dull: it passes 32 of 40 where 30 are good.
    assert (group.passed, group.judged, group.by_own) == (32, DRAFTS, True)
    assert group.corrected is not None
    assert group.corrected.low < 0.75 < group.corrected.high
    assert abs(group.corrected.share - 0.75) < abs(32 / DRAFTS - 0.75)
    assert report.whole.sensitivity.right < report.whole.sensitivity.of
    assert report.whole.specificity.right < report.whole.specificity.of


@pytest.mark.slow
def test_only_requirements_that_experts_rated_are_held_against_them(judged: Judging) -> None:
    assert [line.name for line in figures.report(judged).requirements] == ["Grounded"]


@pytest.mark.slow
def test_its_calls_are_paid_once_and_its_words_stand_beside_their_texts_alone(judged: Judging) -> None:
    calls = list(Call.objects.filter(order=judged.order))
    text = JudgedText.objects.filter(judging=judged).first()

    assert len(calls) == DRAFTS and all(call.cost_usd > 0 and call.fields is None for call in calls)
    assert text is not None and text.why == "It reads well." and text.meets["Polite"] is True
    assert AuditRow.objects.filter(act="texts_judged").exists()


@pytest.mark.slow
def test_it_is_asked_the_same_in_every_attempt_and_told_neither_writer_nor_verdict(judged: Judging) -> None:
    assert judged.order.job is not None
    asked = [json.dumps(run_spec.build(judged.order.job)["records"]) for _ in range(2)]

    assert asked[0] == asked[1] and "Grounded: Only facts" in asked[0]
    assert "gpt-9-mini" not in asked[0] and "offline" not in asked[0].casefold()


@pytest.mark.slow
def test_few_verdicts_tell_no_share(
    order: Order, review_some: Callable[[int], None], judge: Teacher, lead: Member, carry_out: CarryOut
) -> None:
    review_some(20)
    subject = launch.of_order(order)
    made = launch.launch(subject, subject.texts(DRAFTS), judge=judge, by=lead, max_cost_usd=DOLLAR)
    carry_out(made.order)
    report = figures.report(made)

    assert "At least 30 are needed" in report.withheld
    assert [group.corrected for group in report.groups] == [None]


@pytest.mark.slow
def test_a_judge_that_says_yes_to_all_is_not_believed(
    order: Order, review_some: Callable[[int], None], serve: Any, lead: Member, carry_out: CarryOut
) -> None:
    yes, _ = serve("yea-sayer", lambda body: misled({"messages": [{"content": "SHINES"}]}))
    review_some(REVIEWED)
    subject = launch.of_order(order)
    made = launch.launch(subject, subject.texts(DRAFTS), judge=roomy(yes), by=lead, max_cost_usd=DOLLAR)
    carry_out(made.order)
    report = figures.report(made)

    assert "agrees too little with experts" in report.withheld and report.groups[0].corrected is None


def test_who_cannot_judge_is_refused_before_anything_is_paid(
    order: Order, judge: Teacher, offline: Teacher, serve: Any, lead: Member, viewer: Member
) -> None:
    subject = launch.of_order(order)
    texts = subject.texts(10)
    sibling, _ = serve("gpt-9-large", misled)

    for teacher, code in ((offline, "judge_cannot"), (sibling, "judge_is_writer")):
        with pytest.raises(Refusal) as refused:
            launch.quote(subject, texts, judge=teacher, by=lead)
        assert refused.value.code == code
    with pytest.raises(Refusal, match="no text"):
        launch.quote(subject, [], judge=judge, by=lead)
    with pytest.raises(Refusal, match="the most that this may cost"):
        launch.launch(subject, texts, judge=judge, by=lead, max_cost_usd=None)
    with pytest.raises(PermissionDenied):
        launch.quote(subject, texts, judge=judge, by=viewer)
    assert not Judging.objects.exists()


@pytest.mark.slow
def test_texts_of_an_erased_record_are_forgotten_and_hold_it_while_they_are_read(
    order: Order, review_some: Callable[[int], None], judge: Teacher, lead: Member, carry_out: CarryOut
) -> None:
    review_some(REVIEWED)
    subject = launch.of_order(order)
    made = launch.launch(subject, subject.texts(DRAFTS), judge=judge, by=lead, max_cost_usd=DOLLAR)
    text = JudgedText.objects.filter(judging=made).first()
    assert text is not None
    assert any("judges" in said for said in person_traces.unfinished_jobs([text.record_id]))

    carry_out(made.order)
    assert person_traces.unfinished_jobs([text.record_id]) == []
    payload = {"call_id": "c", "record": str(text.pk), "fields": {"why": "Of Nora."}}
    told = JobEvent.objects.create(
        job_id=str(made.order.job_id), seq=10_000, fence=1, ts=timezone.now(), kind="draft", payload=payload
    )

    erase_elsewhere([text.record_id])
    text.refresh_from_db()
    told.refresh_from_db()

    assert (text.fields, text.why) == ({}, "") and text.passes is not None
    assert "fields" not in told.payload and told.payload["erased"]
    assert made.order.job_id in erasure._jobs_that_read([text.record_id])


@pytest.mark.slow
def test_page_and_api_tell_the_same(
    judged: Judging, lead: Member, as_member: Callable[[Member], Client], api_as: Callable[..., APIClient]
) -> None:
    page = as_member(lead).get(f"/judgings/{judged.pk}/").content.decode()
    told = api_as(lead).get(f"/api/v1/judgings/{judged.pk}/").json()
    texts = api_as(lead).get(f"/api/v1/judgings/{judged.pk}/texts/").json()["results"]

    [group] = told["report"]["groups"]
    assert f"{group['share'] * 100:.0f} %" in page and "Grounded" in page and "It reads well." in page
    assert told["report"]["whole"]["verdicts"] == REVIEWED and {"why", "passes", "expert_passes"} <= set(texts[0])


@pytest.mark.slow
def test_a_lead_orders_verdicts_by_page_and_by_api(
    order: Order,
    judge: Teacher,
    lead: Member,
    as_member: Callable[[Member], Client],
    api_as: Callable[..., APIClient],
) -> None:
    address = f"/generation/{order.pk}/judge/"
    body = {"teacher": judge.slug, "texts": 10, "max_cost_usd": "1"}
    form = as_member(lead).get(address).content.decode()
    price = as_member(lead).post(f"{address}price/", body).content.decode()
    placed = as_member(lead).post(address, body)
    api = api_as(lead)
    priced = api.post(f"/api/v1/orders/{order.pk}/judgings/price/", body)
    ordered = api.post(f"/api/v1/orders/{order.pk}/judgings/", body)
    listed = api.get(f"/api/v1/orders/{order.pk}/judgings/").json()["results"]

    assert "Have a judge read" in form and "10 calls" in price
    assert placed.status_code == 302 and priced.json()["texts"] == 10 and ordered.status_code == 202
    assert len(listed) == 2 and {one["subject_id"] for one in listed} == {str(order.pk)}


def test_an_answer_is_read_by_what_it_says_and_not_by_what_it_leaves_out(task: Task) -> None:
    spec = task.versions.get().spec

    assert rubric.read(spec, {"why": "x" * 400, "requirement_2": False, "passes": True}) == (
        True,
        {"Grounded": False},
        "x" * 300,
    )
    assert rubric.read(spec, {"passes": "yes"})[0] is None
    assert isinstance(rubric.answer_task(factories.plain_spec()), TaskSpec)


@pytest.mark.parametrize(
    ("provider", "model", "family"),
    [
        ("openai", "o4-mini", "gpt"), ("openai-compatible", "openai/gpt-oss-120b", "gpt"),
        ("anthropic", "claude-x", "claude"), ("", "anthropic/claude-sonnet-4", "claude"),
        ("openai-compatible", "meta-llama/Llama-3.1-8B", "llama"), ("openai-compatible", "Qwen/Qwen3-8B", "qwen"),
    ],
)  # fmt: skip
def test_families_are_told_apart_by_names_of_models(provider: str, model: str, family: str) -> None:
    assert family_of(provider, model) == family
