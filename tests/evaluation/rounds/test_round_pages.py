"""The page of a task's rounds, for those who may train and for those who may not."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from evaluation.rounds import start_round
from jobs.models import Job
from members.models import Member
from review.models import Task
from review.states import Role
from tests.review import factories

pytestmark = pytest.mark.django_db(transaction=True)
AsMember = Callable[[Member], Client]


def test_the_page_has_one_button_then_the_steps_then_the_result(
    task: Task, admin: Member, as_member: AsMember, finish: Callable[..., Job]
) -> None:
    site, address = as_member(admin), f"/tasks/{task.slug}/train/"
    before = site.get(address).content.decode()
    assert ">Train</button>" in before
    assert "The test records stay unread" in before

    assert site.post(address).headers["Location"] == address

    running = site.get(address).content.decode()
    assert "Freeze what is approved" in running
    assert 'data-job-reload="again"' in running
    assert ">Train again</button>" not in running
    refused = site.post(address)
    assert (refused.status_code, "training already" in refused.content.decode()) == (409, True)

    finish(Job.objects.get(kind="round"), right=6)
    ended = site.get(address).content.decode()
    assert "This miniature is right in 75.0 %" in ended
    assert 'data-job-reload="again"' not in ended
    assert f'href="/tasks/{task.slug}/playground/"' in ended


def test_who_does_not_lead_sees_no_button(task: Task, make_member: Callable[..., Member], as_member: AsMember) -> None:
    viewer = make_member("vic")
    factories.join(viewer, task, Role.VIEWER)

    page = as_member(viewer).get(f"/tasks/{task.slug}/train/").content.decode()

    assert "</button>" not in page.split("<main")[1]
    assert as_member(viewer).post(f"/tasks/{task.slug}/train/").status_code == 403


def test_a_task_of_prose_says_why_it_has_no_such_button(admin: Member, as_member: AsMember) -> None:
    prose = factories.make_task(by=admin, slug="mails")

    page = as_member(admin).get(f"/tasks/{prose.slug}/train/").content.decode()

    assert "No classifier for this task" in page
    assert ">Train</button>" not in page


@pytest.mark.slow
def test_the_training_page_of_a_task_of_labels_has_the_button_too(
    task: Task, admin: Member, as_member: AsMember
) -> None:
    prose = factories.make_task(by=admin, slug="mails")
    site = as_member(admin)

    assert f'action="/tasks/{task.slug}/train/"' in site.get(f"/tasks/{task.slug}/training/").content.decode()
    assert "/train/" not in site.get(f"/tasks/{prose.slug}/training/").content.decode()

    start_round.start(task, by=admin)
    assert "training already" in site.post(f"/tasks/{task.slug}/train/").content.decode()
