"""Who may see what a judge says of a draft before an expert has said it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from rest_framework.test import APIClient

from generation.models import JudgedText, Judging
from jobs.models import Job
from jobs.states import JobState
from members.models import Member
from review.models import Task
from tests.generation.judges.conftest import DRAFTS, REVIEWED
from tests.review import factories

pytestmark = pytest.mark.django_db


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
