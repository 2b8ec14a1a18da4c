"""Pages of datasets: make one, see what it would hold, freeze it, read the version."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from members.models import Member
from review.models import Dataset, DatasetVersion, Task
from review.services import datasets
from review.services.datasets import write as writing
from review.states import Role
from tests.review import factories
from tests.review.datasets import golds

pytestmark = pytest.mark.django_db


@pytest.fixture
def task(admin: Member) -> Task:
    task = factories.make_task(by=admin)
    golds.make_drafts(task, golds.make_records(task, 8))
    for verdict in ("accept", "edit", "reject", "accept"):
        golds.decide(admin, task, verdict)
    return task


@pytest.fixture
def dataset(task: Task, admin: Member) -> Dataset:
    return datasets.create(task, name="Gold", by=admin)


def test_an_empty_list_says_what_a_dataset_is_and_makes_one(
    task: Task, admin: Member, as_member: Callable[[Member], Client]
) -> None:
    client = as_member(admin)

    page = client.get(f"/tasks/{task.slug}/datasets/").content.decode()
    made = client.post(f"/tasks/{task.slug}/datasets/", {"name": "Spring gold"})

    assert "Freeze a version of it and it never changes again" in page
    assert made["Location"] == "/datasets/spring-gold/"


def test_a_name_that_is_taken_is_said_beside_the_form(
    task: Task, dataset: Dataset, admin: Member, as_member: Callable[[Member], Client]
) -> None:
    answer = as_member(admin).post(f"/tasks/{task.slug}/datasets/", {"name": "Gold"})

    assert answer.status_code == 409
    assert "There is a dataset &#x27;gold&#x27; already." in answer.content.decode()


def test_the_dataset_tells_what_the_next_version_would_hold(
    dataset: Dataset, admin: Member, as_member: Callable[[Member], Client]
) -> None:
    page = as_member(admin).get("/datasets/gold/").content.decode()

    assert "Freeze version 1" in page
    assert "3 golds that match" in page
    assert "<dt>Accept</dt><dd>2</dd>" in page


def test_filters_change_what_it_would_hold(
    dataset: Dataset, admin: Member, as_member: Callable[[Member], Client]
) -> None:
    page = as_member(admin).get("/datasets/gold/", {"verdicts": ["edit"]}).content.decode()

    assert "1 golds that match" in page


def test_freezing_from_the_page_leads_to_the_version_and_its_files(
    dataset: Dataset, admin: Member, as_member: Callable[[Member], Client]
) -> None:
    client = as_member(admin)

    answer = client.post("/datasets/gold/freeze/", {"verdicts": ["accept", "edit"], "note": "The first"})
    version = DatasetVersion.objects.get()
    under_way = client.get(answer["Location"]).content.decode()
    writing.seal(version.pk, writing.write(version.pk, report=lambda done, total: None))
    done = client.get(answer["Location"]).content.decode()

    assert answer["Location"] == "/datasets/gold/v/1/"
    assert f'data-job="{version.job_id}"' in under_way
    version.refresh_from_db()
    assert version.content_hash in done
    assert "load_dataset" in done
    assert "Train on it" in done


def test_the_list_shows_the_newest_version_and_the_dataset_what_came_and_went(
    dataset: Dataset, task: Task, admin: Member, as_member: Callable[[Member], Client]
) -> None:
    for _ in range(2):
        version = datasets.freeze(dataset, by=admin)
        writing.seal(version.pk, writing.write(version.pk, report=lambda done, total: None))
        golds.decide(admin, task)
    client = as_member(admin)

    listed = client.get(f"/tasks/{task.slug}/datasets/").content.decode()
    page = client.get("/datasets/gold/").content.decode()

    assert "Version 2" in listed
    assert "Freeze version 3" in page
    assert '<td class="num">1</td>' in page


def test_nothing_to_freeze_is_said_on_the_page(admin: Member, as_member: Callable[[Member], Client]) -> None:
    datasets.create(factories.make_task(by=admin, slug="unjudged"), name="Empty", by=admin)

    answer = as_member(admin).post("/datasets/empty/freeze/", {"verdicts": ["accept"]})

    assert answer.status_code == 422
    assert "nothing to freeze" in answer.content.decode()


def test_a_viewer_reads_and_a_stranger_finds_nothing(
    dataset: Dataset, task: Task, reviewer: Member, make_member: Callable[..., Member],
    as_member: Callable[[Member], Client],
) -> None:  # fmt: skip
    viewer = make_member("vic")
    factories.join(viewer, task, Role.VIEWER)

    assert as_member(viewer).get("/datasets/gold/").status_code == 200
    assert "Freeze version" not in as_member(viewer).get("/datasets/gold/").content.decode()
    assert as_member(viewer).post("/datasets/gold/freeze/", {"verdicts": ["accept"]}).status_code == 403
    assert as_member(reviewer).get("/datasets/gold/").status_code == 404
