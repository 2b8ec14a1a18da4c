"""Acts that hand out power ask who it is again, in sessions that are not new; programs with tokens are not asked."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from allauth.socialaccount.models import SocialAccount
from django.test import Client

from generation.models import Teacher
from jobs.models import Job
from members.models import ApiToken, Invitation, Member
from members.recent_login.reauthentication import SIGNED_IN_AT
from tests.members.provider import Provider
from tests.members.test_sso import NORA, provider, sign_in, there_and_back, who  # noqa: F401 (the fixture)
from tests.review.factories import make_task
from tests.training.conftest import freeze

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"
SECRET = "sk-not-the-name-but-the-key"
TEACHER = {"name": "X", "slug": "x", "provider": "openai", "model": "m", "concurrency": "4", "secret_ref": SECRET}


@pytest.fixture
def stale(as_member: Any, admin: Member) -> Client:
    """An admin's browser that signed in an hour ago."""
    return aged(as_member(admin))


def aged(client: Client) -> Client:
    session = client.session
    session[SIGNED_IN_AT] = time.time() - 3600
    session.save()
    return client


def power(admin: Member) -> tuple[int, ...]:
    """Count what the acts would make."""
    admins = Member.objects.filter(is_superuser=True).count()
    return admins, Member.objects.count(), ApiToken.objects.count(), Invitation.objects.count(), Teacher.objects.count()


def acts(viewer: Member) -> dict[str, dict[str, Any]]:
    change = f"/settings/members/{viewer.pk}/change/"
    return {
        f"{change}?make_admin": {"act": "make_admin"},
        f"{change}?renew_password": {"act": "renew_password"},
        f"{change}?reactivate": {"act": "reactivate"},
        "/settings/members/": {"username": "new", "is_admin": "on"},
        "/settings/tokens/": {"name": "x", "scopes": ["read"], "days": "90"},
        "/settings/invitations/": {"email": "a@example.org", "is_admin": "on", "days": "7"},
        "/teachers/new/": TEACHER,
    }


def test_an_old_session_is_asked_before_every_act_that_hands_out_power(stale, admin, viewer):
    before, password = power(admin), viewer.password

    answers = {address: stale.post(address, body) for address, body in acts(viewer).items()}

    assert {answer.status_code for answer in answers.values()} == {302}, answers
    assert all(answer["Location"].startswith("/accounts/reauthenticate/?next=") for answer in answers.values())
    assert power(admin) == before
    viewer.refresh_from_db()
    assert viewer.password == password


def test_what_was_sent_is_done_once_the_password_is_given(stale, viewer):
    address = f"/settings/members/{viewer.pk}/change/"
    asked = stale.post(address, {"act": "make_admin"})
    page = stale.get(asked["Location"]).content.decode()

    done = stale.post("/accounts/reauthenticate/", {"password": PASSWORD, "next": address})

    viewer.refresh_from_db()
    assert "Confirm that it is you" in page
    assert viewer.is_superuser
    assert done["Location"] == f"/settings/members/{viewer.pk}/"


def test_what_may_hold_a_key_is_not_kept_meanwhile(stale):
    asked = stale.post("/teachers/new/", TEACHER, headers={"Referer": "http://testserver/teachers/new/"})

    assert asked["Location"] == "/accounts/reauthenticate/?next=%2Fteachers%2Fnew%2F"
    assert SECRET not in json.dumps(dict(stale.session))
    assert stale.get("/teachers/new/")["Location"] == asked["Location"]


def test_a_wrong_password_does_nothing(stale, viewer):
    address = f"/settings/members/{viewer.pk}/change/"
    stale.post(address, {"act": "make_admin"})

    answer = stale.post("/accounts/reauthenticate/", {"password": "something else", "next": address})

    viewer.refresh_from_db()
    assert answer.status_code == 200
    assert not viewer.is_superuser


def test_what_a_page_sends_by_htmx_is_not_kept_to_be_done_later(stale, viewer):
    address = f"/settings/members/{viewer.pk}/change/"
    headers = {"HX-Request": "true", "HX-Current-URL": "http://testserver/tasks/?q=1"}

    answer = stale.post(address, {"act": "make_admin"}, headers=headers)
    stale.post("/accounts/reauthenticate/", {"password": PASSWORD, "next": "/tasks/?q=1"})

    viewer.refresh_from_db()
    assert answer["HX-Redirect"] == "/accounts/reauthenticate/?next=%2Ftasks%2F%3Fq%3D1"
    assert not viewer.is_superuser


