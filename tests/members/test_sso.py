"""The organisation's provider lets in members and the invited, as themselves, and nobody else."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import Client

from audit.models import AuditRow
from members.accounts import manage
from members.invitations import invite
from members.models import Member
from miniatures_site.settings import sso
from review.models import Membership
from tests.members.provider import CLIENT_ID, CLIENT_SECRET, Provider, running
from tests.review.factories import make_task
from web.net import pinned_session

NORA = {
    "sub": "n-1",
    "email": "nora@example.org",
    "email_verified": True,
    "name": "Nora Lind",
    "preferred_username": "nora",
}


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        return None


@pytest.fixture
def provider(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Provider]:
    with running() as provider:
        for name, value in (
            ("OIDC_ISSUER", provider.issuer), ("OIDC_NAME", "Example Org"), ("OIDC_CLIENT_ID", CLIENT_ID),
            ("OIDC_CLIENT_SECRET", CLIENT_SECRET),
        ):  # fmt: skip
            monkeypatch.setenv(name, value)
        settings.SOCIALACCOUNT_PROVIDERS = sso.providers()
        provider.person = dict(NORA)
        yield provider


def sign_in(client: Client, *, spoil: str = "", process: str = "login") -> Any:
    """Go to the provider and back, as a browser does; returns the answer to the way back."""
    return there_and_back(client, client.post(f"/accounts/oidc/sso/login/?process={process}")["Location"], spoil=spoil)


def there_and_back(client: Client, there: str, *, spoil: str = "") -> Any:
    """Follow a way to the provider and from there back."""
    opener = urllib.request.build_opener(NoRedirect)
    try:
        opener.open(there, timeout=60)
        raise AssertionError("the provider did not send the browser back")
    except urllib.error.HTTPError as answer:
        back = answer.headers["Location"]
    return client.get(back.removeprefix("http://testserver").replace("state=", f"state={spoil}"))


def who(client: Client) -> str | None:
    pk = client.session.get("_auth_user_id")
    return Member.objects.get(pk=pk).username if pk else None


def test_an_invited_person_comes_in_with_their_roles_and_without_a_password(client, admin, provider):
    make_task(by=admin)
    invite.invite("Nora@Example.org", by=admin, roles=[{"task": "outreach", "role": "reviewer"}])

    sign_in(client)

    member = Member.objects.get(username="nora")
    assert who(client) == "nora"
    assert (member.display_name, member.has_usable_password()) == ("Nora Lind", False)
    assert Membership.objects.get(member=member).role == "reviewer"
    assert {"member_added", "invitation_accepted", "signed_in"} <= set(AuditRow.objects.values_list("act", flat=True))


def test_who_is_not_invited_is_turned_away(client, admin, provider):
    page = sign_in(client).content.decode()

    assert "Not invited yet" in page
    assert who(client) is None
    assert Member.objects.count() == 1
    assert AuditRow.objects.get(act="sign_in_failed").detail == {"by_way_of": ["socialaccount"]}


def test_an_address_the_provider_has_not_verified_opens_nothing(client, admin, provider):
    invite.invite("nora@example.org", by=admin)
    Member.objects.filter(pk=admin.pk).update(email="nora@example.org")
    provider.person["email_verified"] = False

    sign_in(client)

    assert who(client) is None
    assert Member.objects.count() == 1


def test_a_member_signs_in_by_address_first_and_by_their_account_from_then_on(client, admin, reviewer, provider):
    Member.objects.filter(pk=reviewer.pk).update(email="nora@example.org")

    sign_in(client)
    provider.person["email"] = "renamed@example.org"
    later = Client()
    sign_in(later)

    assert who(client) == who(later) == "rob"
    reviewer.refresh_from_db()
    assert reviewer.check_password("correct horse battery")


def test_an_address_that_two_members_share_signs_in_nobody(client, admin, reviewer, provider):
    Member.objects.update(email="nora@example.org")

    sign_in(client)

    assert who(client) is None


def test_an_allowed_domain_lets_in_without_an_invitation_and_without_a_role(client, admin, provider, settings):
    settings.OIDC_ALLOWED_DOMAINS = ["Example.org"]

    sign_in(client)

    assert who(client) == "nora"
    assert not Member.objects.get(username="nora").is_superuser


def test_a_domain_that_only_ends_alike_is_another_one(client, admin, provider, settings):
    settings.OIDC_ALLOWED_DOMAINS = ["example.org"]
    provider.person["email"] = "nora@evil-example.org"

    sign_in(client)

    assert who(client) is None


def test_a_taken_name_gets_a_number(client, admin, make_member, provider):
    make_member("NORA")
    invite.invite("nora@example.org", by=admin)

    sign_in(client)

    assert who(client) == "nora2"


def test_a_member_who_is_shut_out_stays_out(client, admin, reviewer, provider):
    Member.objects.filter(pk=reviewer.pk).update(email="nora@example.org")
    manage.deactivate(Member.objects.get(pk=reviewer.pk), by=admin)

    sign_in(client)

    assert who(client) is None


def test_a_taken_back_invitation_opens_nothing(client, admin, provider):
    invite.revoke(invite.invite("nora@example.org", by=admin), by=admin)

    sign_in(client)

    assert who(client) is None


def test_an_answer_to_another_browsers_question_is_refused(client, admin, provider):
    invite.invite("nora@example.org", by=admin)

    response = sign_in(client, spoil="x")

    assert who(client) is None
    assert "Sign-in did not work" in response.content.decode()


def test_a_token_made_for_another_site_is_refused(client, admin, provider):
    invite.invite("nora@example.org", by=admin)
    provider.audience = "somebody-else"

    response = sign_in(client)

    assert who(client) is None
    assert "Sign-in did not work" in response.content.decode()


def test_declining_at_the_provider_says_so(client, db, provider):
    provider.refuses = True

    answer = sign_in(client)

    assert "cancelled" in client.get(answer["Location"]).content.decode()


def test_the_sign_in_page_names_the_provider_where_there_is_one(client, db, provider, settings):
    assert "Sign in with Example Org" in client.get("/accounts/login/").content.decode()

    settings.SOCIALACCOUNT_PROVIDERS = {}

    assert "Sign in with" not in client.get("/accounts/login/").content.decode()
    assert client.post("/accounts/oidc/sso/login/").status_code == 404


def test_a_get_only_asks_and_leads_nowhere(client, db, provider):
    response = client.get("/accounts/oidc/sso/login/")

    assert response.status_code == 200
    assert "Continue" in response.content.decode()


def test_an_issuer_without_its_client_is_said_at_start(monkeypatch):
    monkeypatch.setenv("OIDC_ISSUER", "https://id.example.org")
    monkeypatch.delenv("OIDC_CLIENT_ID", raising=False)

    with pytest.raises(ImproperlyConfigured, match="OIDC_CLIENT_ID"):
        sso.providers()


def test_forms_may_lead_to_the_provider_and_nowhere_else(monkeypatch):
    monkeypatch.setenv("OIDC_ISSUER", "https://id.example.org/realms/main")
    assert sso.form_origins() == ["https://id.example.org"]

    monkeypatch.delenv("OIDC_ISSUER")
    assert sso.form_origins() == []


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize("endpoint", ["token_endpoint", "userinfo_endpoint"])
@pytest.mark.parametrize("way", ["named", "redirected"])
def test_a_provider_does_not_lead_the_site_to_a_place_inside(client, admin, provider, endpoint, way):
    invite.invite("Nora@Example.org", by=admin)
    with running() as inside:
        inside.person = dict(NORA)
        path = "/token" if endpoint == "token_endpoint" else "/userinfo"
        if way == "named":
            provider.elsewhere = {endpoint: f"{inside.issuer}{path}"}
        else:
            provider.leads_on = {path: f"{inside.issuer}{path}"}

        answer = sign_in(client)

        assert answer.status_code < 500
        assert inside.requests == []
    assert who(client) is None


def test_a_provider_that_answers_without_end_is_left_and_nobody_waits(client, admin, provider):
    provider.elsewhere = {"more": "x" * (pinned_session.MAX_BYTES + 1)}

    answer = client.post("/accounts/oidc/sso/login/?process=login")

    assert answer.status_code < 500
    assert "Location" not in answer
