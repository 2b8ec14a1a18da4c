"""What is forgotten of a judge's calls when a record is erased."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from uuid import uuid4

import pytest
from django.db import connection, connections, transaction
from django.test import Client
from rest_framework.test import APIClient

from generation.judges import take_in
from generation.models import Call, JudgedText, Judging
from generation.states import CallState
from jobs.models import Job
from jobs.states import JobState
from members.models import Member
from review.erasure.erase import erase_records
from review.models import Task
from review.ports import erase_elsewhere
from tests.generation.judges.conftest import DRAFTS, REVIEWED
from tests.review import factories

pytestmark = pytest.mark.django_db


def test_what_calls_about_an_erased_text_told_is_forgotten_too(judging: Judging) -> None:
    gone, kept = (
        Call.objects.create(
            id=uuid4(), order=judging.order, state=CallState.FAILED, position=place, excerpt="Of Nora.",
            error_message="Nora is no boolean.",
        )
        for place in (0, 1)
    )  # fmt: skip
    text = JudgedText.objects.get(judging=judging, place=0)

    erase_elsewhere([text.record_id])
    gone.refresh_from_db()
    kept.refresh_from_db()

    assert (gone.excerpt, gone.error_message, kept.excerpt) == ("", "", "Of Nora.")


@pytest.mark.postgres_only
@pytest.mark.django_db(transaction=True)
def test_what_a_judge_said_of_a_text_that_is_being_erased_is_not_written_after_it(judging: Judging) -> None:
    text = JudgedText.objects.get(judging=judging, place=0)
    JudgedText.objects.filter(pk=text.pk).update(why="", passes=None)
    said = {"why": "Of Nora.", "requirement_1": True, "requirement_2": True, "passes": True}
    Call.objects.create(id=uuid4(), order=judging.order, state=CallState.ANSWERED, position=0, fields=said)

    assert judging.order.job is not None
    ended = judging.order.job

    def hear() -> None:
        try:
            take_in.on_job_ended(ended)
        finally:
            connections.close_all()

    hearing = threading.Thread(target=hear)
    with transaction.atomic():
        erase_records([text.record_id])
        hearing.start()
        give_up_s = time.monotonic() + 30
        while not somebody_waits() and hearing.is_alive() and time.monotonic() < give_up_s:
            time.sleep(0.01)
    hearing.join(30)

    text.refresh_from_db()
    assert (text.fields, text.why) == ({}, "")


def somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return bool(cursor.fetchone()[0])


def test_a_reviewer_is_not_told_what_the_judge_thinks_of_drafts_that_wait(
    judging: Judging,
    task: Task,
    lead: Member,
    make_member: Callable[..., Member],
    as_member: Callable[[Member], Client],
    api_as: Callable[..., APIClient],
) -> None:
    reviewer = make_member("rev")
    factories.join(reviewer, task)
    address = f"/api/v1/judgings/{judging.pk}/texts/?limit=100"

    mine = api_as(reviewer).get(address).json()["results"]
    all_of_them = api_as(lead).get(address).json()["results"]
    page = as_member(reviewer).get(f"/judgings/{judging.pk}/?show=all").content.decode()

    assert len(all_of_them) == DRAFTS and len(mine) == REVIEWED
    assert all(text["expert_passes"] is not None for text in mine)
    assert "drafts that wait for an expert" in page


@pytest.mark.slow
def test_the_page_says_that_verdicts_are_on_their_way_and_how_many_texts_have_none(
    judging: Judging, lead: Member, as_member: Callable[[Member], Client]
) -> None:
    texts = JudgedText.objects.filter(judging=judging)
    address = f"/judgings/{judging.pk}/"

    def page(state: JobState) -> str:
        Job.objects.filter(pk=str(judging.order.job_id)).update(state=state)
        return as_member(lead).get(address).content.decode()

    partly = texts.filter(place__gte=10).update(passes=None) and page(JobState.SUCCEEDED)
    texts.update(passes=None)
    running, ended = page(JobState.RUNNING), page(JobState.FAILED)

    assert "10 of 40 texts" in str(partly)
    assert "when the job has ended" in running and "gave no verdict" not in running
    assert "gave no verdict" in ended
