"""The demo's mailbox shows a lead the mails of the tasks they lead, and nobody else's."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from demo.mail_sink.mail_folder import MailFolder
from members.models import Member
from review.models import Membership
from review.states import Role
from tests.campaigns import factories
from tests.review import factories as desk

pytestmark = pytest.mark.django_db


def keep_mail(folder: MailFolder, message_id: str, subject: str) -> str:
    raw = f"Message-ID: <{message_id}>\r\nSubject: {subject}\r\n\r\nHello\r\n"
    return folder.keep(raw.encode(), sender="nora@sender.example", recipients=["ada@acme.example"])


@pytest.fixture
def kept(settings: Any, tmp_path: Path, admin: Member) -> dict[str, str]:
    """Names of three kept mails: of the task `mine`, of the task `theirs`, and of none."""
    settings.MAILBOX_DIR = tmp_path / "mailbox"
    folder = MailFolder(settings.MAILBOX_DIR)
    for slug in ("mine", "theirs"):
        task = desk.make_task(by=admin, slug=slug)
        campaign = factories.make_plain_campaign(task, slug=slug)
        factories.make_mail(campaign, factories.make_contact(task), message_id=f"{slug}@sender.example")
    return {slug: keep_mail(folder, f"{slug}@sender.example", f"About {slug}") for slug in ("mine", "theirs", "none")}


@pytest.fixture
def lead(make_member: Callable[..., Member], kept: dict[str, str]) -> Member:
    """Leads the task `mine`, and may look into `theirs`."""
    member = make_member("lea")
    for slug, role in (("mine", Role.LEAD), ("theirs", Role.VIEWER)):
        task = factories.Campaign.objects.get(slug=slug).task
        Membership.objects.create(member=member, task=task, role=role)
    return member


def test_a_lead_sees_the_mails_of_the_tasks_they_lead(
    lead: Member, kept: dict[str, str], as_member: Callable[[Member], Client]
) -> None:
    client = as_member(lead)

    page = client.get("/mailbox/").content.decode()

    assert "About mine" in page
    assert "About theirs" not in page
    assert "About none" not in page
    assert {slug: client.get(f"/mailbox/{name}/").status_code for slug, name in kept.items()} == {
        "mine": 200,
        "theirs": 404,
        "none": 404,
    }
    assert client.post(f"/mailbox/{kept['theirs']}/answer/", {"verb": "reply", "text": "x"}).status_code == 404


def test_an_admin_sees_every_mail(admin: Member, kept: dict[str, str], as_member: Callable[[Member], Client]) -> None:
    client = as_member(admin)

    page = client.get("/mailbox/").content.decode()

    assert all(f"About {slug}" in page for slug in kept)
    assert all(client.get(f"/mailbox/{name}/").status_code == 200 for name in kept.values())
