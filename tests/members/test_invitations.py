"""People are asked in by address, once, by who may, and come in with what they were promised."""

from __future__ import annotations

import re
from datetime import timedelta
from functools import partial

import pytest
from django.core import mail
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from audit.models import AuditRow
from members.accounts import manage
from members.invitations import invite
from members.models import Invitation, Member
from review.models import Membership
from review.states import Role
from tests.at_once import at_once
from tests.review.factories import join, make_task
from web.errors import Refusal

PASSWORD = "a sound long phrase 7"
ANSWERS = {"username": "nora", "display_name": "Nora Lind", "password": PASSWORD, "again": PASSWORD}


@pytest.fixture
def task(admin):
    return make_task(by=admin)


@pytest.fixture
def lead(make_member, task):
    lead = make_member("lea")
    join(lead, task, Role.LEAD)
    return lead


def door(invitation: Invitation) -> str:
    return f"/join/{invite.token_of(invitation)}/"


def test_an_invited_person_chooses_a_password_and_is_in_with_their_roles(client, lead, task):
    invitation = invite.invite(
        "nora@example.org", by=lead, roles=[{"task": "outreach", "role": "reviewer"}], display_name="Nora"
    )

    assert "lea invites nora@example.org" in client.get(door(invitation)).content.decode()
    response = client.post(door(invitation), ANSWERS)

    member = Member.objects.get(username="nora")
    assert response.status_code == 302
    assert client.session["_auth_user_id"] == str(member.pk)
    assert (member.email, member.is_superuser) == ("nora@example.org", False)
    assert Membership.objects.get(member=member).role == Role.REVIEWER
    assert Invitation.objects.get().state == "accepted"


def test_a_link_opens_once(client, admin):
    invitation = invite.invite("nora@example.org", by=admin)
    client.post(door(invitation), ANSWERS)

    again = client.post(door(invitation), {**ANSWERS, "username": "other"})

    assert again.status_code == 409
    assert "accepted already" in again.content.decode()
    assert not Member.objects.filter(username="other").exists()


@pytest.mark.django_db(transaction=True)
def test_of_five_that_open_one_link_at_once_one_comes_in(admin):
    invitation = invite.invite("nora@example.org", by=admin)

    def accept(number: int) -> str:
        row = Invitation.objects.select_related("invited_by").get(pk=invitation.pk)
        return invite.accept(row, username=f"n{number}", display_name="", password=PASSWORD).username

    outcomes = at_once(*(partial(accept, number) for number in range(5)), may_refuse=True)

    assert outcomes.count("invitation_accepted") == 4
    assert Member.objects.filter(email="nora@example.org").count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_five_that_invite_one_address_at_once_one_does(admin, make_member):
    others = [make_member(f"chief{number}", admin=True) for number in range(4)]
    addresses = ["nora@example.org", "Nora@Example.org"] * 3

    outcomes = at_once(
        *(partial(invite.invite, address, by=by) for address, by in zip(addresses, [admin, *others], strict=False)),
        may_refuse=True,
    )

    assert outcomes.count("invited_already") == 4
    assert Invitation.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"revoked_at": timezone.now()}, "revoked"),
        ({"expires_at": timezone.now() - timedelta(seconds=1)}, "expired"),
        ({"invited_by": None}, "may no longer"),
    ],
)
def test_a_link_that_no_longer_opens_says_why(client, admin, change, words):
    invitation = invite.invite("nora@example.org", by=admin)
    Invitation.objects.filter(pk=invitation.pk).update(**change)

    response = client.post(door(invitation), ANSWERS)

    assert response.status_code == 409
    assert words in response.content.decode()
    assert not Member.objects.filter(username="nora").exists()


@pytest.mark.parametrize("token", ["nonsense", "a:b:c", "x" * 500])
def test_a_link_that_is_not_ours_is_not_found(client, db, token):
    assert client.get(f"/join/{token}/").status_code == 404


def test_a_signature_made_for_something_else_opens_nothing(client, admin):
    from django.core import signing

    invitation = invite.invite("nora@example.org", by=admin)

    assert client.get(f"/join/{signing.Signer(salt='other').sign_object(str(invitation.pk))}/").status_code == 404


def test_a_weak_password_is_refused_and_the_link_still_opens(client, admin):
    invitation = invite.invite("nora@example.org", by=admin)

    weak = client.post(door(invitation), {**ANSWERS, "password": "password", "again": "password"})
    taken = client.post(door(invitation), {**ANSWERS, "username": "ada"})

    assert weak.status_code == taken.status_code == 422
    assert "at least 10" in weak.content.decode()
    assert "already" in taken.content.decode()
    assert client.post(door(invitation), ANSWERS).status_code == 302


def test_a_lead_gives_roles_in_their_own_tasks_alone(admin, lead, reviewer):
    make_task(by=admin, slug="other")

    for roles, is_admin in (([{"task": "other", "role": "viewer"}], False), ([], True)):
        with pytest.raises(PermissionDenied):
            invite.invite("nora@example.org", by=lead, roles=roles, is_admin=is_admin)
    with pytest.raises(Refusal, match="was not made"):
        invite.invite("nora@example.org", by=lead)
    with pytest.raises(PermissionDenied):
        invite.invite("nora@example.org", by=reviewer)

    assert not Invitation.objects.exists()


def test_shutting_the_inviter_out_takes_their_open_invitations_back(client, admin, lead):
    invitation = invite.invite("nora@example.org", by=lead, roles=[{"task": "outreach", "role": "viewer"}])

    manage.deactivate(lead, by=admin)

    assert client.get(door(invitation)).status_code == 409


