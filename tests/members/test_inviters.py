"""An invitation is worth what its inviter may give when it is accepted,
by password and by the organisation's provider alike.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from members.accounts import manage
from members.invitations import invite
from members.invitations.invite import token_of
from members.models import Invitation, Member
from miniatures_site.access import ACCESS, AccessLevel
from review.models import Membership, Task
from review.states import Role
from review.tasks import team
from tests.matrix.bodies import BODIES
from tests.matrix.routes import walk
from tests.members.test_sso import NORA, provider, sign_in  # noqa: F401 (the fixture)
from tests.review.factories import join, make_task
from web.errors import Refusal

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("provider")]
PASSWORD = "a sound long phrase 7"
ANSWERS = {"username": "nora", "display_name": "Nora Lind", "password": PASSWORD, "again": PASSWORD}
Accept = Callable[[Invitation], Any]


def by_password(invitation: Invitation) -> Any:
    return Client().post(f"/join/{token_of(invitation)}/", ANSWERS)


def by_provider(invitation: Invitation) -> Any:
    return sign_in(Client())


WAYS = pytest.mark.parametrize("accept", [by_password, by_provider])


@pytest.fixture
def task(admin: Member) -> Task:
    return make_task(by=admin)


@pytest.fixture
def second(make_member: Callable[..., Member]) -> Member:
    """Another admin, who will lose that."""
    return make_member("bea", admin=True)


@pytest.fixture
def lead(task: Task, make_member: Callable[..., Member]) -> Member:
    member = make_member("lea")
    join(member, task, Role.LEAD)
    return member


def nora() -> Member | None:
    return Member.objects.filter(username="nora").first()


@WAYS
def test_who_is_no_admin_any_more_makes_none(accept: Accept, admin: Member, second: Member) -> None:
    invitation = invite.invite(NORA["email"], by=second, is_admin=True)
    manage.set_admin(second, is_admin=False, by=admin)

    accept(invitation)

    assert nora() is None
    assert Member.objects.filter(is_superuser=True).count() == 1


@WAYS
def test_nor_members_without_a_role(accept: Accept, admin: Member, second: Member) -> None:
    invitation = invite.invite(NORA["email"], by=second)
    manage.set_admin(second, is_admin=False, by=admin)

    accept(invitation)

    assert nora() is None


@WAYS
def test_a_lead_who_lost_the_task_asks_nobody_in(accept: Accept, admin: Member, lead: Member, task: Task) -> None:
    invitation = invite.invite(NORA["email"], by=lead, roles=[{"task": task.slug, "role": "lead"}])
    team.give_role(lead, task, role="reviewer", by=admin)

    accept(invitation)

    assert nora() is None


@WAYS
def test_of_two_tasks_the_one_that_was_lost_is_left_out(
    accept: Accept, admin: Member, lead: Member, task: Task
) -> None:
    kept = make_task(by=admin, slug="kept")
    join(lead, kept, Role.LEAD)
    roles = [{"task": task.slug, "role": "lead"}, {"task": "kept", "role": "reviewer"}]
    invitation = invite.invite(NORA["email"], by=lead, roles=roles)
    team.give_role(lead, task, role="", by=admin)

    accept(invitation)

    assert list(Membership.objects.filter(member=nora()).values_list("task__slug", "role")) == [("kept", "reviewer")]


@WAYS
def test_who_left_asks_nobody_in_even_if_the_invitation_stayed_open(accept: Accept, second: Member) -> None:
    invitation = invite.invite(NORA["email"], by=second, is_admin=True)
    Member.objects.filter(pk=second.pk).update(is_active=False)

    accept(invitation)

    assert nora() is None


@WAYS
def test_nor_who_is_gone_altogether(accept: Accept, second: Member) -> None:
    invitation = invite.invite(NORA["email"], by=second, is_admin=True)
    Invitation.objects.update(invited_by=None)

    accept(invitation)

    assert nora() is None


@WAYS
def test_an_inviter_who_may_still_do_so_makes_an_admin(accept: Accept, admin: Member) -> None:
    accept(invite.invite(NORA["email"], by=admin, is_admin=True))

    member = nora()
    assert member is not None and member.is_superuser


def test_what_was_looked_at_before_is_looked_at_again_when_it_is_taken(admin: Member, second: Member) -> None:
    invitation = invite.by_token(token_of(invite.invite("n@example.org", by=second, is_admin=True)))
    manage.set_admin(Member.objects.get(pk=second.pk), is_admin=False, by=admin)

    with pytest.raises(Refusal, match="may no longer"):
        invite.accept(invitation, username="nora", display_name="", password=PASSWORD)

    assert nora() is None
    invitation.refresh_from_db()
    assert invitation.accepted_at is None


@pytest.mark.slow
def test_the_address_can_be_invited_anew(admin: Member, second: Member) -> None:
    invite.invite(NORA["email"], by=second, is_admin=True)
    manage.set_admin(second, is_admin=False, by=admin)

    invite.invite(NORA["email"], by=admin)
    by_provider(Invitation.objects.latest("created_at"))

    member = nora()
    assert member is not None and not member.is_superuser


@pytest.mark.slow
def test_a_token_made_as_an_admin_opens_nothing_of_admins_afterwards(
    admin: Member, second: Member, api_as: Any
) -> None:
    program = api_as(second, scopes=("admin",))
    manage.set_admin(second, is_admin=False, by=admin)
    ways = [(route, ACCESS[route.name]) for route in walk() if route.is_api and route.name in ACCESS]
    sample = "00000000-0000-4000-8000-000000000000"
    asked = {}
    for route, needs in ways:
        address = route.address(dict.fromkeys(route.parameters, sample))
        for method in route.methods() or []:
            if needs.declared(method) is AccessLevel.ADMIN:
                body = json.dumps(BODIES.get(f"{method} {route.name}", {}))
                answer = program.generic(method, address, body, content_type="application/json")
                asked[method, route.name] = answer.status_code

    refused_token = program.post("/api/v1/tokens/", {"name": "x", "scopes": ["admin"]}, format="json")

    assert set(asked.values()) <= {403, 404} and len(asked) > 3, asked
    assert refused_token.status_code == 422
