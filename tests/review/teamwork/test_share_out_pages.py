"""Share-outs as a lead meets them: what one would do, on the page and over the API."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from members.models import Member
from review.adjudication.share_outs import share
from review.desk import deck
from review.models import Draft, ShareOut, SharePart, Task
from review.states import Role
from tests.review import factories
from tests.review.desk.verbs import judge
from web.errors import Refusal

pytestmark = pytest.mark.django_db


@pytest.fixture
def asked(expert: Member, other: Member) -> dict[str, Any]:
    until = timezone.now().date() + timedelta(days=3)
    return {"count": 5, "members": [expert.username, other.username], "until": until.isoformat()}


@pytest.mark.slow
def test_a_lead_sees_the_split_shares_out_and_takes_it_back(
    task: Task, lead: Member, expert: Member, asked: dict[str, Any], as_member: Callable[[Member], Client]
) -> None:
    client, address = as_member(lead), f"/tasks/{task.slug}/share-out/"
    judge(deck.deal(expert, task, count=1)[0], by=expert)

    empty = client.get(address).content.decode()
    shown = client.get(address, asked).content.decode()
    written = ShareOut.objects.exists()
    act = re.search(r'name="act" value="([^"]+)"', shown)
    made = client.post(address, {**asked, "act": act[1] if act else ""}, follow=True).content.decode()
    undone = client.post(f"/share-outs/{ShareOut.objects.get().pk}/undo/", follow=True).content.decode()
    again = client.post(f"/share-outs/{ShareOut.objects.get().pk}/undo/", follow=True).content.decode()

    assert "The split" not in empty and expert.name in empty
    assert "Share out 5 cards" in shown and "below need" in shown and not written
    assert "5 cards shared out until the end of" in made and "Take back</button>" in made
    assert "are open to everybody again." in undone and f"taken back by {lead.name}" in undone
    assert "has ended already" in again
    assert not Draft.objects.filter(for_reviewer__isnull=False).exists()


def test_what_does_not_fit_is_said_on_the_page_and_shares_out_nothing(
    task: Task, lead: Member, asked: dict[str, Any], as_member: Callable[[Member], Client]
) -> None:
    client, address = as_member(lead), f"/tasks/{task.slug}/share-out/"

    long_ago = client.get(address, {**asked, "until": "2020-01-01"})
    nobody = client.get(address, {**asked, "members": []})
    no_act = client.post(address, asked)
    too_many = client.get(address, {**asked, "count": 50})

    assert (long_ago.status_code, no_act.status_code) == (422, 422)
    assert "The last day is today or one of the next 90." in long_ago.content.decode()
    assert "This field is required." in nobody.content.decode()
    assert "Only 8 cards wait that can be shared out" in too_many.content.decode()
    assert not ShareOut.objects.exists()


def test_a_task_without_reviewers_says_so_and_the_desk_settings_lead_there(
    task: Task, admin: Member, as_member: Callable[[Member], Client]
) -> None:
    task.memberships.all().delete()
    client = as_member(admin)

    assert "No reviewers yet" in client.get(f"/tasks/{task.slug}/share-out/").content.decode()
    assert (
        f'href="/tasks/{task.slug}/share-out/"' in client.get(f"/tasks/{task.slug}/review/settings/").content.decode()
    )


def test_a_reviewer_sees_what_is_shared_out_to_them_until_it_ends(
    task: Task, lead: Member, expert: Member, asked: dict[str, Any], as_member: Callable[[Member], Client]
) -> None:
    request = share.read_request(
        task, by=lead, members=asked["members"], count=5, until=date.fromisoformat(asked["until"])
    )
    made = share.share_out(task, request, by=lead, id=uuid4())
    client, address = as_member(expert), f"/tasks/{task.slug}/review/reviewers/me/"

    during = client.get(address).content.decode()
    share.undo(made.pk, by=lead)
    after = client.get(address).content.decode()

    assert "Shared out to you" in during and '<td class="num">3</td>' in during
    assert "Shared out to you" not in after


def test_a_program_previews_shares_out_reads_and_takes_back(
    task: Task, lead: Member, expert: Member, asked: dict[str, Any], api_as: Callable[..., Any]
) -> None:
    api, address = api_as(lead), f"/api/v1/tasks/{task.slug}/share-outs/"

    shown = api.post(f"{address}preview/", asked, format="json").json()
    body = {**asked, "id": str(uuid4())}
    made = [api.post(address, body, format="json") for _ in range(2)]
    judge(deck.deal(expert, task, count=1)[0], by=expert)
    listed = api.get(address).json()["results"]
    undo = f"/api/v1/share-outs/{body['id']}/undo/"
    undone = [api.post(undo, {}, format="json") for _ in range(2)]
    wrong = api.post(address, {**body, "id": str(uuid4()), "count": 0}, format="json")

    assert (shown["found"], shown["days"]) == (5, 4)
    assert [(part["member"], part["cards"]) for part in shown["parts"]] == [(expert.username, 3), ("olga", 2)]
    assert [each.status_code for each in made] == [201, 201]
    assert len(listed) == 1 and listed[0]["parts"] == [
        {"member": expert.username, "count": 3, "judged": 1, "waiting": 2},
        {"member": "olga", "count": 2, "judged": 0, "waiting": 2},
    ]
    assert [each.status_code for each in undone] == [200, 409]
    assert undone[0].json()["ended_by"] == lead.username
    assert [part["waiting"] for part in undone[0].json()["parts"]] == [0, 0]
    assert wrong.status_code == 422 and "count" in wrong.json()["errors"]


def test_a_list_of_many_costs_no_more_statements_than_a_list_of_one(
    task: Task, lead: Member, asked: dict[str, Any], api_as: Callable[..., Any]
) -> None:
    api, address = api_as(lead), f"/api/v1/tasks/{task.slug}/share-outs/"
    for _ in range(3):
        made = api.post(address, {**asked, "count": 2, "id": str(uuid4())}, format="json")
        assert made.status_code == 201

    with CaptureQueriesContext(connection) as many:
        api.get(address)
    ShareOut.objects.order_by("created_at")[0].delete()
    ShareOut.objects.order_by("created_at")[0].delete()
    with CaptureQueriesContext(connection) as one:
        api.get(address)

    assert len(many) == len(one)


@pytest.mark.parametrize(
    ("count", "among", "parts"), [(500, 3, [167, 167, 166]), (2, 3, [1, 1, 0]), (0, 2, [0, 0]), (9, 1, [9])]
)
def test_a_split_is_even_to_one_card(count: int, among: int, parts: list[int]) -> None:
    assert share.even_split(count, among) == parts


def test_requests_that_do_not_fit_name_each_mistake(
    task: Task, lead: Member, expert: Member, make_member: Any, ask: Any
) -> None:
    today = timezone.now().date()
    stranger = make_member("stella")
    factories.join(make_member("victor"), task, Role.VIEWER)

    def refused(**values: Any) -> set[str]:
        with pytest.raises(Refusal) as refusal:
            share.read_request(task, by=lead, **values)
        return set(refusal.value.errors or {})

    assert refused(members=[], count=0, until=today - timedelta(days=1)) == {"members", "count", "until"}
    assert refused(members=["stella"], count=1, until=today) == {"members"}
    assert refused(members=["victor"], count=10_001, until=None) == {"members", "count"} | {"until"}
    assert refused(members=["nobody"], count=1, until=today) == {"member"}
    with pytest.raises(PermissionDenied):
        share.read_request(task, by=stranger, members=[expert.username], count=1, until=today)
    with pytest.raises(PermissionDenied):
        share.share_out(task, ask(expert), by=expert, id=uuid4())


def test_a_preview_sets_each_ones_pace_beside_the_split_and_writes_nothing(
    task: Task, expert: Member, other: Member, ask: Any
) -> None:
    for card in deck.deal(other, task, count=2):
        judge(card, by=other)

    shown = share.preview(task, ask(expert, other, count=5, days=0))

    assert (shown.found, shown.days) == (5, 1)
    assert [(part.member, part.cards, part.has, part.needed_a_day) for part in shown.parts] == [
        (expert, 3, 0, 3.0), (other, 2, 0, 2.0),
    ]  # fmt: skip
    assert [(part.pace.decisions, part.is_beyond_pace) for part in shown.parts] == [(0, False), (2, True)]
    assert not SharePart.objects.exists() and not Draft.objects.filter(for_reviewer__isnull=False).exists()
