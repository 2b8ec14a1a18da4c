"""Ordering the download of a student, and what is registered at its end."""

from __future__ import annotations

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse

from jobs.models import Job
from training.models import Student
from training.students import downloading
from web.errors import Refusal

pytestmark = pytest.mark.django_db
SMALL = "Qwen/Qwen3-0.6B"
FACTS = {"revision": "c0ffee" + "0" * 34, "bytes": 9, "model_type": "qwen3", "parameters": 9, "context_length": 512}


def test_a_download_is_ordered_once_and_registers_its_student_once(admin):
    job = downloading.order(hub_id=SMALL, by=admin)

    assert downloading.order(hub_id=SMALL, by=admin) == job
    for _ in range(2):
        downloading.conclude(job, FACTS)
    student = Student.objects.get()
    assert (student.name, student.hub_id, student.revision, student.licence) == (
        "Qwen3-0.6B",
        SMALL,
        FACTS["revision"],
        "Apache-2.0",
    )


def test_another_commit_of_a_model_that_is_under_way_is_a_download_of_its_own(admin):
    newest = downloading.order(hub_id=SMALL, by=admin)

    pinned = downloading.order(hub_id=SMALL, revision=FACTS["revision"], by=admin)

    assert pinned.spec["revision"] == FACTS["revision"]
    assert downloading.order(hub_id=SMALL, by=admin) == newest


def test_what_is_here_already_is_refused(admin):
    downloading.conclude(downloading.order(hub_id=SMALL, by=admin), FACTS)

    with pytest.raises(Refusal) as refused:
        downloading.order(hub_id=SMALL, by=admin)

    assert refused.value.code == "student_known"


@pytest.mark.parametrize(("hub_id", "revision"), [("no-owner", ""), (SMALL, "main")])
def test_what_is_no_hub_id_or_no_commit_is_refused(admin, hub_id, revision):
    with pytest.raises(Refusal) as refused:
        downloading.order(hub_id=hub_id, revision=revision, by=admin)

    assert refused.value.code == "bad_hub_id"


def test_a_lead_cannot_order_one(lead):
    with pytest.raises(PermissionDenied):
        downloading.order(hub_id=SMALL, by=lead)


def test_the_button_leads_back_to_the_task_and_shows_how_far_it_is(client, admin, version):
    client.force_login(admin)
    slug = version.dataset.task.slug

    answer = client.post(reverse("training:student-download"), {"hub_id": SMALL, "task": slug}, follow=True)

    assert answer.redirect_chain[-1][0] == reverse("training:list", args=[slug])
    assert str(Job.objects.get(kind="download").pk) in answer.content.decode()


def test_why_a_download_failed_is_shown_with_the_way_out(client, admin, version):
    job = downloading.order(hub_id=SMALL, by=admin)
    Job.objects.filter(pk=job.pk).update(state="failed", error={"message": "No network.", "hint": "Set HF_ENDPOINT."})
    client.force_login(admin)

    page = client.get(reverse("training:list", args=[version.dataset.task.slug])).content.decode()

    assert "No network." in page and "Set HF_ENDPOINT." in page


def test_the_api_answers_with_the_job(client, admin):
    client.force_login(admin)

    answer = client.post("/api/v1/students/downloads/", {"hub_id": SMALL}, content_type="application/json")

    assert (answer.status_code, answer.json()) == (202, {"job": str(Job.objects.get().pk)})
