"""A task's team: who may give which role, over page and API."""

from __future__ import annotations

from functools import partial

import pytest
from django.core.exceptions import PermissionDenied

from members.models import Member
from review.models import Membership, Task
from review.states import Role
from review.tasks import team
from review.tasks.permissions import role_of
from tests.at_once import at_once
from tests.review import factories
from web.errors import Refusal

pytestmark = pytest.mark.django_db
PAGE = "/tasks/outreach/team/"
API = "/api/v1/tasks/outreach/team/"


@pytest.fixture
def lead(make_member) -> Member:
    return make_member("lena")


@pytest.fixture
def task(admin: Member, lead: Member) -> Task:
    task = factories.make_task(by=admin)
    Membership.objects.filter(task=task).delete()
    factories.join(lead, task, Role.LEAD)
    return task


def test_a_lead_adds_changes_and_takes_out_from_the_task_page(
    task: Task, lead: Member, reviewer: Member, as_member
) -> None:
    browser = as_member(lead)

    added = browser.post(PAGE, {"member": "ROB", "role": "reviewer"}, follow=True).content.decode()
    role_then = role_of(reviewer, task)
    browser.post(PAGE, {"member": "rob", "role": "viewer"})
    role_after = role_of(reviewer, task)
    gone = browser.post(PAGE, {"member": "rob", "role": ""}, follow=True).content.decode()

    assert "rob is now reviewer." in added
    assert 'aria-label="Role of rob"' in added
    assert (role_then, role_after, role_of(reviewer, task)) == ("reviewer", "viewer", None)
    assert "rob is no longer in the team." in gone


@pytest.mark.parametrize("role", ["", "reviewer"])
def test_the_last_lead_stays(task: Task, lead: Member, admin: Member, role: str) -> None:
    for by in (lead, admin):
        with pytest.raises(Refusal) as refused:
            team.give_role(lead, task, role=role, by=by)
        assert (refused.value.status, refused.value.code) == (409, "last_lead")

    assert role_of(lead, task) == "lead"


def test_a_lead_who_is_shut_out_does_not_count_as_one(task: Task, lead: Member, make_member) -> None:
    gone = make_member("gone")
    factories.join(gone, task, Role.LEAD)
    gone.is_active = False
    gone.save()

    with pytest.raises(Refusal, match="last lead"):
        team.give_role(lead, task, role="", by=lead)
    team.give_role(gone, task, role="", by=lead)


def test_a_lead_steps_down_once_there_is_another(task: Task, lead: Member, reviewer: Member, as_member) -> None:
    team.give_role(reviewer, task, role="lead", by=lead)

    answer = as_member(lead).post(PAGE, {"member": "lena", "role": ""}, follow=True)

    assert answer.redirect_chain[-1][0] == "/tasks/"
    assert role_of(lead, task) is None


def test_a_lead_makes_no_admins_and_rules_no_other_task(
    task: Task, lead: Member, admin: Member, reviewer: Member
) -> None:
    other = factories.make_task(by=admin, slug="other")

    with pytest.raises(Refusal, match="There is no role 'admin'"):
        team.give_role(reviewer, task, role="admin", by=lead)
    with pytest.raises(PermissionDenied):
        team.give_role(reviewer, other, role="viewer", by=lead)

    assert not Member.objects.get(pk=reviewer.pk).is_admin


def test_a_member_who_is_shut_out_or_unknown_is_refused_in_words(
    task: Task, lead: Member, reviewer: Member, as_member
) -> None:
    reviewer.is_active = False
    reviewer.save()
    browser = as_member(lead)

    shut_out = browser.post(PAGE, {"member": "rob", "role": "viewer"}, follow=True).content.decode()
    unknown = browser.post(PAGE, {"member": "nobody", "role": "viewer"}, follow=True).content.decode()

    assert "rob is deactivated" in shut_out
    assert "There is no member &#x27;nobody&#x27;" in unknown


def test_the_team_over_the_api(task: Task, lead: Member, reviewer: Member, api_as) -> None:
    api = api_as(lead, scopes=("lead",))

    put = api.put(f"{API}rob/", {"role": "reviewer"}, format="json")
    wrong = api.put(f"{API}rob/", {"role": "king"}, format="json")
    listed = api.get(API).json()["results"]
    gone = [api.delete(f"{API}rob/").status_code for _ in range(2)]
    last = api.delete(f"{API}lena/")

    assert put.json() == {"member": "rob", "name": "rob", "role": "reviewer"}
    assert wrong.status_code == 400
    assert [(line["member"], line["role"]) for line in listed] == [("lena", "lead"), ("rob", "reviewer")]
    assert gone == [204, 204]
    assert (last.status_code, last.json()["code"]) == (409, "last_lead")


@pytest.mark.django_db(transaction=True)
def test_two_leads_who_remove_each_other_leave_one(task: Task, lead: Member, reviewer: Member) -> None:
    factories.join(reviewer, task, Role.LEAD)

    def remove(whom: Member, by: Member) -> bool:
        try:
            team.give_role(whom, task, role="", by=by)
        except (Refusal, PermissionDenied):
            return False
        return True

    assert sorted(at_once(partial(remove, lead, reviewer), partial(remove, reviewer, lead))) == [False, True]
    assert Membership.objects.filter(task=task, role=Role.LEAD).count() == 1
