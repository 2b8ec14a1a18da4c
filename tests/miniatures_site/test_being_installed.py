"""While what training needs is being installed its pages say so, programs are told when to come again,
and jobs wait.
"""

from __future__ import annotations

import time

import pytest
from asgiref.sync import async_to_sync
from django.urls import reverse

from jobs.lifecycle import claim
from jobs.lifecycle.claim import Worker
from jobs.models import PLAYED_BACK, Job
from members.models import ApiToken, Member
from serving.runtime import engine_client
from serving.runtime.engine_client import EngineRefusal
from tests.review.factories import make_task
from web.process import late_install
from web.process.late_install import LateInstall

pytestmark = pytest.mark.django_db


@pytest.fixture
def installing(monkeypatch):
    install = LateInstall("installing", time.time() - 50, 1, "make install")
    monkeypatch.setattr(late_install, "pending", lambda: install)


@pytest.fixture
def admin():
    return Member.objects.create(username="ada", is_superuser=True, is_staff=True)


def test_an_order_by_the_api_is_refused_until_it_is_there(installing, client, admin):
    _, token = ApiToken.objects.create(user=admin, name="a program", scopes=["admin"], expiry=None)

    answer = client.post(
        reverse("api-training-runs"), {}, content_type="application/json", headers={"authorization": f"Bearer {token}"}
    )

    assert (answer.status_code, answer["Retry-After"]) == (503, "40")
    assert answer.json()["code"] == "being_installed"
    assert answer.json()["title"] == "What training and serving need is being installed, about 40 s left."


def test_who_may_not_order_is_refused_as_ever(installing, client):
    viewer = Member.objects.create(username="vi")
    _, token = ApiToken.objects.create(user=viewer, name="a program", scopes=["review"], expiry=None)
    address = reverse("api-training-runs")

    unknown = client.post(address, {}, content_type="application/json")
    known = client.post(address, {}, content_type="application/json", headers={"authorization": f"Bearer {token}"})

    assert (unknown.status_code, known.status_code) == (401, 403)


def test_its_pages_carry_a_notice_and_others_none(installing, client, admin):
    task = make_task(by=admin)
    client.force_login(admin)

    training = client.get(reverse("training:list", args=[task.slug])).content.decode()
    review = client.get(reverse("review:datasets", args=[task.slug])).content.decode()

    assert "about 40 s left" in training
    assert "about 40 s left" not in review


def test_a_job_that_needs_torch_waits_and_says_why(installing):
    job = Job.objects.create(kind="training", title="A run", queue="training")

    assert claim.claim(job.pk, worker=Worker("w", "host", "boot")) is None

    job.refresh_from_db()
    assert "is being installed" in job.waiting_reason


def test_what_is_played_back_needs_no_torch_and_waits_for_nothing(installing):
    job = Job.objects.create(kind="training", title="A run", queue="training", spec={PLAYED_BACK: True})

    assert claim.claim(job.pk, worker=Worker("w", "host", "boot")) is not None


def test_asking_a_miniature_is_told_when_to_come_again(installing, settings, tmp_path):
    settings.VAR_DIR = tmp_path

    with pytest.raises(EngineRefusal) as refused:
        async_to_sync(engine_client.whole_answer)({"model": "tickets", "text": "Hello"})

    assert (refused.value.status, refused.value.code, refused.value.retry_after_s) == (503, "being_installed", 40)