@pytest.mark.parametrize("address", ["nora@example.org", "NORA@Example.org"])
def test_one_address_is_invited_once_and_a_member_not_at_all(admin, address):
    invite.invite("nora@example.org", by=admin)
    Member.objects.filter(pk=admin.pk).update(email="ada@example.org")

    for email in (address, "Ada@example.org"):
        with pytest.raises(Refusal) as refused:
            invite.invite(email, by=admin)
        assert refused.value.status == 409


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"email": "no address"}, "email"),
        ({"email": "a@b.example", "days": 31}, "days"),
        ({"email": "a@b.example", "roles": [{"task": "nowhere", "role": "lead"}]}, "roles"),
        ({"email": "a@b.example", "roles": [{"task": "outreach", "role": "king"}]}, "roles"),
    ],
)
def test_what_cannot_be_is_refused_by_its_field(admin, task, values, field):
    with pytest.raises(Refusal) as refused:
        invite.invite(by=admin, **values)

    assert field in refused.value.errors


def test_the_page_shows_the_link_and_takes_an_invitation_back(admin, task, as_member, settings):
    client = as_member(admin)

    made = client.post("/settings/invitations/", {"email": "nora@example.org", "days": "7", "role_outreach": "lead"})
    invitation = Invitation.objects.get()
    page = client.get("/settings/invitations/").content.decode()

    [link] = set(re.findall(rf"{settings.SITE_URL}(/join/[^\s\"<&]+)", made.content.decode()))
    assert "lead in outreach" in page
    client.post(f"/settings/invitations/{invitation.pk}/revoke/")
    assert link not in client.get("/settings/invitations/").content.decode()
    assert client.get(link).status_code == 409


def test_a_link_leads_to_this_site_whatever_name_it_was_asked_by(admin, as_member, api_as, settings):
    settings.ALLOWED_HOSTS, settings.SITE_URL = ["*"], "https://app.example.org"
    elsewhere = {"HTTP_HOST": "evil.example"}

    page = as_member(admin).post("/settings/invitations/", {"email": "nora@example.org", "days": "7"}, **elsewhere)
    told = api_as(admin, scopes=("lead",)).post(
        "/api/v1/invitations/", {"email": "omar@example.org"}, format="json", **elsewhere
    )

    assert "https://app.example.org/join/" in page.content.decode()
    assert "evil.example" not in page.content.decode()
    assert told.json()["url"].startswith("https://app.example.org/join/")


def test_a_lead_sees_their_own_invitations_only(admin, lead, as_member):
    theirs = invite.invite("nora@example.org", by=admin)
    client = as_member(lead)

    assert "nora@example.org" not in client.get("/settings/invitations/").content.decode()
    assert client.post(f"/settings/invitations/{theirs.pk}/revoke/").status_code == 404


def test_programs_invite_list_and_take_back(admin, task, api_as):
    api = api_as(admin, scopes=("lead",))

    made = api.post(
        "/api/v1/invitations/",
        {"email": "nora@example.org", "roles": [{"task": "outreach", "role": "viewer"}]},
        format="json",
    )
    listed = api.get("/api/v1/invitations/").json()

    assert made.status_code == 201
    assert "/join/" in made.json()["url"]
    assert [row["state"] for row in listed] == ["open"]
    assert "url" not in listed[0]
    assert api.delete(f"/api/v1/invitations/{listed[0]['id']}/").status_code == 204
    assert Invitation.objects.get().state == "revoked"
    assert api_as(admin, scopes=("read",)).get("/api/v1/invitations/").status_code == 403


def test_an_invitation_has_one_link_whatever_the_time(lead, monkeypatch):
    invitation = invite.invite("nora@example.org", by=lead, roles=[{"task": "outreach", "role": "reviewer"}])
    first = door(invitation)

    monkeypatch.setattr("time.time", lambda: 4_000_000_000.0)

    assert door(invitation) == first


def test_the_link_is_mailed_where_mail_is_configured(admin, as_member, settings):
    settings.INVITATIONS_BY_MAIL = True

    page = as_member(admin).post("/settings/invitations/", {"email": "nora@example.org", "days": "7"}).content.decode()

    assert "Mailed to nora@example.org" in page
    assert door(Invitation.objects.get()) in mail.outbox[0].body
    assert mail.outbox[0].to == ["nora@example.org"]


def test_a_mail_that_cannot_be_sent_leaves_the_link_to_hand_over(admin, as_member, settings):
    settings.INVITATIONS_BY_MAIL = True
    settings.EMAIL_BACKEND, settings.EMAIL_HOST, settings.EMAIL_PORT = (
        "django.core.mail.backends.smtp.EmailBackend", "127.0.0.1", 9,
    )  # fmt: skip

    page = as_member(admin).post("/settings/invitations/", {"email": "nora@example.org", "days": "7"}).content.decode()

    assert "could not be sent" in page
    assert door(Invitation.objects.get()) in page


def test_the_trail_tells_of_invitations_without_addresses(client, admin):
    invitation = invite.invite("nora@example.org", by=admin)
    client.post(door(invitation), ANSWERS)

    rows = list(AuditRow.objects.order_by("id"))

    assert {"invited", "member_added", "invitation_accepted", "signed_in"} <= {row.act for row in rows}
    assert "example.org" not in str([row.detail for row in rows])