def test_the_way_back_leads_to_this_site_alone(stale, viewer):
    headers = {"HX-Request": "true", "HX-Current-URL": "https://evil.example/x"}

    answer = stale.post(f"/settings/members/{viewer.pk}/change/", {"act": "make_admin"}, headers=headers)

    assert answer["HX-Redirect"].endswith("?next=%2F")


def test_a_session_that_began_a_moment_ago_is_not_asked(as_member, admin, viewer):
    as_member(admin).post(f"/settings/members/{viewer.pk}/change/", {"act": "make_admin"})

    viewer.refresh_from_db()
    assert viewer.is_superuser


def test_acts_that_take_power_away_are_not_held_up(stale, viewer):
    stale.post(f"/settings/members/{viewer.pk}/change/", {"act": "deactivate"})

    viewer.refresh_from_db()
    assert not viewer.is_active


@pytest.mark.parametrize(
    ("method", "address", "body"),
    [
        ("POST", "/api/v1/tokens/", {"name": "x", "scopes": ["read"]}),
        ("POST", "/api/v1/invitations/", {"email": "a@example.org", "is_admin": True}),
        ("POST", "/api/v1/teachers/", {"slug": "x", "name": "X", "provider": "offline", "model": "offline-1"}),
        ("PATCH", "/api/v1/teachers/offline/", {"name": "Y"}),
    ],
)
def test_on_the_api_an_old_session_is_refused_and_a_token_is_not(stale, api_as, admin, method, address, body):
    before = power(admin)

    refused = stale.generic(method, address, json.dumps(body), content_type="application/json")
    done = api_as(admin).generic(method, address, json.dumps(body), content_type="application/json")

    assert (refused.status_code, refused.json()["code"]) == (403, "reauthentication_required")
    assert "/accounts/reauthenticate/" in refused.json()["hint"]
    assert power(admin)[:2] == before[:2]
    assert done.status_code in (200, 201), done.content


def test_a_lead_who_invites_without_making_an_admin_is_not_asked(stale, admin):
    stale.post("/settings/invitations/", {"email": "a@example.org", "days": "7"})

    assert Invitation.objects.get().is_admin is False


def test_sending_a_dataset_to_a_hub_asks(stale, admin):
    version = freeze(make_task(by=admin), admin, train=4, validation=1)
    address = f"/datasets/{version.dataset.slug}/v/{version.number}/export/"

    answer = stale.post(address, {"to": "owner/name", "formats": "sft", "token": "HF_TOKEN"})

    assert answer["Location"].startswith("/accounts/reauthenticate/?next=")
    assert not Job.objects.filter(kind__contains="push").exists()


@pytest.fixture
def by_sso(client: Client, admin: Member, provider: Provider) -> Client:  # noqa: F811 (the fixture)
    """The browser of an admin without a password, who signed in by SSO an hour ago, and is signed in there still."""
    Member.objects.filter(pk=admin.pk).update(email=NORA["email"])
    admin.set_unusable_password()
    admin.save(update_fields=["password"])
    provider.last_proof_at = time.time() - 3600
    sign_in(client)
    return aged(client)


TOKEN = {"name": "x", "scopes": ["read"], "days": "90"}


def confirm(client: Client, *, take_out: str = "") -> Any:
    """Press the button that has the provider ask again; returns the answer to the way back."""
    way = client.post("/accounts/reauthenticate/sso/", {"provider": "sso", "next": "/settings/tokens/"})
    there, _, wishes = way["Location"].partition("?")
    kept = [wish for wish in wishes.split("&") if not take_out or wish.partition("=")[0] not in take_out.split()]
    return there_and_back(client, f"{there}?{'&'.join(kept)}")


@pytest.mark.parametrize("tells", [True, False])
def test_who_has_neither_password_nor_factor_signs_in_at_the_provider_again(by_sso, provider, tells):  # noqa: F811
    if not tells:
        provider.last_proof_at = None
    asked = by_sso.post("/settings/tokens/", TOKEN, headers={"Referer": "http://testserver/settings/tokens/"})
    page = by_sso.get(asked["Location"]).content.decode()
    back = confirm(by_sso)
    by_sso.post("/settings/tokens/", TOKEN)

    assert asked["Location"] == "/accounts/reauthenticate/sso/?next=%2Fsettings%2Ftokens%2F"
    assert "Sign in again with Example Org" in page
    assert (provider.asked[-1]["prompt"], provider.asked[-1]["max_age"]) == ("login", "600")
    assert back["Location"] == "/settings/tokens/"
    assert who(by_sso) == "ada"
    assert ApiToken.objects.count() == 1


