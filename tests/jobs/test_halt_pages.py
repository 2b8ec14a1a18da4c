"""The switch on pages and by the API: an admin presses it, everybody reads who did, when and why."""

from __future__ import annotations

import pytest
from django.urls import reverse

from audit.models import AuditRow
from jobs.scheduling import halt

pytestmark = pytest.mark.django_db


def test_an_admin_stops_on_the_page_and_every_page_says_who_when_and_why(client, admin, outsider):
    client.force_login(admin)
    client.post(reverse("jobs:halt"), {"verb": "halt", "reason": "a <b>wrong</b> price"})

    client.force_login(outsider)
    since = halt.current_halt().since
    for name in ("home", "jobs:list", "members:profile"):
        page = client.get(reverse(name)).content.decode()
        assert "All outgoing traffic is stopped." in page, name
        assert f"{admin.name} stopped mails" in page
        assert "a &lt;b&gt;wrong&lt;/b&gt; price" in page
        assert f'datetime="{since.isoformat()[:16]}' in page
    assert AuditRow.objects.filter(act="halted", actor=str(admin.pk)).count() == 1


def test_pages_say_nothing_while_things_leave(client, admin):
    client.force_login(admin)
    client.post(reverse("jobs:halt"), {"verb": "halt"})
    client.post(reverse("jobs:halt"), {"verb": "resume"})
    client.get(reverse("jobs:halt"))

    page = client.get(reverse("jobs:list")).content.decode()

    assert "All outgoing traffic is stopped" not in page
    assert halt.current_halt() is None


def test_visitors_are_not_told(client, admin):
    halt.halt(by=admin, reason="a leak")

    page = client.get(reverse("account_login")).content.decode()

    assert "a leak" not in page


def test_a_reason_too_long_is_told_beside_the_field_and_kept(client, admin):
    client.force_login(admin)

    answer = client.post(reverse("jobs:halt"), {"verb": "halt", "reason": "x" * 201})

    assert answer.status_code == 422
    assert "It has 201 characters; 200 are kept." in answer.content.decode()
    assert 'value="' + "x" * 201 in answer.content.decode()


def test_programs_read_stop_and_resume(client, admin, outsider):
    address = reverse("api-halt")
    client.force_login(outsider)
    assert client.get(address).json() == {"halted": False, "since": None, "by": "", "reason": ""}
    assert client.post(address, {"halted": True}, content_type="application/json").status_code == 403

    client.force_login(admin)
    stopped = client.post(address, {"halted": True, "reason": "a leak"}, content_type="application/json").json()

    assert (stopped["halted"], stopped["by"], stopped["reason"]) == (True, admin.name, "a leak")
    assert stopped["since"].startswith(halt.current_halt().since.isoformat()[:19])
    assert client.post(address, {"halted": True}, content_type="application/json").json() == stopped
    assert client.post(address, {"halted": False}, content_type="application/json").json()["halted"] is False


@pytest.mark.parametrize(
    ("body", "field", "status"),
    [
        ({}, "halted", 400),
        ({"halted": "perhaps"}, "halted", 400),
        ({"halted": True, "reason": "x" * 201}, "reason", 422),
    ],
)
def test_a_body_that_says_nothing_is_refused_by_field(client, admin, body, field, status):
    client.force_login(admin)

    answer = client.post(reverse("api-halt"), body, content_type="application/json")

    assert answer.status_code == status
    assert list(answer.json()["errors"]) == [field]
    assert halt.current_halt() is None
