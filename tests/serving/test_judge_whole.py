"""A miniature as judge, whole: decisions become its golds, a real engine tunes it, scores it and serves it,
and it judges drafts.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from evaluation.evaluations.run_inputs import tuned_name
from evaluation.metrics.baselines import MAJORITY
from evaluation.models import Evaluation
from generation.judges import figures, launch
from generation.models import JudgedText, Judging, Teacher
from jobs.supervisor import run_job
from members.models import Member
from review.datasets import freezing
from review.desk import deck
from review.models import DatasetVersion, Record, Task
from review.sources.judge_records import make
from review.states import Split
from serving.promotions import promotion
from serving.runtime import engine_client
from tests.review import factories
from tests.review.datasets import golds
from tests.review.desk.verbs import judge
from tests.serving.waiting import wait_until, work
from tests.training.engine.classifier.conftest import make_encoder, make_tokenizer
from training.models import Miniature, Student
from training.runs import launch_run
from training.runs.run_request import RunRequest
from training.students import registration

pytestmark = [pytest.mark.engine, pytest.mark.django_db(transaction=True), pytest.mark.slow, pytest.mark.alone]
TRAIN, VALIDATION, TEST, WAITING = 32, 6, 30, 6
LENGTH = 1024
QUICK = {"method": "full", "epochs": 3, "learning_rate": 5e-3, "batch_size": 4, "max_length": LENGTH, "dtype": "fp32"}


@pytest.fixture
def judged(task: Task, admin: Member) -> Task:
    """Drafts that an expert took where they say GOOD and rejected where they say BAD, in each split;
    the last six wait.
    """
    splits = [Split.TRAIN] * TRAIN + [Split.VALIDATION] * VALIDATION + [Split.TEST] * (TEST + WAITING)
    records = factories.make_records(factories.make_source(task), len(splits))
    for record, split in zip(records, splits, strict=True):
        record.split = split
    Record.objects.bulk_update(records, ["split"])
    factories.make_drafts(task, records, fields=[mail_of(record, place) for place, record in enumerate(records)])
    for card in deck.deal(admin, task, count=TRAIN + VALIDATION + TEST):
        said: dict[str, Any] = {"verdict": "accept"}
        if "BAD" in card.draft.fields["body"]:
            said = {"verdict": "reject", "reasons": ["tone"]}
        judge(card, by=admin, **said)
    return task


def mail_of(record: Record, place: int) -> dict[str, str]:
    mail = golds.mail(record)
    return {**mail, "body": f"{mail['body']} {('BAD ' if place % 2 else 'GOOD ') * 6}".rstrip()}


@pytest.fixture
def version(judged: Task, admin: Member) -> DatasetVersion:
    """The judge's golds, frozen as its page freezes them."""
    made = make.make(judged, by=admin)
    assert (made.good, made.bad, made.left_out) == (34, 34, 0)
    frozen = freezing.freeze(freezing.create(made.task, name="Verdicts", by=admin), by=admin)
    assert frozen.job is not None
    run_job(frozen.job.pk, worker="w")
    frozen.refresh_from_db()
    return frozen


@pytest.fixture
def encoder(tmp_path: Path, admin: Member, settings: Any) -> Student:
    """An encoder of some ten thousand parameters that reads a mail with its facts."""
    folder = tmp_path / "students" / "encoder"
    tokenizer = make_tokenizer()
    tokenizer.save_pretrained(folder)
    model = make_encoder("modernbert", len(tokenizer))
    model.config.max_position_embeddings = LENGTH
    model.save_pretrained(folder)
    settings.STUDENT_ROOTS, settings.JOB_ENGINE_NICE = [folder.parent], 0
    return registration.register_folder(path=str(folder), by=admin, name="Encoder", licence="Apache-2.0")


@pytest.fixture
def miniature(version: DatasetVersion, encoder: Student, admin: Member, forked: None) -> Miniature:
    """Tuned and scored by the real engines."""
    request = RunRequest(dataset_version=version, student=encoder)
    run = launch_run.launch(request, recipe="classifier", by=admin, overrides=QUICK)
    work()
    return Miniature.objects.get(run=run)


def test_a_judge_is_tuned_on_decisions_scored_served_and_judges_what_waits(
    miniature: Miniature, judged: Task, admin: Member, workers: Any, site: Any, settings: Any
) -> None:
    settings.SERVING_BASE_URL = site.url
    summary: Any = Evaluation.objects.get(run=miniature.run).summary
    assert summary["systems"][MAJORITY]["right_verdict"]["n"] == VALIDATION
    assert summary["systems"][tuned_name(miniature.run)]["right_verdict"]["n"] == VALIDATION

    judging = verdicts_of(miniature, judged, admin)

    texts = JudgedText.objects.filter(judging=judging).select_related("record")
    assert texts.count() == TEST + WAITING
    assert all(text.passes is not None and text.confidence is not None for text in texts)
    assert all((text.confidence > 0.5) == text.passes for text in texts if text.confidence is not None)
    held = [text for text in texts if text.expert_passes is not None]
    assert len(held) == TEST and {text.record.split for text in held} == {Split.TEST}
    page_tells(judging, admin)


def verdicts_of(miniature: Miniature, judged: Task, by: Member) -> Judging:
    """Have the served miniature read the desk, over HTTP, through its order."""
    # On so few texts it is behind the nearest gold.
    promotion.promote(miniature, by=by, override_reason="It judges what waits.")
    wait_until(
        lambda: miniature.slug in {each["name"] for each in (engine_client.engine_state() or {}).get("models", [])}
    )
    teacher = Teacher.objects.get(model=miniature.slug)
    subject = launch.of_desk(judged)
    made = launch.launch(subject, subject.texts_for(teacher, 100), judge=teacher, by=by, max_cost_usd=None)
    job = made.order.job
    assert job is not None
    run_job(job.pk, worker="w")
    job.refresh_from_db()
    assert job.state == "succeeded", job.error
    return made


def page_tells(judging: Judging, admin: Member) -> None:
    report = figures.report(judging)
    assert (report.answered, report.whole.verdicts.n) == (TEST + WAITING, TEST)
    client = Client()
    client.force_login(admin)
    page = client.get(reverse("generation:judging", args=[judging.pk])).content.decode()
    assert f"Verdicts of {judging.order.teacher.name}" in page
    assert "Judge and experts" in page
