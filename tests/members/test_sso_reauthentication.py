"""Members without a password prove who they are at the provider they sign in at."""

from __future__ import annotations

import time
from typing import Any

import pytest
from allauth.socialaccount.models import SocialAccount
from django.test import Client

from audit.models import AuditRow
from members.models import ApiToken, Member
from tests.members.conftest import aged
from tests.members.provider import Provider
from tests.members.test_sso import NORA, provider, sign_in, there_and_back, who  # noqa: F401 (the fixture)

pytestmark = pytest.mark.django_db
TOKEN = {"name": "x", "scopes": ["read"], "days": "90"}


@pytest.fixture
def by_sso(client: Client, admin: Member, provider: Provider) -> Client:  # noqa: F811 (the fixture)
    """The browser of an admin without a password, who signed in by SSO an hour ago, and is signed in there still."""
    Member.objects.filter(pk=admin.pk).update(email=NORA["email"])
    admin.set_unusable_password()
    admin.save(update_fields=["password"])
    provider.last_proof_at = time.time() - 3600
    sign_in(client)
    return aged(client)


def confirm(client: Client, *, take_out: str = "") -> Any:
    """Press the button that has the provider ask again; returns the answer to the way back."""
    way = client.post("/accounts/reauthenticate/sso/", {"provider": "sso", "next": "/settings/tokens/"})
    there, _, wishes = way["Location"].partition("?")
    kept = [wish for wish in wishes.split("&") if not take_out or wish.partition("=")[0] not in take_out.split()]
    return there_and_back(client, f"{there}?{'&'.join(kept)}")


@pytest.mark.slow(after_first=True)
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
    assert "did not confirm a recent sign-in" in by_sso.get("/settings/").content.decode()


@pytest.mark.slow
def test_a_first_sign_in_is_a_proof_when_the_person_was_asked_for_it(client, admin, provider):  # noqa: F811
    Member.objects.filter(pk=admin.pk).update(email=NORA["email"])
    provider.last_proof_at = time.time() - 60

    sign_in(client)
    client.post("/settings/tokens/", TOKEN)

    assert ApiToken.objects.count() == 1


@pytest.mark.slow
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


def test_each_new_way_in_and_the_end_of_one_is_in_the_trail(by_sso, provider):  # noqa: F811
    confirm(by_sso)
    password = "a quite new secret"

    by_sso.post("/accounts/password/set/", {"password1": password, "password2": password})
    by_sso.post("/accounts/reauthenticate/", {"password": password})
    by_sso.post("/accounts/3rdparty/", {"account": SocialAccount.objects.get().pk})

    mine = str(Member.objects.get(username="ada").pk)
    rows = AuditRow.objects.exclude(act__in=["signed_in", "signed_out"]).order_by("id")
    ways = [("account_tied", mine), ("password_changed", mine), ("account_untied", mine)]
    assert list(rows.values_list("act", "subject_id")) == ways
