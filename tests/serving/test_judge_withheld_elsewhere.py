"""Who reviews drafts gets neither the weights of the miniature that judges them, nor what it said,
nor its drafts by order.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.test import Client
from django.urls import reverse

from evaluation.evaluations import queries as evaluations
from evaluation.models import Evaluation
from generation.diversity.request import MixRequest, TeacherRequest
from generation.models import Teacher
from generation.orders import launch, trial
from generation.teachers import queries as teachers
from jobs.lifecycle import control
from jobs.models import Job
from jobs.monitor import queries as jobs
from members.models import Member
from review.models import JudgeTask, Task
from review.states import Role
from tests.review import factories
from training.exports import formats
from training.models import Miniature, MiniatureExport

pytestmark = pytest.mark.django_db
SAID = "Experts would take this one."
WHY = "would reveal a verdict before you give yours"


@pytest.fixture
def judged(promoted: Miniature, admin: Member) -> Task:
    """The task whose drafts the promoted miniature judges."""
    task = factories.make_task(by=admin, slug="judged")
    JudgeTask.objects.create(task=promoted.task, judged=task)
    return task


@pytest.fixture
def reviewer(lead: Member, judged: Task) -> Member:
    """A lead of the judge's task who reviews the drafts that it judges."""
    factories.join(lead, judged, Role.REVIEWER)
    return lead


@pytest.fixture
def writing(promoted: Miniature, admin: Member) -> Job:
    """A text that somebody else had it write."""
    job = control.launch(
        kind="write", title="Write", spec={}, by=admin, task_slug=promoted.task.slug, subject_id=promoted.pk
    )
    Job.objects.filter(pk=job.pk).update(
        result={"outputs": [{"fields": {"subject": SAID, "body": SAID}, "marks": [], "seconds": 1, "text": SAID}]}
    )
    return job


@pytest.fixture
def addresses(promoted: Miniature, writing: Job, lead: Member) -> dict[str, str]:
    """Where weights and what it said can be had."""
    export = MiniatureExport.objects.create(
        miniature=promoted, format="merged", job=writing, created_by=lead, storage_prefix="e", manifest_sha256="0" * 64,
        files=[{"path": "model.safetensors", "sha256": "0" * 64, "bytes": 1}], bytes=1,
    )  # fmt: skip
    evaluation = Evaluation.objects.create(
        task=promoted.task, run=promoted.run, dataset_version=promoted.run.dataset_version,
        task_version=promoted.run.task_version, created_by=lead,
    )  # fmt: skip
    own = [promoted.pk]
    return {
        "archive": reverse("training:miniature-archive", args=own),
        "archive by the API": reverse("api-miniature-archive", args=own),
        "export": reverse("training:miniature-export", args=[*own, export.format]),
        "export by the API": reverse("api-miniature-export", args=[*own, export.format]),
        "text": reverse("training:miniature-writing", args=[*own, writing.pk]),
        "answers": reverse("api-evaluation-outputs", args=[evaluation.pk]),
    }


def signed_in(member: Member) -> Client:
    client = Client()
    client.force_login(member)
    return client


def statuses(member: Member, addresses: dict[str, str]) -> dict[str, int]:
    client = signed_in(member)
    return {name: client.get(address).status_code for name, address in addresses.items()}


@pytest.mark.slow
def test_neither_weights_nor_words_are_handed_to_who_reviews_the_drafts(
    judged: Task, reviewer: Member, admin: Member, addresses: dict[str, str], make_member: Callable[..., Member]
) -> None:
    plain = make_member("pam")
    factories.join(plain, JudgeTask.objects.get().task, Role.VIEWER)

    assert set(statuses(reviewer, addresses).values()) == {403}
    assert set(statuses(plain, addresses).values()) == {200}
    factories.join(admin, judged, Role.REVIEWER)
    assert set(statuses(admin, addresses).values()) == {200}
    assert WHY in signed_in(reviewer).get(addresses["archive by the API"]).json()["title"]


@pytest.mark.slow
def test_no_page_offers_what_would_be_refused(
    promoted: Miniature, reviewer: Member, addresses: dict[str, str], writing: Job
) -> None:
    client = signed_in(reviewer)
    pages = [f"/miniatures/{promoted.pk}/", f"/miniatures/{promoted.pk}/exports/"]

    shown = [client.get(page).content.decode() for page in pages]

    assert not any(f'href="{address}"' in page for page in shown for address in addresses.values())
    assert WHY in shown[1]
    assert SAID not in client.get(f"/miniatures/{promoted.pk}/?writing={writing.pk}").content.decode()


@pytest.mark.slow
def test_a_text_of_it_is_no_job_that_they_can_see(
    reviewer: Member, admin: Member, viewer: Member, writing: Job
) -> None:
    other = control.launch(kind="export", title="Export", spec={}, by=admin, task_slug=writing.task_slug)

    seen = {member.username: set(jobs.visible(member)) for member in (reviewer, admin, viewer)}

    assert {name: {other, writing} & each for name, each in seen.items()} == {
        "lea": {other}, "ada": {other, writing}, "vic": {other, writing},
    }  # fmt: skip
    with pytest.raises(Http404):
        jobs.get(reviewer, writing.pk)


@pytest.mark.slow
def test_a_lead_who_reviews_the_drafts_orders_no_export(
    promoted: Miniature, reviewer: Member, make_member: Callable[..., Member]
) -> None:
    with pytest.raises(PermissionDenied, match=WHY):
        formats.request_export(promoted, format="merged", by=reviewer)
    answer = signed_in(reviewer).post(
        f"/api/v1/miniatures/{promoted.pk}/exports/", {"format": "merged"}, content_type="application/json"
    )

    assert answer.status_code == 403
    assert not MiniatureExport.objects.exists()


@pytest.fixture
def ask(promoted: Miniature, task: Task) -> dict[str, Callable[[Member], Any]]:
    """Every order by which a lead has the miniature write."""
    factories.make_records(factories.make_source(task), 2)
    teacher, offline = Teacher.objects.get(model=promoted.slug), Teacher.objects.get(slug="offline")

    def mixed(member: Member) -> Any:
        mix = MixRequest(teachers=(TeacherRequest(teacher), TeacherRequest(offline)))
        return launch.quote(launch.OrderRequest(task, teacher=offline, count=2, by=member, mix=mix))

    return {
        "order": lambda member: launch.quote(launch.OrderRequest(task, teacher=teacher, count=1, by=member)),
        "mixed order": mixed,
        "test": lambda member: trial.price(teacher, task, by=member),
        "by its name": lambda member: teachers.teacher_or_404(member, teacher.slug),
    }


@pytest.mark.slow
def test_a_lead_who_reviews_the_drafts_orders_none_of_it_as_a_teacher(
    lead: Member, judged: Task, ask: dict[str, Callable[[Member], Any]]
) -> None:
    before = [way(lead) for way in ask.values()]

    factories.join(lead, judged, Role.REVIEWER)

    assert all(before)
    for way in ask.values():
        with pytest.raises((PermissionDenied, Http404)):
            way(lead)


def test_a_member_of_both_tasks_reads_no_answers_of_it(promoted: Miniature, reviewer: Member, viewer: Member) -> None:
    assert not evaluations.may_see_texts(reviewer, promoted.task)
    assert evaluations.may_see_texts(viewer, promoted.task)
