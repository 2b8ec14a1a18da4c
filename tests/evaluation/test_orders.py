"""An evaluation follows each run by itself, once, and never pays a teacher twice for the same prompts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from evaluation.evaluations import compared, costs, inputs, queries, run_inputs, start_evaluation
from evaluation.models import Evaluation, EvaluationOutput
from evaluation.states import Baseline
from generation.models import Call, Order, Teacher
from jobs.lifecycle import consumers
from jobs.models import Job
from members.models import Member
from review.models import Draft, Record, TaskVersion
from review.spec.schema import OutputField
from review.states import Split
from tests.evaluation.conftest import end_order
from tests.training.miniatures import conclude
from training.models import HostPrice, Miniature, TrainingRun
from web.errors import Refusal

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shared_version")]


def test_a_run_that_succeeded_is_evaluated_once_however_often_its_end_is_told(miniature: Miniature) -> None:
    job = miniature.run.job

    consumers.call(job.pk, job.kind)
    consumers.call(job.pk, job.kind)

    assert Evaluation.objects.filter(run=miniature.run).count() == 1


def test_outputs_are_priced_by_the_host_that_writes_them(miniature: Miniature, admin: Member) -> None:
    HostPrice.objects.create(host="default", usd_per_hour=1)
    HostPrice.objects.create(host="gpu-1", usd_per_hour=3)
    evaluation = start_evaluation.start(miniature.run, by=admin)
    Job.objects.filter(pk=evaluation.job_id).update(host_id="gpu-1")
    evaluation = queries.by_id(evaluation.pk)
    evaluation.summary = {"systems": {"tiny": {"seconds": {"mean": 1.2}}}}

    assert costs.of(evaluation)["tiny"].usd == pytest.approx(1)


def test_a_run_that_failed_is_not_evaluated(launch: Callable[..., TrainingRun]) -> None:
    run = launch()
    Job.objects.filter(pk=run.job_id).update(state="failed", finished_at=timezone.now())

    consumers.call(run.job_id, "training")

    assert not Evaluation.objects.exists()


def test_the_teacher_writes_afresh_for_every_held_out_record_before_the_engine_starts(
    miniature: Miniature, taught: Teacher, admin: Member
) -> None:
    evaluation = start_evaluation.start(miniature.run, by=admin)

    held_out = {
        str(pk) for pk in Record.objects.filter(task=miniature.task, split="validation").values_list("pk", flat=True)
    }
    order = evaluation.teacher_order
    assert order is not None
    assert set(order.record_ids) == held_out
    assert order.purpose == "evaluation"
    assert evaluation.job is None

    consumers.call(end_order(order).pk, "generation")

    evaluation.refresh_from_db()
    assert evaluation.job is not None
    assert evaluation.job.kind == "evaluation"


@pytest.mark.parametrize("state", ["failed", "cancelled"])
def test_a_teacher_that_fails_does_not_hold_up_the_evaluation(
    miniature: Miniature, taught: Teacher, admin: Member, state: str
) -> None:
    evaluation = start_evaluation.start(miniature.run, by=admin)

    consumers.call(end_order(evaluation.teacher_order, state).pk, "generation")

    evaluation.refresh_from_db()
    assert evaluation.job is not None


def test_a_teacher_that_cannot_be_asked_is_said_and_left_out(
    miniature: Miniature, taught: Teacher, admin: Member
) -> None:
    Teacher.objects.filter(pk=taught.pk).update(secret_ref="A_KEY_NOBODY_SET")

    evaluation = start_evaluation.start(miniature.run, by=admin)

    assert evaluation.teacher_order is None
    assert "A_KEY_NOBODY_SET" in evaluation.teacher_note
    assert evaluation.job is not None


def test_the_same_prompts_are_not_paid_for_twice(
    launch: Callable[..., TrainingRun], taught: Teacher, admin: Member, tmp_path: Path
) -> None:
    one, other = conclude(launch(), tmp_path / "one"), conclude(launch(), tmp_path / "other")
    first = start_evaluation.start(one.run, by=admin)
    end_order(first.teacher_order)

    second = start_evaluation.start(other.run, by=admin)

    assert second.teacher_order == first.teacher_order
    assert second.job is not None
    assert Order.objects.filter(purpose="evaluation").count() == 1


def test_no_held_out_record_is_said_on_the_evaluation(miniature: Miniature) -> None:
    Record.objects.filter(task=miniature.task, split="validation").update(split="train")

    start_evaluation.start_after_run(miniature.run.job)

    assert "no record in its validation split" in Evaluation.objects.get().problem


def test_a_run_that_is_not_done_is_refused(launch: Callable[..., TrainingRun], admin: Member) -> None:
    with pytest.raises(Refusal, match="has not succeeded"):
        start_evaluation.start(launch(), by=admin)


def test_a_viewer_may_not_order_an_evaluation(miniature: Miniature, viewer: Member) -> None:
    with pytest.raises(PermissionDenied, match="lead"):
        start_evaluation.start(miniature.run, by=viewer)


def test_the_engine_is_given_golds_of_held_out_records_only_and_no_text_of_the_teacher_for_them(
    miniature: Miniature, taught: Teacher, admin: Member, tmp_path: Path
) -> None:
    evaluation = start_evaluation.start(miniature.run, by=admin)
    order = evaluation.teacher_order
    fresh = {"subject": "Fresh", "body": "Written for the evaluation."}
    for position, record in enumerate(order.record_ids):
        Call.objects.create(
            id=Record.objects.get(pk=record).pk, order=order, record_id=record, position=position,
            state="answered", fields=fresh,
        )  # fmt: skip
    end_order(order)

    body = run_inputs.evaluation_spec(evaluation.pk, tmp_path)

    assert {gold["record"] for gold in body["golds"]} <= set(evaluation.record_ids)
    assert [(s["method"], s.get("kind", "")) for s in body["systems"]] == [
        ("base", ""),
        ("base", "baseline"),
        ("lora", ""),
    ]
    teacher = body["written"][0]
    assert teacher["method"] == "teacher"
    assert all(output["fields"] == fresh for output in teacher["outputs"])


def test_a_gold_of_a_follow_up_is_held_against_no_text_written_from_facts_alone(
    miniature: Miniature, admin: Member, tmp_path: Path
) -> None:
    evaluation = start_evaluation.start(miniature.run, by=admin)
    one, *rest = inputs.golds_of(evaluation.dataset_version, evaluation.record_ids, split=Split.VALIDATION)
    Draft.objects.filter(record=one["record"]).update(thread=[{"subject": "One", "body": "The mail before."}])

    body = run_inputs.evaluation_spec(evaluation.pk, tmp_path)

    assert one["record"] in {record["id"] for record in body["records"]}
    assert body["golds"] == rest


def test_what_base_and_sibling_wrote_is_scored_again_not_run_again(
    launch: Callable[..., TrainingRun], admin: Member, tmp_path: Path, finish: Any
) -> None:
    one, other = conclude(launch(), tmp_path / "one"), conclude(launch(), tmp_path / "other")
    first, second = (start_evaluation.start(each.run, by=admin, baselines=()) for each in (one, other))
    finish(first, {run_inputs.base_name(one.run): ("base", 0.1), run_inputs.tuned_name(one.run): ("lora", 0.8)})

    body = run_inputs.evaluation_spec(second.pk, tmp_path / "run")

    assert [system["name"] for system in body["systems"]] == [run_inputs.tuned_name(other.run)]
    written = {system["name"]: system for system in body["written"]}
    assert set(written) == {run_inputs.base_name(one.run), run_inputs.tuned_name(one.run)}
    for system in written.values():
        assert system["outputs"][0]["scores"] == {"gold_nll_per_byte": 0.7}
        assert system["general_nll_per_byte"] == 1.5


def test_what_an_encoder_wrote_under_its_earlier_name_is_found_and_called_by_its_own(
    launch: Callable[..., TrainingRun], admin: Member, tmp_path: Path, finish: Any
) -> None:
    one, other = conclude(launch(), tmp_path / "one"), conclude(launch(), tmp_path / "other")
    first, second = start_evaluation.start(one.run, by=admin), start_evaluation.start(other.run, by=admin)
    earlier = run_inputs.tuned_name(one.run)
    finish(first, {run_inputs.base_name(one.run): ("base", 0.1), earlier: ("lora", 0.8)})
    TrainingRun.objects.filter(pk=one.run.pk).update(recipe={**one.run.recipe, "objective": "classify"})

    written = run_inputs.evaluation_spec(second.pk, tmp_path / "run")["written"]

    [own] = [system for system in written if system["method"] == "lora"]
    assert earlier == f"run {one.run.number} (LoRA)"
    assert own["name"] == f"run {one.run.number} (encoder)"
    assert own["general_nll_per_byte"] == 1.5


def test_what_was_asked_or_scored_in_an_older_way_is_not_set_beside_newer_texts(
    launch: Callable[..., TrainingRun], admin: Member, tmp_path: Path, finish: Any
) -> None:
    one, other = conclude(launch(), tmp_path / "one"), conclude(launch(), tmp_path / "other")
    first, second = (start_evaluation.start(each.run, by=admin, baselines=()) for each in (one, other))
    finish(first, {run_inputs.base_name(one.run): ("base", 0.1), run_inputs.tuned_name(one.run): ("lora", 0.8)})
    first.refresh_from_db()
    first.summary.pop("measured_as")
    first.save()

    body = run_inputs.evaluation_spec(second.pk, tmp_path / "run")

    assert [system["method"] for system in body["systems"]] == ["base", "lora"]
    assert body["written"] == []


def test_keeping_twice_leaves_each_output_once(miniature: Miniature, admin: Member, finish: Any) -> None:
    evaluation = start_evaluation.start(miniature.run, by=admin)
    systems = {"tiny (base)": ("base", 0.1), "run 1 (LoRA)": ("lora", 0.9)}

    finish(evaluation, systems)
    finish(evaluation, systems)

    assert EvaluationOutput.objects.filter(evaluation=evaluation).count() == 2 * len(evaluation.record_ids)
    assert inputs.comparable_evaluations(evaluation) == []


def test_a_base_is_asked_with_examples_of_other_companies_that_were_trained_on(
    miniature: Miniature, admin: Member, tmp_path: Path
) -> None:
    evaluation = start_evaluation.start(miniature.run, by=admin, baselines=list(Baseline))
    tested = Record.objects.get(pk=evaluation.record_ids[0])
    trained = next(iter(inputs.trained_on(evaluation.dataset_version)))
    Record.objects.filter(task=tested.task, split="train", facts=trained[0]).update(group=tested.group)

    body = run_inputs.evaluation_spec(evaluation.pk, tmp_path)

    slug = miniature.run.student.slug
    assert [each["name"] for each in body["systems"][:3]] == [
        f"{slug} (base)",
        f"{slug} (teacher's prompt)",
        f"{slug} (with examples)",
    ]
    shown = {each["record"]: [e["facts"] for e in each["examples"]] for each in body["systems"][2]["shown"]}
    held_out = [record["facts"] for record in body["records"]]
    assert set(shown) == set(evaluation.record_ids)
    assert all(len(facts) == 3 and not any(each in held_out for each in facts) for facts in shown.values())
    assert trained[0] not in shown[str(tested.pk)]
    [nearest] = [each for each in body["written"] if each["method"] == "baseline"]
    assert [output["fields"] is not None for output in nearest["outputs"]] == [True] * len(held_out)


def test_what_a_base_wrote_with_examples_is_scored_again_not_run_again(
    launch: Callable[..., TrainingRun], admin: Member, tmp_path: Path, finish: Any
) -> None:
    one, other = conclude(launch(), tmp_path / "one"), conclude(launch(), tmp_path / "other")
    first, second = start_evaluation.start(one.run, by=admin), start_evaluation.start(other.run, by=admin)
    base, asked = run_inputs.base_name(one.run), f"{one.run.student.slug} (with examples)"
    finish(first, {base: ("base", 0.1), asked: ("baseline", 0.2), run_inputs.tuned_name(one.run): ("lora", 0.8)})

    body = run_inputs.evaluation_spec(second.pk, tmp_path / "run")

    assert [system["name"] for system in body["systems"]] == [run_inputs.tuned_name(other.run)]
    assert {base, asked} <= {system["name"] for system in body["written"]}


def test_a_form_offers_what_an_order_can_leave_out_alone(miniature: Miniature) -> None:
    prose, classifier = miniature.run, TrainingRun.objects.get(pk=miniature.run_id)
    classifier.recipe = {**classifier.recipe, "objective": "classify"}
    labels = TrainingRun.objects.get(pk=miniature.run_id)
    spec = labels.task_version.spec.model_copy(update={"output_schema": (OutputField(name="urgent", type="boolean"),)})
    labels.task_version = TaskVersion(body=spec.canonical(), content_hash="of labels")

    assert compared.chosen(prose) == list(Baseline)
    assert compared.always(prose) == ["the student before tuning", "the teacher"]
    assert compared.chosen(classifier) == [Baseline.NEAREST]
    assert compared.always(classifier) == ["the teacher"]
    assert compared.chosen(labels) == [Baseline.EXAMPLES, Baseline.FULL_PROMPT]
    assert compared.always(labels)[1:3] == ["most frequent answer", "copy of the most similar approved text"]
