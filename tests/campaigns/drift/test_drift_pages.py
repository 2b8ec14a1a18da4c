"""Pages of studies of drift: form, list, one study; nobody beside a lead registers or looks."""

from __future__ import annotations

import hashlib
import json
import re
from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from campaigns.drift import register
from campaigns.drift.register import DriftRequest
from campaigns.models import DriftLook, DriftStudy
from members.models import Member
from review.models import Task
from review.states import Role
from tests.review import factories as desk

pytestmark = pytest.mark.django_db
ALL = "/api/v1/drift-studies/"
FORM = {
    "metric": "reply", "series": "months", "first_day": "2026-05-01", "points": "4", "horizon_days": "14", "alpha": "5",
    "mails": "100", "share": "10", "question": "",
}  # fmt: skip


def url(name: str, key: Any) -> str:
    return reverse(f"campaigns:{name}", args=[key])


def test_the_form_tells_what_it_can_show_and_registers(task: Task, lead: Member, as_member: Any) -> None:
    page = as_member(lead)

    empty = page.get(url("drift-new", task.slug)).content.decode()
    told = page.post(url("drift-new", task.slug), {**FORM, "verb": "outlook"})
    assert not DriftStudy.objects.exists()
    made = page.post(url("drift-new", task.slug), FORM)

    assert 'value="2026-10-01"' in empty
    assert "With 100 first mails a month and a share of 10.0 % before" in told.content.decode()
    study = DriftStudy.objects.get()
    assert made.headers["Location"] == url("drift-study", study.pk)
    assert (study.alpha, study.points, study.record["outlook"]["share"]) == (0.05, 4, 0.1)


def test_a_mistake_is_shown_beside_its_field(task: Task, lead: Member, as_member: Any) -> None:
    answer = as_member(lead).post(url("drift-new", task.slug), {**FORM, "first_day": "2026-05-02"})

    assert answer.status_code == 422
    assert "begins on the first day of one" in answer.content.decode()
    assert not DriftStudy.objects.exists()


@pytest.mark.slow
def test_the_page_tells_rule_look_and_series(study: DriftStudy, lead: Member, as_member: Any) -> None:
    page = as_member(lead)
    before = page.get(url("drift-study", study.pk)).content.decode()

    after = page.post(url("drift-look", study.pk), follow=True).content.decode()

    assert "No look has been taken yet." in before
    assert "Record the look after 4 months" in before
    assert "The reply rate changed in 2026-07, from 20.0 % to 2.0 %" in after
    assert "Record the look" not in after
    drawn = re.search(r'id="series-data">(.*?)</script>', after, re.DOTALL)
    assert drawn is not None
    rows = json.loads(drawn[1])["rows"]
    assert [(row["name"], row["value"], row["n"]) for row in rows][2:] == [("2026-07", 2.0, 150), ("2026-08", 2.0, 150)]
    assert all(row["lo"] < row["value"] < row["hi"] for row in rows)
    assert study.record["rule"] in after
    listed = page.get(url("drift-studies", study.task.slug)).content.decode()
    assert "The reply rate changed in 2026-07" in listed
    assert "4 of 4" in listed
    again = page.post(url("drift-look", study.pk), follow=True).content.decode()
    assert "This study has its verdict." in again
    assert DriftLook.objects.count() == 1


def test_before_a_look_is_due_the_page_says_when(task: Task, lead: Member, as_member: Any) -> None:
    study = register.register(task, DriftRequest(first_day=date(2026, 10, 1), mails=100, share=0.1), by=lead)

    text = as_member(lead).get(url("drift-study", study.pk)).content.decode()

    assert "The next look can be taken from 15 December 2026 on." in text
    assert "Record the look" not in text


def test_a_viewer_reads_and_is_offered_nothing(study: DriftStudy, make_member: Any, as_member: Any) -> None:
    viewer = make_member("val")
    desk.join(viewer, study.task, Role.VIEWER)
    page = as_member(viewer)

    text = page.get(url("drift-study", study.pk)).content.decode()

    assert "A lead of this task may record the look" in text
    assert "Register a study" not in page.get(url("drift-studies", study.task.slug)).content.decode()


@pytest.mark.slow
def test_a_list_costs_as_many_queries_for_many(study: DriftStudy, lead: Member, as_member: Any) -> None:
    page, of_task = as_member(lead), url("drift-studies", study.task.slug)
    register.record_look(study, by=lead)
    page.get(of_task)
    with CaptureQueriesContext(connection) as of_one:
        page.get(of_task)
    for _ in range(5):
        register.register(study.task, DriftRequest(first_day=date(2026, 10, 1), mails=100, share=0.1), by=lead)

    with CaptureQueriesContext(connection) as of_many:
        page.get(of_task)

    assert len(of_many) == len(of_one)


@pytest.mark.slow
def test_the_record_is_the_bytes_that_were_hashed(study: DriftStudy, lead: Member, as_member: Any, api_as: Any) -> None:
    of_page = as_member(lead).get(url("drift-record", study.pk))
    of_api = api_as(lead).get(f"{ALL}{study.pk}/record/")

    assert hashlib.sha256(of_page.content).hexdigest() == study.record_sha256
    assert of_api.content == of_page.content
