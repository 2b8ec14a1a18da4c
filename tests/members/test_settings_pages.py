"""Settings pages: what a member sees, changes, and may not reach."""

from __future__ import annotations

import pytest

from members.models import ApiToken, Member


def test_the_theme_is_in_the_page_itself_so_nothing_flashes(reviewer, as_member):
    client = as_member(reviewer)

    client.post("/settings/", {"display_name": "Rob", "theme": "dark", "density": "compact", "shortcuts": "off"})

    page = client.get("/settings/").content.decode()
    assert '<html lang="en" data-theme="dark" data-density="compact">' in page
    assert 'data-shortcuts="off"' in page


def test_the_sign_in_page_keeps_the_theme_of_this_browser(reviewer, as_member):
    client = as_member(reviewer)
    client.post("/settings/", {"display_name": "", "theme": "dark", "density": "regular", "shortcuts": "on"})

    client.post("/accounts/logout/")

    assert 'data-theme="dark"' in client.get("/accounts/login/").content.decode()


def test_a_bad_theme_cookie_changes_nothing(client, db):
    client.cookies["theme"] = '"><script>'

    page = client.get("/accounts/login/").content.decode()

    assert 'data-theme="system"' in page


@pytest.mark.slow
def test_a_token_is_shown_once(reviewer, as_member):
    client = as_member(reviewer)

    made = client.post("/settings/tokens/", {"name": "export", "scopes": ["read"], "days": "30"}).content.decode()

    row = ApiToken.objects.get()
    shown = made.split('<pre id="new-token">')[1].split("</pre>")[0]
    assert shown.startswith(row.token_key)
    assert shown not in client.get("/settings/tokens/").content.decode()


def test_a_form_with_mistakes_says_so_beside_the_field(reviewer, as_member):
    response = as_member(reviewer).post("/settings/tokens/", {"name": "x", "days": "30"})

    assert response.status_code == 422
    assert 'id="id_scopes_error"' in response.content.decode()


def test_a_member_revokes_their_own_token_only(admin, reviewer, as_member, api_as):
    api_as(admin)
    key = ApiToken.objects.get().token_key

    assert as_member(reviewer).post(f"/settings/tokens/{key}/revoke/").status_code == 404
    assert as_member(admin).post(f"/settings/tokens/{key}/revoke/").status_code == 302
    assert not ApiToken.objects.exists()


def test_an_admin_adds_a_member_and_sees_the_password_once(admin, as_member):
    client = as_member(admin)

    page = client.post("/settings/members/", {"username": "nora"}).content.decode()

    password = page.split('<pre id="new-password">')[1].split("</pre>")[0]
    assert Member.objects.get(username="nora").check_password(password)
    assert password not in client.get("/settings/members/").content.decode()


def test_a_taken_name_is_said_above_the_form(admin, as_member):
    response = as_member(admin).post("/settings/members/", {"username": "ada"})

    assert response.status_code == 422
    assert "There is a member &#x27;ada&#x27; already." in response.content.decode()


def test_the_members_page_costs_the_same_with_fifty_members(
    admin, make_member, as_member, django_assert_max_num_queries
):
    client = as_member(admin)
    for number in range(50):
        make_member(f"member-{number}")

    with django_assert_max_num_queries(8):
        page = client.get("/settings/members/").content.decode()

    assert "member-49" in page


def test_nobody_signs_up_and_lost_passwords_go_to_an_admin(client, db):
    for path in ("/accounts/signup/", "/accounts/password/reset/"):
        assert "Ask an admin" in client.get(path).content.decode()
        assert client.post(path, {"username": "eve", "email": "eve@example.com"}).status_code == 200

    assert not Member.objects.filter(username="eve").exists()


def test_the_authenticator_asks_for_the_password_again_and_then_shows_a_code_to_scan(reviewer, as_member):
    client, address = as_member(reviewer), "/accounts/2fa/totp/activate/"

    asked = client.get(address, follow=True)
    shown = client.post(
        asked.request["PATH_INFO"] + f"?next={address}", {"password": "correct horse battery"}, follow=True
    )

    assert asked.request["PATH_INFO"] == "/accounts/reauthenticate/"
    page = shown.content.decode()
    assert 'class="qr" src="data:image/svg+xml' in page
    assert 'class="rail"' in page