@pytest.mark.parametrize("tells", [True, False])
def test_coming_back_from_a_provider_that_asked_nothing_is_no_proof(by_sso, provider, tells):  # noqa: F811
    if not tells:
        provider.last_proof_at = None

    sign_in(by_sso)
    asked = by_sso.post("/settings/tokens/", TOKEN)

    assert who(by_sso) == "ada"
    assert asked["Location"].startswith("/accounts/reauthenticate/sso/")
    assert not ApiToken.objects.exists()


def test_the_wish_to_be_asked_is_no_proof_when_it_comes_with_the_address(by_sso, provider):  # noqa: F811
    provider.last_proof_at = None

    there = by_sso.post("/accounts/oidc/sso/login/?process=login&auth_params=prompt%3Dlogin")["Location"]
    there_and_back(by_sso, there)
    by_sso.post("/settings/tokens/", TOKEN)

    assert not ApiToken.objects.exists()


@pytest.mark.parametrize("says", [True, False])
def test_a_wish_that_the_browser_takes_out_is_no_proof_and_the_page_says_so(by_sso, provider, says):  # noqa: F811
    provider.says_unasked = says

    confirm(by_sso, take_out="prompt max_age")
    by_sso.post("/settings/tokens/", TOKEN)

    assert not ApiToken.objects.exists()
    assert "did not say that you proved who you are" in by_sso.get("/settings/").content.decode()


def test_a_first_sign_in_is_a_proof_when_the_person_was_asked_for_it(client, admin, provider):  # noqa: F811
    Member.objects.filter(pk=admin.pk).update(email=NORA["email"])
    provider.last_proof_at = time.time() - 60

    sign_in(client)
    client.post("/settings/tokens/", TOKEN)

    assert ApiToken.objects.count() == 1


def test_an_old_session_ties_no_further_account_to_its_member(by_sso, provider):  # noqa: F811
    stranger = {**NORA, "sub": "s-1", "email": "stranger@example.org"}

    provider.person = stranger
    refused = sign_in(by_sso, process="connect")
    tied_before = list(SocialAccount.objects.values_list("uid", flat=True))
    provider.person = dict(NORA)
    confirm(by_sso)
    provider.person = stranger
    sign_in(by_sso, process="connect")

    assert refused["Location"] == "/accounts/reauthenticate/sso/?next=%2Faccounts%2F3rdparty%2F"
    assert tied_before == ["n-1"]
    assert set(SocialAccount.objects.values_list("uid", "user__username")) == {("n-1", "ada"), ("s-1", "ada")}


def test_an_old_session_unties_nothing(by_sso):
    account = SocialAccount.objects.get()

    answer = by_sso.post("/accounts/3rdparty/", {"account": account.pk})

    assert answer["Location"].startswith("/accounts/reauthenticate/sso/")
    assert SocialAccount.objects.exists()


def test_a_provider_there_is_none_of_is_not_found(by_sso):
    assert by_sso.post("/accounts/reauthenticate/sso/", {"provider": "other"}).status_code == 404


@pytest.mark.parametrize("address", ["/accounts/password/set/", "/accounts/2fa/totp/activate/", "/accounts/3rdparty/"])
def test_who_has_no_proof_yet_makes_none_of_an_old_session(stale, admin, address):
    admin.set_unusable_password()
    admin.save(update_fields=["password"])
    stale.force_login(admin, backend="django.contrib.auth.backends.ModelBackend")
    aged(stale)

    answer = stale.get(address)

    assert answer["Location"].startswith("/accounts/reauthenticate/sso/")


def test_where_there_is_no_provider_the_page_says_whom_to_ask(stale, admin):
    admin.set_unusable_password()
    admin.save(update_fields=["password"])
    stale.force_login(admin, backend="django.contrib.auth.backends.ModelBackend")

    assert "Ask an admin to renew your password" in stale.get("/accounts/reauthenticate/sso/").content.decode()
