"""A member's own e-mail address: set by themselves, and confirmed by a mailed link where there is mail."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core import mail
from django.core.cache import cache
from django.test import Client

from audit.models import AuditRow
from members.models import Member

URL = "/settings/"


@pytest.fixture(autouse=True)
def quiet(settings: Any) -> None:
    settings.INVITATIONS_BY_MAIL = False
    settings.SOCIALACCOUNT_PROVIDERS = {}
    cache.clear()


def give(client: Client, email: str) -> Any:
    return client.post(URL, {"do": "address", "email": email})


def test_without_a_mail_server_a_member_sets_and_removes_their_own_address(reviewer: Member, as_member: Any) -> None:
    client = as_member(reviewer)

    set_ = give(client, "rob@example.com")
    page = client.get(URL).content.decode()
    give(client, "")

    reviewer.refresh_from_db()
    assert (set_.status_code, reviewer.email) == (302, "")
    assert 'value="rob@example.com"' in page
    assert AuditRow.objects.filter(act="address_changed", subject_id=str(reviewer.pk)).count() == 2
    assert "example.com" not in str(list(AuditRow.objects.values()))


def test_where_mail_is_sent_the_address_counts_once_its_link_was_opened_and_pressed(
    reviewer: Member, as_member: Any, settings: Any
) -> None:
    settings.INVITATIONS_BY_MAIL = True
    client = as_member(reviewer)

    give(client, "rob@example.com")
    (link,) = re.findall(r"http\S+", str(mail.outbox[0].body))
    asked = client.get(link[link.index(URL) :]).content.decode()
    reviewer.refresh_from_db()
    before = reviewer.email
    (token,) = re.findall(r'name="token" value="([^"]+)"', asked)
    client.post(URL, {"do": "confirm", "token": token})

    reviewer.refresh_from_db()
    assert (mail.outbox[0].to, before, reviewer.email) == (["rob@example.com"], "", "rob@example.com")
    again = client.post(URL, {"do": "confirm", "token": token})
    assert (again.status_code, "is no longer valid" in again.content.decode()) == (422, True)


def test_a_link_is_of_one_member_and_mails_go_out_a_minute_apart(
    reviewer: Member, admin: Member, as_member: Any, settings: Any
) -> None:
    settings.INVITATIONS_BY_MAIL = True
    client = as_member(reviewer)

    give(client, "rob@example.com")
    soon = give(client, "victim@example.com")
    (link,) = re.findall(r"http\S+", str(mail.outbox[0].body))
    theirs = as_member(admin).get(link[link.index(URL) :]).content.decode()

    assert (soon.status_code, len(mail.outbox)) == (429, 1)
    assert 'name="token"' not in theirs
    assert "is no longer valid" in theirs


def test_another_s_address_is_refused_and_so_is_one_nobody_confirmed_where_addresses_sign_in(
    reviewer: Member, admin: Member, as_member: Any, settings: Any
) -> None:
    Member.objects.filter(pk=admin.pk).update(email="ada@example.com")
    client = as_member(reviewer)

    taken = give(client, "ADA@example.com")
    broken = give(client, "no address")
    settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {}}
    unconfirmed = give(client, "rob@example.com")

    reviewer.refresh_from_db()
    assert (taken.status_code, broken.status_code, unconfirmed.status_code) == (409, 422, 409)
    assert "Another member has this address." in taken.content.decode()
    assert reviewer.email == ""
