"""Studies of transfer, context, logits, experts behind a router, an isolated expert and retrieved passages with real
engines, from registration to verdict and page.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from demo.data.claim_check import CLAIM_CHECK
from demo.data.company_news import COMPANY_NEWS
from demo.data.demo_task import AnsweredRecord
from demo.data.lead_qualification import LEAD_QUALIFICATION
from demo.data.research_summary import RESEARCH_SUMMARY
from demo.data.support_answer import SUPPORT_ANSWER
from evaluation.studies import launch_study
from evaluation.studies.design import StudyRequest
from evaluation.studies.kinds.cloning import ANSWER_ALONE, IMITATES, LOGITS
from evaluation.studies.kinds.experts import DENSE, ISOLATED, LEAST_USED, MIXTURE
from evaluation.studies.kinds.retrieval import BY_RULES, MINIATURE, ONE_ANSWER
from evaluation.studies.kinds.router import LARGER, ROUTED
from evaluation.studies.kinds.transfer import BASE
from jobs.supervisor import run_job
from members.models import Member
from review.models import DatasetVersion, Task
from tests.evaluation.studies.test_segment_experts import routed
from tests.evaluation.studies.whole import answered, carried, frozen, of_demo, save
from tests.review import factories
from tests.training.test_kinds import model_folder, tiny
from training.models import Student
from training.runs import isolating
from training.students import registration

__all__ = ["model_folder", "routed", "tiny"]
pytestmark = [pytest.mark.engine, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("forked")]


@pytest.fixture
def reader(tiny: Student, model_folder: Path, admin: Member) -> Student:
    """A tiny student whose tokens are the demo's, so that long facts fit."""
    return registered("reader", model_folder, admin, tokenizer="demo")


def registered(name: str, model_folder: Path, admin: Member, **more: Any) -> Student:
    from transformers import LlamaConfig, LlamaForCausalLM

    folder = model_folder.parent / name
    return registration.register_folder(
        path=str(folder if folder.exists() else save(folder, LlamaForCausalLM, LlamaConfig, **more)), by=admin
    )


def asks(kind: str, **more: Any) -> StudyRequest:
    return StudyRequest(kind=kind, **{"seeds": (1, 2), "epochs": 1, "recipes": {"lora": "demo"}, **more})


@pytest.mark.slow
@pytest.mark.stress
def test_four_tasks_are_tuned_on_and_each_is_scored_on_all_four(
    version: DatasetVersion, reader: Student, admin: Member, client: Client
) -> None:
    tasks = [of_demo(each, admin, train=12, validation=3) for each in (RESEARCH_SUMMARY, SUPPORT_ANSWER, COMPANY_NEWS)]
    others = [frozen(task, admin, f"Gold {task.slug}") for task in tasks]
    names = [version.dataset.task.slug, *(task.slug for task in tasks)]

    study = launch_study.launch(asks("transfer"), version=version, student=reader, by=admin, others=others)

    body = carried(study, client, admin, BASE, *names)
    assert [column["task"] for column in body["matrix"]] == names
    for column in body["matrix"]:
        assert column["base"] > 0
        assert [entry["from"] for entry in column["entries"]] == names
        assert [entry["is_own"] for entry in column["entries"]] == [name == column["task"] for name in names]
    pairs = [entry for column in body["matrix"] for entry in column["entries"] if not entry["is_own"]]
    assert len(pairs) == 12
    assert all(entry["problem"] or entry["adjusted_p"] >= entry["p"] for entry in pairs)


@pytest.mark.slow
@pytest.mark.stress
def test_a_shorter_context_leaves_long_rows_out_and_says_how_many(
    task: Task, tiny: Student, admin: Member, client: Client
) -> None:
    mails = factories.make_records(factories.make_source(task, name="Drawn"), 16)
    told = [
        {**mail.facts, "trigger": "opened a depot. " * (60 if place < 3 else 1)} for place, mail in enumerate(mails)
    ]
    written = [factories.mail(mail) for mail in mails]
    for mail in mails:
        mail.delete()
    answered(task, admin, [AnsweredRecord(*each) for each in zip(told, written, strict=True)], train=12)

    study = launch_study.launch(asks("context"), version=frozen(task, admin, "Gold"), student=tiny, by=admin)

    body = carried(study, client, admin, "1,024 tokens", "2,048 tokens")
    assert [one["arm"] for one in body["comparisons"]] == ["1,024 tokens"]
    assert {(row["arm"], row["rows_left_out"]) for row in body["cells"]} == {("1,024 tokens", 3), ("2,048 tokens", 0)}
    assert "3 rows too long" in client.get(reverse("evaluation:study", args=[study.pk])).content.decode()


