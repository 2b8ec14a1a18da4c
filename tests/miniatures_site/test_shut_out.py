"""The member's page before somebody is shut out: what hangs on them, and handing it over."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from audit.models import AuditRow
from campaigns.models import Campaign, SenderIdentity
from members.models import ApiToken, Member
from miniatures_site.wiring import leaving
from review.models import Membership, Task
from review.states import Role
from review.tasks.permissions import role_of
from tests.campaigns import factories
from tests.review import factories as desk
from webhooks.models import Hook

pytestmark = pytest.mark.django_db


@pytest.fixture
def lena(make_member: Callable[..., Member]) -> Member:
    return make_member("lena")


@pytest.fixture
def task(admin: Member, lena: Member) -> Task:
    """Led by one person and a program."""
    made = desk.make_task(by=admin)
    Membership.objects.filter(task=made).delete()
    desk.join(lena, made, Role.LEAD)
    program = Member.objects.create(username="program-1", is_service=True)
    desk.join(program, made, Role.LEAD)
    return made


@pytest.fixture
def hers(task: Task, lena: Member) -> Campaign:
    """A live campaign, a sender, a webhook, a token and a card of hers."""
    factories.make_sender(created_by=lena)
    Hook.objects.create(name="To the CRM", url="https://crm.example/", secret="x", created_by=lena)
    ApiToken.objects.create(user=lena, name="nightly export", scopes=["read"])
    desk.make_drafts(task, desk.make_records(desk.make_source(task), 1))
    return factories.make_plain_campaign(task, launched_by=lena)


def page(browser: Client, member: Member) -> str:
    return browser.get(f"/settings/members/{member.pk}/").content.decode()


def test_the_page_says_what_hangs_on_somebody(
    task: Task, hers: Campaign, lena: Member, admin: Member, as_member: Any
) -> None:
    told = page(as_member(admin), lena)

    for words in (
        "Before lena is shut out", "Tasks they alone lead", task.name, hers.name, "To the CRM", "nightly export",
    ):  # fmt: skip
        assert words in told
    assert "Nothing hangs on them alone." in page(as_member(admin), admin)


def test_another_member_takes_all_of_it_over_in_one_act(
    task: Task, hers: Campaign, lena: Member, admin: Member, as_member: Any, make_member: Callable[..., Member]
) -> None:
    nora = make_member("nora")

    answer = as_member(admin).post(
        f"/settings/members/{lena.pk}/", {"do": "hand_over", "to": "Nora"}, follow=True
    )  # fmt: skip

    assert "nora has taken over from lena." in answer.content.decode()
    assert role_of(nora, task) == Role.LEAD
    assert [each.get().pk for each in (
        Campaign.objects.filter(launched_by=nora), SenderIdentity.objects.filter(created_by=nora),
    )] == [hers.pk, SenderIdentity.objects.get().pk]  # fmt: skip
    assert Hook.objects.get().created_by == nora
    assert not leaving.read(lena).is_to_hand_over
    row = AuditRow.objects.get(act="work_handed_over")
    assert (row.actor, row.detail["to"], row.detail["tasks"]) == (str(admin.pk), str(nora.pk), [task.slug])


def test_who_takes_over_leads_every_task_that_campaigns_of_theirs_use(
    task: Task, hers: Campaign, lena: Member, admin: Member, as_member: Any, make_member: Callable[..., Member]
) -> None:
    nora, omar = make_member("nora"), make_member("omar")
    desk.join(omar, task, Role.LEAD)

    as_member(admin).post(f"/settings/members/{lena.pk}/", {"do": "hand_over", "to": "nora"})

    assert Campaign.objects.get().launched_by == nora
    assert role_of(nora, task) == Role.LEAD


@pytest.mark.parametrize("to", ["nobody", "lena", "program-1", "gone"])
def test_who_cannot_take_over_is_named_and_nothing_moves(
    task: Task, hers: Campaign, lena: Member, admin: Member, as_member: Any, make_member: Callable[..., Member], to: str
) -> None:
    Member.objects.filter(pk=make_member("gone").pk).update(is_active=False)

    answer = as_member(admin).post(f"/settings/members/{lena.pk}/", {"do": "hand_over", "to": to}, follow=True)

    assert f"There is no other active member &#x27;{to}&#x27;." in answer.content.decode()
    assert Campaign.objects.get().launched_by == lena
    assert not AuditRow.objects.filter(act="work_handed_over").exists()
