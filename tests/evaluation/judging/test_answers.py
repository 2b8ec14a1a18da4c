"""An evaluation's answers before a judge: the same records of each system, baselines left out,
corrected by others' verdicts.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from evaluation.evaluations import start_evaluation
from evaluation.judging import answers
from evaluation.models import Evaluation, EvaluationOutput
from generation.judges import figures, launch
from generation.models import JudgedText, Judging
from members.models import Member
from tests.evaluation.conftest import finish, miniature, student, task, version, viewer
from tests.generation.judges.conftest import roomy
from tests.generation.variety.conftest import serve
from tests.review import factories
from training.models import Miniature
from web.errors import Refusal

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shared_version")]
__all__ = ["finish", "miniature", "serve", "student", "task", "version", "viewer"]
SYSTEMS = {"tiny (base)": ("base", 0.1), "run 1 (LoRA)": ("lora", 0.9), "nearest gold": ("baseline", 0.5)}


@pytest.fixture
def evaluation(
    miniature: Miniature, admin: Member, finish: Callable[[Evaluation, dict[str, tuple[str, float]]], Evaluation]
) -> Evaluation:
    return finish(start_evaluation.start(miniature.run, by=admin), SYSTEMS)


def test_each_system_is_read_on_the_same_records_and_none_without_a_shape(evaluation: Evaluation) -> None:
    first = EvaluationOutput.objects.filter(evaluation=evaluation, system="run 1 (LoRA)").first()
    assert first is not None
    EvaluationOutput.objects.filter(pk=first.pk).update(fields=None)
    texts = answers.subject_of(evaluation).texts(1_000)
    base, tuned = ({text.record_id for text in texts if text.group == name} for name in ("tiny (base)", "run 1 (LoRA)"))

    assert {text.group for text in texts} == {"tiny (base)", "run 1 (LoRA)", ""}
    assert base - tuned == {first.record_id}
    assert all(text.expert_passes is not None for text in texts if not text.group)
    assert all(text.expert_passes is None for text in texts if text.group)


def test_the_page_groups_answers_by_the_names_that_it_shows(
    evaluation: Evaluation, admin: Member, serve: Any, as_member: Callable[[Member], Client]
) -> None:
    roomy(serve("mistral", lambda body: "")[0])
    first = EvaluationOutput.objects.filter(evaluation=evaluation, system="run 1 (LoRA)").first()
    assert first is not None
    EvaluationOutput.objects.filter(pk=first.pk).update(fields=None)
    body = {"teacher": "mistral", "texts": 1_000, "max_cost_usd": "1"}

    placed = as_member(admin).post(f"/evaluations/{evaluation.pk}/judge/", body)

    assert placed.status_code == 302
    made = Judging.objects.get()
    assert set(made.texts.values_list("group", flat=True)) == {"Your miniature", "tiny before tuning", ""}
    assert made.without_shape == {"Your miniature": 1}


def test_a_share_is_corrected_by_verdicts_on_drafts_that_experts_judged(
    evaluation: Evaluation, admin: Member, serve: Any
) -> None:
    judge = roomy(serve("mistral", lambda body: "")[0])
    subject = answers.subject_of(evaluation)
    made = launch.launch(subject, subject.texts(1_000), judge=judge, by=admin, max_cost_usd=Decimal(1))
    JudgedText.objects.filter(judging=made).delete()
    source = factories.make_source(evaluation.task, name="Others")
    records = factories.make_records(source, 150)
    beside = [(True, True)] * 27 + [(True, False)] * 3 + [(False, True)] * 5 + [(False, False)] * 15
    JudgedText.objects.bulk_create(
        [
            *(
                JudgedText(judging=made, record=records[place], place=place, expert_passes=expert, passes=said)
                for place, (expert, said) in enumerate(beside)
            ),
            *(
                JudgedText(judging=made, record=records[50 + n], place=100 + n, group="run 1 (LoRA)", passes=n < 70)
                for n in range(100)
            ),
        ]
    )
    [group] = figures.report(made).groups

    # It passes nine of ten good texts and a quarter of bad ones: 70 of 100 are (0.70 - 0.25) / 0.65.
    assert group.corrected is not None and not group.by_own
    assert group.corrected.share == pytest.approx(0.45 / 0.65)


@pytest.mark.slow
def test_a_lead_sees_the_form_and_programs_order_by_the_api(
    evaluation: Evaluation,
    admin: Member,
    viewer: Member,
    serve: Any,
    as_member: Callable[[Member], Client],
    api_as: Callable[..., APIClient],
) -> None:
    roomy(serve("mistral", lambda body: "")[0])
    body = {"teacher": "mistral", "texts": 4, "max_cost_usd": "1"}
    page = as_member(admin).get(f"/evaluations/{evaluation.pk}/judge/").content.decode()
    price = as_member(admin).post(f"/evaluations/{evaluation.pk}/judge/price/", body).content.decode()
    refused = api_as(viewer).post(f"/api/v1/evaluations/{evaluation.pk}/judgings/", body)
    priced = api_as(admin).post(f"/api/v1/evaluations/{evaluation.pk}/judgings/price/", body)
    ordered = api_as(admin).post(f"/api/v1/evaluations/{evaluation.pk}/judgings/", body)
    listed = api_as(viewer).get(f"/api/v1/evaluations/{evaluation.pk}/judgings/").json()["results"]

    assert "Have a judge read the evaluation of" in page and "Experts judged" in price
    assert refused.status_code == 403 and priced.status_code == 200 and ordered.status_code == 202
    assert [one["id"] for one in listed] == [ordered.json()["id"]]


def test_neither_the_teacher_nor_the_student_of_an_evaluation_judges_its_own_family(
    evaluation: Evaluation, admin: Member, serve: Any
) -> None:
    evaluation.run.student.hub_id = "Qwen/Qwen3-4B"
    subject = answers.subject_of(evaluation)

    with pytest.raises(Refusal) as refused:
        launch.quote(subject, subject.texts(10), judge=roomy(serve("qwen-max", lambda body: "")[0]), by=admin)

    assert refused.value.code == "judge_is_writer"