@pytest.mark.slow
@pytest.mark.stress
def test_logits_and_texts_are_compared_on_prose(
    version: DatasetVersion, tiny: Student, admin: Member, client: Client, model_folder: Path
) -> None:
    teacher = registered("teacher", model_folder, admin, hidden_size=64, intermediate_size=96, num_hidden_layers=3)

    study = launch_study.launch(asks("cloning", teacher=teacher.slug), version=version, student=tiny, by=admin)

    body = carried(study, client, admin, LOGITS, IMITATES)
    assert [one["arm"] for one in body["comparisons"]] == [LOGITS]
    runs = {cell.arm: cell.measurement.run for cell in study.cells.select_related("measurement__run__teacher")}
    assert {arm: run.teacher if run else None for arm, run in runs.items()} == {LOGITS: teacher, IMITATES: None}


@pytest.mark.slow
@pytest.mark.stress
def test_logits_reasoning_and_answers_alone_are_compared_on_leads(
    reader: Student, admin: Member, client: Client, model_folder: Path
) -> None:
    leads = of_demo(LEAD_QUALIFICATION, admin, train=12, validation=4)
    whole, alone = (frozen(leads, admin, f"Leads {how}", reasoning=how) for how in ("keep", "drop"))
    teacher = registered("wide-reader", model_folder, admin, tokenizer="demo", hidden_size=64)
    wishes = asks("cloning", teacher=teacher.slug, answers_version=str(alone.pk), metric="answers_right")

    study = launch_study.launch(wishes, version=whole, student=reader, by=admin)

    body = carried(study, client, admin, LOGITS, IMITATES, ANSWER_ALONE)
    for cell in study.cells.select_related("measurement"):
        right = cell.measurement.scores["answers_right"]
        assert set(right) == set(cell.measurement.plan["scored"])
        assert set(right.values()) <= {0.0, 1.0}
    assert len(body["comparisons"]) == 2


@pytest.mark.slow
def test_an_expert_is_isolated_and_compared_with_a_dense_student_and_its_tuned_mixture(
    version: DatasetVersion, tiny: Student, admin: Member, client: Client, model_folder: Path
) -> None:
    from transformers import MistralConfig, MistralForCausalLM, MixtralConfig, MixtralForCausalLM

    root = model_folder.parent
    save(root / "tiny-mixture", MixtralForCausalLM, MixtralConfig, num_local_experts=4, num_experts_per_tok=2)
    save(root / "tiny-dense", MistralForCausalLM, MistralConfig)
    mixture, dense = (
        registration.register_folder(path=str(root / name), by=admin) for name in ("tiny-mixture", "tiny-dense")
    )
    job = isolating.order(mixture, version=version, by=admin)
    run_job(job.pk, worker="w")
    most, least = isolating.isolated(mixture, version)
    wishes = asks("experts", students=(dense.slug, least.slug, mixture.slug))

    study = launch_study.launch(wishes, version=version, student=most, by=admin)

    body = carried(study, client, admin, DENSE, ISOLATED, LEAST_USED, MIXTURE)
    assert [each["against"] for each in body["comparisons"]] == [DENSE, LEAST_USED, ISOLATED]
    tuned = {point["arm"]: point["trainable_parameters"] for point in body["points"]}
    assert tuned[MIXTURE] > tuned[ISOLATED] == tuned[DENSE]


@pytest.mark.slow
@pytest.mark.stress
def test_experts_behind_a_router_are_compared_with_a_larger_student(
    routed: DatasetVersion, tiny: Student, admin: Member, client: Client, model_folder: Path
) -> None:
    larger = registered("larger", model_folder, admin, hidden_size=64, intermediate_size=96, num_hidden_layers=3)
    wishes = asks("router", segment="trigger", students=(larger.slug,), seeds=(1, 2, 3))

    study = launch_study.launch(wishes, version=routed, student=tiny, by=admin)

    body = carried(study, client, admin, "Expert: hired", "Expert: moved", LARGER)
    assert [point["arm"] for point in body["points"]] == [ROUTED, LARGER]
    assert [(each["segment"], each["records"]) for each in body["segments"]] == [
        ("Expert: hired", 4),
        ("Expert: moved", 4),
    ]
    figures = {each["name"]: each for each in body["figures"]}
    assert figures["parameters_at_work"]["routed"] < figures["parameters_at_work"]["larger"]
    assert all(figures["seconds_per_thousand"][side] > 0 for side in ("routed", "larger"))


@pytest.mark.slow
@pytest.mark.stress
def test_a_miniature_that_vets_retrieved_passages_is_compared_with_the_rules(
    reader: Student, admin: Member, client: Client
) -> None:
    claims = of_demo(CLAIM_CHECK, admin, train=12, validation=9)

    study = launch_study.launch(asks("retrieval"), version=frozen(claims, admin, "Claims"), student=reader, by=admin)

    body = carried(study, client, admin, MINIATURE)
    assert [point["arm"] for point in body["points"]] == [MINIATURE, BY_RULES, ONE_ANSWER]
    assert [comparison["against"] for comparison in body["comparisons"]] == [ONE_ANSWER, BY_RULES]
    assert 0 < body["found"] <= 1
