"""A freeze of what nothing changed in: one version, however often and however many at once ask for it."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from rest_framework.test import APIClient

from jobs.models import Job
from members.models import Member
from review.datasets import freezing, revocations
from review.datasets import write_version as writing
from review.datasets.recalls import preview, recall
from review.datasets.recalls.preview import Criteria
from review.desk import decisions, deck
from review.desk.comments import writing as comments
from review.models import Dataset, DatasetVersion, Draft, Gold
from tests.review import factories
from tests.review.datasets import golds

pytestmark = pytest.mark.django_db


@pytest.fixture
def dataset(admin: Member) -> Dataset:
    task = factories.make_task(by=admin)
    golds.make_drafts(task, golds.make_records(task, 6))
    golds.accept_all(admin, task, count=3)
    return freezing.create(task, name="Gold", by=admin)


def sealed(version: DatasetVersion) -> DatasetVersion:
    writing.seal(version.pk, writing.write(version.pk, report=lambda done, total: None))
    return version


@pytest.mark.parametrize("way", ["service", "API", "page"])
@pytest.mark.django_db(transaction=True)
def test_five_freezes_at_once_are_one_version(
    way: str, dataset: Dataset, admin: Member, api_as: Callable[..., APIClient], as_member: Callable[[Member], Client]
) -> None:
    start, answers = threading.Barrier(5), list[int]()
    apis = [api_as(admin) for _ in range(5)]
    pages = [as_member(admin) for _ in range(5)]

    def freeze(turn: int) -> None:
        start.wait(30)
        try:
            if way == "service":
                answers.append(freezing.freeze(dataset, by=admin).number)
            elif way == "API":
                answers.append(apis[turn].post("/api/v1/datasets/gold/versions/", {}, format="json").json()["number"])
            else:
                answer = pages[turn].post("/datasets/gold/freeze/", {"verdicts": ["accept", "edit"]})
                answers.append(int(answer["Location"].strip("/").rpartition("/")[2]))
        finally:
            connection.close()

    threads = [threading.Thread(target=freeze, args=(turn,)) for turn in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert answers == [1] * 5
    assert DatasetVersion.objects.count() == Job.objects.filter(kind="freeze").count() == 1


def test_a_page_says_that_nothing_changed_since_a_version(
    dataset: Dataset, admin: Member, as_member: Callable[[Member], Client]
) -> None:
    sealed(freezing.freeze(dataset, by=admin))

    answer = as_member(admin).post("/datasets/gold/freeze/", {"verdicts": ["accept", "edit"]}, follow=True)

    assert answer.redirect_chain[-1][0] == "/datasets/gold/v/1/"
    assert "Nothing changed since version 1." in answer.content.decode()


def test_a_version_without_parquet_is_frozen_anew_once_its_library_is_there(
    dataset: Dataset, admin: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as host:
        host.setitem(sys.modules, "pyarrow", None)
        lean = sealed(freezing.freeze(dataset, by=admin))
        assert freezing.freeze(dataset, by=admin) == lean

    whole = sealed(freezing.freeze(dataset, by=admin))

    assert whole != lean
    assert whole.files.filter(container="parquet").exists()
    assert freezing.freeze(dataset, by=admin) == whole


def test_a_version_written_between_a_recall_and_its_undo_is_not_the_same(dataset: Dataset, admin: Member) -> None:
    first = freezing.freeze(dataset, by=admin)
    chosen = Criteria.read({"teacher": Draft.objects.values_list("teacher", flat=True)[0]})
    tag = preview.preview(dataset.task, chosen, by=admin).tag
    made = recall.carry_out(dataset.task, chosen, by=admin, id=uuid4(), reason="A broken prompt.", tag=tag)
    sealed(first)
    recall.undo(made.pk, by=admin)

    assert freezing.freeze(dataset, by=admin).number == 2


def test_a_program_is_answered_with_the_version_that_stands(
    dataset: Dataset, admin: Member, api_as: Callable[..., APIClient]
) -> None:
    first = api_as(admin).post("/api/v1/datasets/gold/versions/", {}, format="json")
    again = api_as(admin).post("/api/v1/datasets/gold/versions/", {"note": "again"}, format="json")

    assert (first.status_code, first.json()["unchanged"]) == (202, False)
    assert (again.status_code, again.json()) == (200, {**first.json(), "unchanged": True})


def _judge(dataset: Dataset, admin: Member) -> None:
    golds.decide(admin, dataset.task)


def _take_back(dataset: Dataset, admin: Member) -> None:
    gold = Gold.objects.filter(task=dataset.task).select_related("draft")[0]
    tag = deck.etag_for(gold.draft, admin)
    decisions.record(gold.draft_id, by=admin, id=uuid4(), verdict="retract", retracts=gold.decision_id, if_match=tag)


def _revoke(dataset: Dataset, admin: Member) -> None:
    revocations.revoke(Gold.objects.filter(task=dataset.task)[0].draft_id, by=admin, reason="Wrong facts")


def _comment(dataset: Dataset, admin: Member) -> None:
    draft = Draft.objects.filter(task=dataset.task, gold__isnull=False)[0]
    comments.add(draft.pk, by=admin, id=uuid4(), text="The second sentence is the good one.")


@pytest.mark.parametrize("change", [_judge, _take_back, _revoke, _comment])
def test_what_was_said_since_makes_a_new_version(
    change: Callable[[Dataset, Member], Any], dataset: Dataset, admin: Member
) -> None:
    sealed(freezing.freeze(dataset, by=admin))
    change(dataset, admin)

    assert freezing.freeze(dataset, by=admin).number == 2


def test_other_filters_make_another_version_and_the_first_ones_lead_back(dataset: Dataset, admin: Member) -> None:
    numbers = [freezing.freeze(dataset, by=admin, filters=chosen).number for chosen in ({}, {"bulk": "all"}, {})]

    assert numbers == [1, 2, 1]


def test_a_version_whose_job_failed_is_no_answer(dataset: Dataset, admin: Member) -> None:
    first = freezing.freeze(dataset, by=admin)
    Job.objects.filter(pk=first.job_id).update(state="failed")

    assert freezing.freeze(dataset, by=admin).number == 2
