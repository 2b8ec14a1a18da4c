"""The second factor: asked for at sign-in, kept encrypted, required where the installation says so."""

from __future__ import annotations

import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth as totp
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.test import Client

from audit.models import AuditRow
from members.sign_in.second_factor import EncryptedSecretsAdapter
from miniatures_site.settings import sso
from review.states import Role
from tests.review.factories import join, make_task

PASSWORD = "correct horse battery"


def code_of(secret: str, *, steps: int = 0) -> str:
    """Return the code of now, or of so many half minutes later."""
    return totp.format_hotp_value(totp.hotp_value(secret, int(time.time()) // 30 + steps))


def set_up(client: Client) -> str:
    """Turn the app on by its page, as a person does; returns the secret."""
    address = "/accounts/2fa/totp/activate/"
    client.post(f"/accounts/reauthenticate/?next={address}", {"password": PASSWORD})
    secret = client.get(address).context["form"].secret
    assert client.post(address, {"code": code_of(secret)}).status_code == 302
    return str(secret)


def test_signing_in_then_asks_for_a_code(reviewer, as_member):
    secret = set_up(as_member(reviewer))
    client = Client()

    first = client.post("/accounts/login/", {"login": "rob", "password": PASSWORD})

    assert first["Location"].startswith("/accounts/2fa/authenticate/")
    assert client.get("/settings/").status_code == 302
    assert client.post("/accounts/2fa/authenticate/", {"code": "000000"}).status_code == 200
    Authenticator.objects.filter(type="totp").update(last_used_at=None)
    from django.core.cache import cache

    cache.clear()  # the code was used once, a moment ago, to set the app up
    client.post("/accounts/2fa/authenticate/", {"code": code_of(secret)})
    assert client.get("/settings/").status_code == 200


@pytest.mark.parametrize(("steps", "opens"), [(1, True), (-2, False)])
def test_a_code_of_the_half_minute_beside_counts_and_no_older_one(reviewer, as_member, steps: int, opens: bool):
    secret = set_up(as_member(reviewer))
    client = Client()
    client.post("/accounts/login/", {"login": "rob", "password": PASSWORD})

    client.post("/accounts/2fa/authenticate/", {"code": code_of(secret, steps=steps)})

    assert (client.get("/settings/").status_code == 200) == opens


def test_a_recovery_code_opens_once(reviewer, as_member):
    set_up(as_member(reviewer))
    codes = Authenticator.objects.get(type="recovery_codes").wrap().get_unused_codes()

    def opens() -> bool:
        client = Client()
        client.post("/accounts/login/", {"login": "rob", "password": PASSWORD})
        client.post("/accounts/2fa/authenticate/", {"code": codes[0]})
        return client.get("/settings/").status_code == 200

    assert opens()
    assert not opens()


def test_an_admin_takes_a_lost_app_away_and_its_member_sets_up_another(admin, reviewer, as_member):
    lost, helper, page = as_member(reviewer), as_member(admin), f"/settings/members/{reviewer.pk}/"
    set_up(lost)
    offered = "remove_second_factor" in helper.get(page).content.decode()

    for _ in range(2):
        helper.post(f"{page}change/", {"act": "remove_second_factor"})

    assert (offered, "remove_second_factor" in helper.get(page).content.decode()) == (True, False)
    assert not Authenticator.objects.exists()
    assert AuditRow.objects.get(act="second_factor_off").actor == str(admin.pk)
    assert lost.get("/settings/").status_code == 302
    client = Client()
    client.post("/accounts/login/", {"login": "rob", "password": PASSWORD})
    assert client.get("/settings/").status_code == 200
    set_up(client)


def test_the_only_admin_is_helped_by_one_that_the_shell_makes(admin, as_member, settings, monkeypatch):
    set_up(as_member(admin))
    settings.SECRET_KEY = "y" * 60
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)
    call_command("createsuperuser", interactive=False, username="eve", email="", verbosity=0)
    helper = Client()
    helper.post("/accounts/login/", {"login": "eve", "password": PASSWORD})

    helper.post(f"/settings/members/{admin.pk}/change/", {"act": "remove_second_factor"})

    client = Client()
    client.post("/accounts/login/", {"login": "ada", "password": PASSWORD})
    assert client.get("/settings/members/").status_code == 200


def test_secrets_are_kept_encrypted_and_the_trail_has_none(reviewer, as_member, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        secret = set_up(as_member(reviewer))

    stored = str(list(Authenticator.objects.values_list("data", flat=True)))

    assert secret not in stored
    assert stored.count("f1:") == 2
    acts = set(AuditRow.objects.values_list("act", flat=True))
    assert {"second_factor_on", "recovery_codes_made"} <= acts
    assert secret not in str(list(AuditRow.objects.values()))


def test_a_secret_from_before_sealing_still_works_and_one_of_another_key_is_nobodys(settings):
    adapter = EncryptedSecretsAdapter()
    sealed = adapter.encrypt("JBSWY3DP")

    assert adapter.decrypt("JBSWY3DP") == adapter.decrypt(sealed) == "JBSWY3DP"
    settings.SECRET_KEY = "y" * 60
    # No secret is the worst of them: everybody can compute its codes.
    one, other = adapter.decrypt(sealed), adapter.decrypt(sealed)
    assert "" not in (one, other)
    assert len({one, other, "JBSWY3DP"}) == 3


def test_after_a_change_of_the_key_no_code_of_an_empty_secret_opens(reviewer, as_member, settings):
    set_up(as_member(reviewer))
    settings.SECRET_KEY = "y" * 60
    without_secret = RecoveryCodes(Authenticator(data={"seed": "", "used_mask": 0}))

    for code in (code_of(""), without_secret.generate_codes()[0]):
        client = Client()
        client.post("/accounts/login/", {"login": "rob", "password": PASSWORD})
        answer = client.post("/accounts/2fa/authenticate/", {"code": code})
        assert answer.status_code == 200
        assert client.get("/settings/").status_code == 302


def test_an_old_key_kept_as_fallback_still_opens(settings):
    adapter = EncryptedSecretsAdapter()
    sealed = adapter.encrypt("JBSWY3DP")

    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "y" * 60, [settings.SECRET_KEY]

    assert adapter.decrypt(sealed) == "JBSWY3DP"


@pytest.mark.parametrize(
    ("groups", "asked"),
    [
        ([], ""),
        (["admins"], "ada"),
        (["leads"], "ada lea"),
        (["admins", "leads"], "ada lea"),
        (["everyone"], "ada lea rob"),
    ],
)
def test_it_is_required_of_whom_the_installation_says(admin, reviewer, make_member, as_member, settings, groups, asked):
    lead = make_member("lea")
    task = make_task(by=admin)
    join(lead, task, Role.LEAD)
    join(reviewer, task)
    settings.REQUIRE_MFA_FOR = groups

    sent = {
        member.username
        for member in (admin, lead, reviewer)
        if as_member(member).get("/settings/tokens/").get("Location", "") == "/accounts/2fa/totp/activate/"
    }

    assert sent == set(asked.split())


def test_setting_it_up_is_reached_and_opens_the_rest(admin, as_member, settings):
    settings.REQUIRE_MFA_FOR = ["admins"]
    client = as_member(admin)
    refused = client.get("/api/v1/members/me/")

    set_up(client)

    assert (refused.status_code, refused.json()["code"]) == (403, "second_factor_required")
    assert client.get("/settings/members/").status_code == 200
    assert client.get("/api/v1/members/me/").status_code == 200


def test_programs_go_on_with_their_tokens(admin, api_as, settings):
    settings.REQUIRE_MFA_FOR = ["everyone"]

    assert api_as(admin).get("/api/v1/members/me/").status_code == 200


def test_a_group_there_is_none_of_is_said_at_start(monkeypatch):
    monkeypatch.setenv("REQUIRE_MFA_FOR", "admin")

    with pytest.raises(ImproperlyConfigured, match="admins, leads or everyone"):
        sso.required_of()
