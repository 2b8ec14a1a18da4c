"""Pages and endpoints of evaluations: who may see them, what they show, and that text stays text."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from evaluation.evaluations import queries, start_evaluation
from evaluation.models import Evaluation, EvaluationOutput
from jobs.models import Job
from members.models import Member
from training.models import Miniature

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shared_version")]
SYSTEMS = {"tiny (base)": ("base", 0.1), "run 1 (LoRA)": ("lora", 0.9)}


@pytest.fixture
def evaluation(miniature: Miniature, admin: Member, finish: Any) -> Evaluation:
    return finish(start_evaluation.start(miniature.run, by=admin), SYSTEMS)


def test_the_list_shows_each_system_with_its_interval(
    evaluation: Evaluation, viewer: Member, as_member: Callable[[Member], Client]
) -> None:
    page = as_member(viewer).get(f"/tasks/{evaluation.task.slug}/evaluation/").content.decode()

    assert "90.0 %" in page
    assert "80.0 % to 100.0 %" in page


def test_an_evaluation_shows_metrics_and_samples_as_text(
    evaluation: Evaluation, admin: Member, as_member: Callable[[Member], Client]
) -> None:
    page = as_member(admin).get(f"/evaluations/{evaluation.pk}/").content.decode()

    assert "Passes all checks" in page
    assert "Your miniature passes all checks in <strong>90.0 %</strong>" in " ".join(page.split())
    assert page.index('id="baselines"') < page.index("tiny before tuning") < page.index("Samples side by side")
    assert "<script>alert" not in page


def test_an_answer_of_values_is_right_or_wrong_and_passes_nothing(
    evaluation: Evaluation, admin: Member, as_member: Callable[[Member], Client]
) -> None:
    first, second = (EvaluationOutput.objects.filter(evaluation=evaluation, system=name) for name in SYSTEMS)
    first.update(scores={"exact": 0.0})
    second.update(scores={"exact": 1.0})
    metrics = {name: {"mean": 0.5, "low": 0, "high": 1, "n": 2, "companies": 2} for name in ("exact", "passes_all")}
    evaluation.summary |= {"systems": dict.fromkeys(SYSTEMS, metrics), "judged_by": "exact"}
    evaluation.save()

    page = as_member(admin).get(f"/evaluations/{evaluation.pk}/").content.decode()
    of_the_wrong = as_member(admin).get(f"/evaluations/{evaluation.pk}/", {"failing": "run 1 (LoRA)"}).content.decode()

    assert "Passes all checks" not in page
    assert ('">right</span>' in page, '">wrong</span>' in page, '">passes</span>' in page) == (True, True, False)
    assert "where Your miniature is wrong" in page
    assert "<article" not in of_the_wrong


def test_the_first_samples_hold_one_that_each_of_two_models_alone_gets_right(evaluation: Evaluation) -> None:
    base, tuned = SYSTEMS
    records = list(queries.records(evaluation))
    for record, scores in zip(records[-2:], ((1.0, 0.0), (0.0, 1.0)), strict=True):
        for system, score in zip((tuned, base), scores, strict=True):
            EvaluationOutput.objects.filter(record=record, system=system).update(scores={"exact": score})

    rows = queries.records(evaluation)
    assert queries.contrasting(evaluation, rows, [tuned, base], "exact", 2) == records[-2:]
    assert queries.contrasting(evaluation, rows, [tuned], "exact", 2) == records[:2]


def test_an_evaluation_under_way_shows_its_job(
    miniature: Miniature, admin: Member, as_member: Callable[[Member], Client]
) -> None:
    under_way = start_evaluation.start(miniature.run, by=admin)

    page = as_member(admin).get(f"/evaluations/{under_way.pk}/").content.decode()

    assert f'data-job="{under_way.job_id}"' in page


def test_only_failing_samples_are_shown_when_asked_for(
    evaluation: Evaluation, admin: Member, as_member: Callable[[Member], Client]
) -> None:
    page = as_member(admin).get(f"/evaluations/{evaluation.pk}/?failing=run 1 (LoRA)").content.decode()

    assert "<article" not in page


def test_the_card_is_a_part_that_other_pages_load(
    evaluation: Evaluation, viewer: Member, as_member: Callable[[Member], Client]
) -> None:
    part = (
        as_member(viewer).get(f"/evaluations/of-run/{evaluation.run_id}/card/", HTTP_HX_REQUEST="true").content.decode()
    )

    assert "<html" not in part
    assert "90.0 %" in part
    assert "<td>Your miniature</td>" in part
    assert "base" not in part


def test_the_card_of_a_run_that_nobody_evaluated_lets_a_lead_order_it(
    miniature: Miniature, admin: Member, viewer: Member, as_member: Callable[[Member], Client], settings: Any
) -> None:
    settings.EVALUATE_AFTER_RUNS = False
    address = f"/evaluations/of-run/{miniature.run_id}/card/"
    lead, other = (as_member(member).get(address).content.decode() for member in (admin, viewer))

    assert ">Evaluate</button>" in lead
    assert "button" not in other
    assert "automatically" not in lead


@pytest.mark.slow
def test_an_evaluation_that_was_cancelled_can_be_ordered_again(
    miniature: Miniature, admin: Member, as_member: Callable[[Member], Client]
) -> None:
    cancelled = start_evaluation.start(miniature.run, by=admin)
    client, button = as_member(admin), f'action="/evaluations/of-run/{miniature.run_id}/start/"'
    addresses = (f"/evaluations/{cancelled.pk}/", f"/evaluations/of-run/{miniature.run_id}/card/")
    before = [button in client.get(address).content.decode() for address in addresses]

    Job.objects.filter(pk=cancelled.job_id).update(state="cancelled")

    assert before == [False, False]
    assert [button in client.get(address).content.decode() for address in addresses] == [True, True]


def test_the_list_asks_the_database_the_same_however_many_there_are(
    evaluation: Evaluation,
    admin: Member,
    as_member: Callable[[Member], Client],
    finish: Any,
    django_assert_max_num_queries: Any,
) -> None:
    for _ in range(5):
        finish(start_evaluation.start(evaluation.run, by=admin), SYSTEMS)

    client = as_member(admin)
    with django_assert_max_num_queries(14):
        client.get(f"/tasks/{evaluation.task.slug}/evaluation/")


def test_outputs_come_in_pages_and_by_system(
    evaluation: Evaluation, viewer: Member, api_as: Callable[..., APIClient]
) -> None:
    answer = api_as(viewer, scopes=("read",)).get(
        f"/api/v1/evaluations/{evaluation.pk}/outputs/", {"system": "run 1 (LoRA)", "limit": 1}
    )

    assert answer.status_code == 200
    assert answer.json()["next"]
    assert answer.json()["results"][0]["kind"] == "lora"


@pytest.mark.slow
def test_sentences_that_the_record_does_not_support_are_shown_with_why_and_an_older_evaluation_has_none(
    evaluation: Evaluation, admin: Member, as_member: Callable[[Member], Client], api_as: Callable[..., APIClient]
) -> None:
    address, call = f"/evaluations/{evaluation.pk}/", f"/api/v1/evaluations/{evaluation.pk}/"
    older = as_member(admin).get(address).content.decode()
    share = {"mean": 0.1, "low": -0.2, "high": 0.4, "n": 2, "companies": 2}
    evaluation.summary["systems"]["tiny (base)"]["unsupported_sentences"] = share
    evaluation.save()
    said = {"subject": "Hello", "body": "Your depot in Plovdiv opened with 941 people <b>last</b> year."}
    EvaluationOutput.objects.filter(evaluation=evaluation, system="tiny (base)").update(
        fields=said, scores={"unsupported_sentences": 1.0}
    )

    page = as_member(admin).get(address).content.decode()

    told = api_as(admin).get(call).json()["unsupported"]

    assert 'id="unsupported"' not in older
    assert "Sentences not supported" in page
    assert "0.0 % to 40.0 %" in page
    assert "people &lt;b&gt;last&lt;/b&gt; year." in page
    assert {(each["system"], each["sentence"]) for each in told} == {("tiny (base)", said["body"])}
    assert len(told) == 3
