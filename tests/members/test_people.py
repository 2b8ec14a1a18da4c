"""Members are added, changed and shut out by admins, and never by others."""

from __future__ import annotations

import re

import pytest
from django.core.exceptions import PermissionDenied

from members.accounts import manage
from members.models import Member
from review.desk import desk_keys
from web.errors import Refusal


def test_an_added_member_signs_in_with_the_temporary_password(admin, client):
    member, password = manage.create_member("nora", by=admin, display_name="Nora Lind")

    response = client.post("/accounts/login/", {"login": "nora", "password": password})

    assert response.status_code == 302
    assert client.session["_auth_user_id"] == str(member.pk)
    assert member.preferences[manage.TEMPORARY] is True


def test_a_given_password_is_not_called_temporary(db):
    member, password = manage.create_member("nora", by=None, password="chosen on purpose")

    assert password == "chosen on purpose"
    assert manage.TEMPORARY not in member.preferences


def test_changing_the_temporary_password_ends_the_reminder(admin, client):
    member, password = manage.create_member("nora", by=admin)
    client.post("/accounts/login/", {"login": "nora", "password": password})
    new = "a much better one 42"

    client.post("/accounts/password/change/", {"oldpassword": password, "password1": new, "password2": new})

    member.refresh_from_db()
    assert member.check_password(new)
    assert member.preferences[manage.TEMPORARY] is False


def test_a_name_that_is_taken_is_refused(admin):
    with pytest.raises(Refusal) as refused:
        manage.create_member("ada", by=admin)

    assert refused.value.code == "name_taken"
    assert refused.value.status == 409
    assert Member.objects.count() == 1


def test_an_address_that_another_member_has_is_refused(admin):
    manage.create_member("nora", by=admin, email="nora@acme.example")

    with pytest.raises(Refusal, match="Another member has this address"):
        manage.create_member("nora2", by=admin, email="Nora@Acme.example")


def test_a_name_with_spaces_is_refused_by_its_field(admin):
    with pytest.raises(Refusal) as refused:
        manage.create_member("no good", by=admin)

    assert "username" in refused.value.errors


@pytest.mark.parametrize(
    "act",
    [
        lambda target, by: manage.create_member("x", by=by),
        lambda target, by: manage.set_admin(target, is_admin=True, by=by),
        lambda target, by: manage.deactivate(target, by=by),
        lambda target, by: manage.reactivate(target, by=by),
        lambda target, by: manage.renew_password(target, by=by),
        lambda target, by: manage.remove_second_factor(target, by=by),
    ],
    ids=["add", "make admin", "deactivate", "reactivate", "renew password", "remove second factor"],
)
def test_only_an_admin_changes_members(admin, reviewer, act):
    with pytest.raises(PermissionDenied):
        act(admin, reviewer)

    assert Member.objects.filter(is_superuser=True, is_active=True).count() == 1


def test_the_last_admin_stays(admin):
    for leave in (
        lambda: manage.deactivate(admin, by=admin),
        lambda: manage.set_admin(admin, is_admin=False, by=admin),
    ):
        with pytest.raises(Refusal) as refused:
            leave()
        assert refused.value.code == "last_admin"

    admin.refresh_from_db()
    assert admin.is_admin


def test_one_of_two_admins_may_go(admin, reviewer):
    manage.set_admin(reviewer, is_admin=True, by=admin)

    manage.deactivate(admin, by=reviewer)

    assert list(Member.objects.filter(is_active=True, is_superuser=True)) == [reviewer]


def test_a_member_who_is_shut_out_loses_session_and_tokens(admin, reviewer, as_member, api_as):
    browser, program = as_member(reviewer), api_as(reviewer)
    assert browser.get("/settings/").status_code == 200

    manage.deactivate(reviewer, by=admin)

    assert browser.get("/settings/").status_code == 302
    response = program.get("/api/v1/members/me/")
    assert response.status_code == 401
    assert "disabled" in response.json()["title"]


def test_renewing_a_password_ends_the_old_one(admin, reviewer):
    given = manage.renew_password(reviewer, by=admin)

    reviewer.refresh_from_db()
    assert reviewer.check_password(given)
    assert reviewer.preferences[manage.TEMPORARY] is True


def test_a_new_password_is_shown_once_and_lies_in_no_cookie(admin, reviewer, as_member):
    browser = as_member(admin)

    page = browser.post(f"/settings/members/{reviewer.pk}/change/", {"act": "renew_password"})

    reviewer.refresh_from_db()
    [given] = [word for word in set(re.findall(r"[\w-]{12}", page.content.decode())) if reviewer.check_password(word)]
    kept = " ".join(morsel.value for morsel in browser.cookies.values())
    assert given not in kept
    assert "messages" not in browser.cookies
    assert given not in browser.get("/settings/members/").content.decode()
    assert "no-store" in page["Cache-Control"]


def test_an_unknown_theme_is_refused(reviewer):
    with pytest.raises(Refusal):
        manage.update_profile(reviewer, display_name="Rob", choices={"theme": "neon"})


def test_preferences_that_two_requests_change_at_once_both_stay(admin, reviewer):
    one, other, third = (Member.objects.get(pk=reviewer.pk) for _ in range(3))

    manage.renew_password(one, by=admin)
    manage.update_profile(other, display_name="Rob", choices={"theme": "dark"})
    desk_keys.save(third, keys={"accept": "q"}, on=False)

    reviewer.refresh_from_db()
    assert {**reviewer.preferences, "desk_keys": ...} == {
        manage.TEMPORARY: True, "theme": "dark", "desk_keys": ..., "shortcuts": "off"
    }  # fmt: skip
    assert third.preferences == reviewer.preferences


def test_preferences_of_other_pages_survive_a_change_of_theme(reviewer):
    manage.save_preferences(reviewer, preferences={"desk_keys": {"accept": "q"}})

    manage.update_profile(reviewer, display_name="Rob", choices={"theme": "dark"})

    reviewer.refresh_from_db()
    assert reviewer.preferences == {"desk_keys": {"accept": "q"}, "theme": "dark"}
