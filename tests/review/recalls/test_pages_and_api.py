"""Recalls as a lead meets them: on pages and over the API."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from members.models import Member
from review.models import Draft, Recall, RecallUndo, Revocation, Task
from tests.review import factories
from tests.review.datasets import golds

pytestmark = pytest.mark.django_db


@pytest.fixture
def task(admin: Member) -> Task:
    task = factories.make_task(by=admin)
    golds.make_drafts(task, golds.make_records(task, 4))
    golds.accept_all(admin, task, count=3)
    Draft.objects.filter(task=task).update(teacher="gpt-4o")
    return task


@pytest.mark.slow
def test_a_lead_previews_recalls_and_undoes_on_pages(
    task: Task, admin: Member, as_member: Callable[[Member], Client]
) -> None:
    client, address = as_member(admin), f"/tasks/{task.slug}/recalls/"

    empty = client.get(address).content.decode()
    shown = client.get(address, {"teacher": "gpt-4o"}).content.decode()
    hidden = dict(re.findall(r'name="(act|tag)"\s+value="([^"]+)"', shown))
    made = client.post(address, {"teacher": "gpt-4o", "reason": "A broken prompt.", **hidden}, follow=True)
    stands = client.get(address).content.decode()
    recall = Recall.objects.get()
    undone = client.post(f"/recalls/{recall.pk}/undo/", {"kind": "judge_anew"}, follow=True).content.decode()

    assert "What would go out of use" not in empty
    assert "Recall 4 drafts" in shown
    assert "4 drafts recalled." in made.content.decode()
    assert "A broken prompt." in stands and "Out of use" in stands
    assert "4 drafts on the desk again." in undone and "Back to the desk</strong>" in undone
    assert not Revocation.objects.exists()


def test_an_act_without_a_reason_shows_the_preview_again_and_writes_nothing(
    task: Task, admin: Member, as_member: Callable[[Member], Client]
) -> None:
    client, address = as_member(admin), f"/tasks/{task.slug}/recalls/"

    got = client.post(address, {"teacher": "gpt-4o", "reason": "", "act": str(uuid4()), "tag": "x"})
    nothing = client.get(address, {"teacher": ""})

    assert got.status_code == 422 and "Recall 4 drafts" in got.content.decode()
    assert nothing.status_code == 422 and "No filter selects the drafts." in nothing.content.decode()
    assert not Recall.objects.exists()


def test_ways_lead_to_a_recall_from_datasets_and_from_a_reviewer(
    task: Task, admin: Member, reviewer: Member, as_member: Callable[[Member], Client]
) -> None:
    factories.join(reviewer, task, "reviewer")
    client = as_member(admin)

    assert f'href="/tasks/{task.slug}/recalls/"' in client.get(f"/tasks/{task.slug}/datasets/").content.decode()
    page = client.get(f"/tasks/{task.slug}/review/reviewers/{reviewer.username}/").content.decode()
    assert f"/recalls/?reviewer={reviewer.username}" in page


def test_a_program_previews_recalls_reads_and_undoes(task: Task, admin: Member, api_as: Callable[..., Any]) -> None:
    api, address = api_as(admin), f"/api/v1/tasks/{task.slug}/recalls/"
    chosen = {"teacher": "gpt-4o"}

    shown = api.post(f"{address}preview/", chosen, format="json").json()
    without = api.post(address, {**chosen, "id": str(uuid4()), "reason": "Wrong."}, format="json")
    body = {**chosen, "id": str(uuid4()), "reason": "Wrong.", "tag": shown["tag"]}
    made = [api.post(address, body, format="json") for _ in range(2)]
    one = f"/api/v1/recalls/{body['id']}/"
    undone = api.post(f"{one}undo/", {}, format="json")
    again = api.post(f"{one}undo/", {"kind": "judge_anew"}, format="json")

    assert (shown["drafts"], shown["golds"], shown["waiting"], shown["versions"]) == (4, 3, 1, [])
    assert without.status_code == 428
    assert [each.status_code for each in made] == [201, 201]
    assert made[0].json()["criteria"] == chosen and made[0].json()["undo"] is None
    assert (undone.status_code, again.status_code) == (201, 409)
    assert api.get(one).json()["undo"]["kind"] == "as_before"
    assert [row["id"] for row in api.get(address).json()["results"]] == [body["id"]]
    assert RecallUndo.objects.count() == 1
