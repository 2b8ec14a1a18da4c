"""Two systems of an evaluation before a judge: both orders, a flip is a tie, priced and paid for as verdicts are."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from rest_framework.test import APIClient

from evaluation.evaluations import start_evaluation
from evaluation.judging import answers
from evaluation.models import Evaluation, EvaluationOutput
from generation.judges import asked, figures, pairs, take_in
from generation.models import Call, JudgedPair, Judging, Order, Teacher
from generation.states import CallState
from members.models import Member
from review.ports import erase_elsewhere
from tests.evaluation.conftest import finish, miniature, student, task, version, viewer
from tests.generation.answering import Answering, Body
from tests.generation.judges.conftest import roomy
from tests.generation.test_ingest import run_engine
from tests.generation.variety.conftest import carry_out, serve
from training.models import Miniature
from web.errors import Refusal

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shared_version")]
__all__ = ["carry_out", "finish", "miniature", "serve", "student", "task", "version", "viewer"]
TUNED, BASE = "run 1 (LoRA)", "tiny (base)"
SYSTEMS = {BASE: ("base", 0.1), TUNED: ("lora", 0.9), "nearest gold": ("baseline", 0.5)}


@pytest.fixture
def evaluation(
    miniature: Miniature, admin: Member, finish: Callable[[Evaluation, dict[str, tuple[str, float]]], Evaluation]
) -> Evaluation:
    found = finish(start_evaluation.start(miniature.run, by=admin), SYSTEMS)
    for row in EvaluationOutput.objects.filter(evaluation=found):
        text = "A tuned and longer answer." if row.system == TUNED else "A plain answer."
        row.fields = dict.fromkeys(row.fields, text) if row.fields else row.fields
        row.save(update_fields=["fields"])
    return found


def swayed(body: Body) -> str:
    """Prefers the tuned answer, but for every other record takes whatever stands first."""
    told = body["messages"][-1]["content"]
    facts, first = told.split("First text:")[0], told.split("First text:")[1].split("Second text:")[0]
    by_place = sum(map(ord, facts)) % 2 == 0
    better = "first" if by_place or "tuned" in first else "second"
    return json.dumps({"why": "It reads well.", "better": better})


@pytest.fixture
def asked_of(serve: Any) -> tuple[Teacher, Answering]:
    teacher, server = serve("mistral", swayed)
    return roomy(teacher), server


@pytest.fixture
def judge(asked_of: tuple[Teacher, Answering]) -> Teacher:
    return asked_of[0]


@pytest.fixture
def compared(evaluation: Evaluation, judge: Teacher, admin: Member) -> Judging:
    subject = answers.pairs_of(evaluation, TUNED, BASE)
    return pairs.launch(subject, subject.pairs(1_000), judge=judge, by=admin, max_cost_usd=Decimal(1))


def answered(order: Order, position: int, better: str) -> None:
    Call.objects.create(
        id=uuid4(),
        order=order,
        position=position,
        state=CallState.ANSWERED,
        fields={"why": "It reads well.", "better": better},
    )


@pytest.mark.slow
def test_a_judge_that_a_place_sways_says_nothing_where_it_does_and_no_call_is_paid_twice(
    compared: Judging, asked_of: tuple[Teacher, Answering], carry_out: Callable[[Order], None], tmp_path: Path
) -> None:
    carry_out(compared.order)
    # As after a worker that died on another host, where no journal lies: what has its answer is not asked for again.
    asked_before = len(asked_of[1].asked)
    run_engine(compared.order, tmp_path / "another-host")
    assert len(asked_of[1].asked) == asked_before == compared.order.count
    report = figures.pair_report(compared)

    assert report.pairs == report.answered == JudgedPair.objects.filter(judging=compared).count() > 1
    found = report.preferred
    assert found is not None and found.losses == 0
    # A flip is a tie; what is not flipped goes to the tuned one, which is the longer.
    assert found.ties == found.flips == report.pairs - found.wins
    assert found.longer_wins == found.longer_of == found.wins
    assert found.position_bias == pytest.approx(found.flips / report.pairs)
    assert Call.objects.filter(order=compared.order).count() == 2 * report.pairs


def test_each_pair_is_asked_in_both_orders_the_same_in_every_attempt_and_blind(compared: Judging) -> None:
    first, second = asked.conversations(compared.order), asked.conversations(compared.order)
    one, other = list(first.values())[:2]

    assert first == second and list(first) == compared.order.record_ids
    assert one[1]["content"].index("A tuned") < one[1]["content"].index("A plain")
    assert other[1]["content"].index("A plain") < other[1]["content"].index("A tuned")
    assert "LoRA" not in json.dumps(first) and "(base)" not in json.dumps(first)


def test_a_pair_with_an_answer_in_one_order_counts_nowhere(compared: Judging) -> None:
    answered(compared.order, 0, "first")
    answered(compared.order, 1, "second")
    answered(compared.order, 2, "first")
    assert compared.order.job is not None

    take_in.on_job_ended(compared.order.job)
    report = figures.pair_report(compared)

    assert report.answered == 1 and report.preferred is not None and report.preferred.wins == 1


def test_what_was_said_of_an_erased_record_is_forgotten(compared: Judging) -> None:
    answered(compared.order, 0, "first")
    assert compared.order.job is not None
    take_in.on_job_ended(compared.order.job)
    pair = JudgedPair.objects.get(judging=compared, place=0)
    assert pair.why

    erase_elsewhere([pair.record_id])
    pair.refresh_from_db()

    assert (pair.first_fields, pair.second_fields, pair.why) == ({}, {}, "") and pair.as_is == "first"
    assert compared.order.job_id in take_in.jobs_that_read([pair.record_id])
    with pytest.raises(Refusal, match="erased"):
        asked.conversations(compared.order)


def test_a_system_is_not_compared_with_itself_nor_by_its_own_family(
    evaluation: Evaluation, judge: Teacher, admin: Member, serve: Any
) -> None:
    alone = answers.pairs_of(evaluation, TUNED, TUNED)
    evaluation.run.student.hub_id = "Qwen/Qwen3-4B"
    subject = answers.pairs_of(evaluation, TUNED, BASE)

    with pytest.raises(Refusal) as itself:
        pairs.quote(alone, alone.pairs(10), judge=judge, by=admin)
    with pytest.raises(Refusal) as family:
        pairs.quote(subject, subject.pairs(10), judge=roomy(serve("qwen-max", swayed)[0]), by=admin)
    with pytest.raises(Refusal, match="no text"):
        pairs.quote(answers.pairs_of(evaluation, TUNED, "gone"), [], judge=judge, by=admin)

    assert (itself.value.code, family.value.code) == ("same_system", "judge_is_writer")


@pytest.mark.slow
def test_a_lead_orders_by_page_and_by_api_and_both_tell_the_same(
    evaluation: Evaluation,
    judge: Teacher,
    admin: Member,
    viewer: Member,
    as_member: Callable[[Member], Client],
    api_as: Callable[..., APIClient],
) -> None:
    body = {"teacher": judge.slug, "first": TUNED, "second": BASE, "pairs": 2, "max_cost_usd": "1"}
    address, api = f"/evaluations/{evaluation.pk}/compare/", f"/api/v1/evaluations/{evaluation.pk}/comparisons/"
    form = as_member(admin).get(address).content.decode()
    price = as_member(admin).post(f"{address}price/", body).content.decode()
    placed = as_member(admin).post(address, body)
    priced, ordered = api_as(admin).post(f"{api}price/", body), api_as(admin).post(api, body)
    refused = api_as(viewer).post(api, body)
    made = Judging.objects.get(pk=ordered.json()["id"])
    for position, better in enumerate(("first", "second", "first", "first")):
        answered(made.order, position, better)
    assert made.order.job is not None
    take_in.on_job_ended(made.order.job)
    page = as_member(viewer).get(f"/judgings/{made.pk}/").content.decode()
    told = api_as(viewer).get(f"/api/v1/judgings/{made.pk}/").json()
    listed = api_as(viewer).get(f"/api/v1/judgings/{made.pk}/pairs/").json()["results"]
    order_page = as_member(admin).get(f"/generation/{made.order_id}/").content.decode()

    assert "Have a judge compare two systems" in form and "4 calls, two a pair" in price
    assert [f">{name}</option>" in form for name in ("Your miniature", "tiny before tuning", TUNED, BASE)] == [
        True
    ] * 2 + [False] * 2
    assert placed.status_code == 302 and priced.json()["pairs"] == 2 and refused.status_code == 403
    assert told["report"] is None
    comparison = told["comparison"]
    assert (comparison["wins"], comparison["ties"], comparison["flips"], comparison["share"]) == (1, 1, 1, 0.75)
    assert comparison["position_bias"] == 0.5
    assert "75 %" in page and "1; 0; 1" in page and len(listed) == 2
    assert "4 comparisons by" in order_page
    listing = as_member(viewer).get(f"/evaluations/{evaluation.pk}/judge/").content.decode()
    assert "Your miniature against tiny before tuning" in listing and f"{TUNED} against {BASE}" in listing


def test_the_page_says_how_many_answers_without_a_shape_were_left_out(
    evaluation: Evaluation, judge: Teacher, admin: Member, as_member: Callable[[Member], Client], api_as: Any
) -> None:
    rows = EvaluationOutput.objects.filter(evaluation=evaluation, system=TUNED)
    EvaluationOutput.objects.filter(pk=rows[0].pk).update(fields=None)
    body = {"teacher": judge.slug, "texts": 1_000, "max_cost_usd": "1"}
    made = api_as(admin).post(f"/api/v1/evaluations/{evaluation.pk}/judgings/", body).json()["id"]
    Judging.objects.get(pk=made).texts.update(passes=True)

    groups = api_as(admin).get(f"/api/v1/judgings/{made}/").json()["report"]["groups"]

    assert {group["name"]: group["without_shape"] for group in groups} == {TUNED: 1, BASE: 0}
    assert f"1 answer of {TUNED}" in as_member(admin).get(f"/judgings/{made}/").content.decode()
