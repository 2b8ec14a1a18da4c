"""The check of a sender's domain by page and API, what it keeps, and what it says beside a launch."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from campaigns.models import SenderIdentity
from campaigns.planning import launch_checks
from campaigns.senders import check_domain, edit
from campaigns.senders.edit import NewSender
from campaigns.states import CampaignState
from members.models import Member
from review.models import Task
from review.states import Role
from tests.campaigns.dns_server import SILENT, DnsServer, dns_server
from tests.campaigns.factories import make_plain_campaign, make_sender
from tests.review.factories import join, make_task
from web.errors import Refusal

pytestmark = pytest.mark.django_db
PAGE = "/tasks/outreach/senders/nora/"


@pytest.fixture
def task(admin: Member) -> Task:
    return make_task(by=admin)


@pytest.fixture
def server(settings: Any) -> Iterator[DnsServer]:
    with dns_server({"acme.com TXT": ['"v=spf1 +all <b>"'], "acme.com MX": ["10 mx.acme.com."]}) as server:
        settings.DNS_SERVER = server.address
        yield server


@pytest.fixture
def sender(task: Task) -> SenderIdentity:
    return make_sender(from_address="nora@acme.com", reply_address="in@acme.com")


def test_a_lead_checks_the_domain_and_the_page_explains_what_was_found(
    task: Task, sender: SenderIdentity, server: DnsServer, make_member: Callable[..., Member], as_member: Any
) -> None:
    lead = make_member("lena")
    join(lead, task, Role.LEAD)
    client: Client = as_member(lead)

    before = client.get(PAGE).content.decode()
    answer = client.post(f"{PAGE}check-domain/")
    after = client.get(PAGE).content.decode()

    assert "Check the domain" in before and "Not checked since" in before
    assert (answer.status_code, answer["Location"]) == (302, f"{PAGE}#domain-h")
    assert "v=spf1 +all &lt;b&gt;" in after and "any server in the world" in after
    assert "_dmarc.acme.com TXT &quot;v=DMARC1; p=none; rua=mailto:REPORTS@acme.com&quot;" in after


def test_the_api_checks_and_tells(
    task: Task, sender: SenderIdentity, server: DnsServer, admin: Member, api_as: Callable[..., APIClient]
) -> None:
    api = api_as(admin)

    before = api.get("/api/v1/senders/nora/").json()
    after = api.post("/api/v1/senders/nora/check-domain/").json()

    assert (before["domain_checks"], before["domain_checked_at"], before["dkim_selector"]) == (None, None, "")
    assert {found["check"]: found["state"] for found in after["domain_checks"]} == {
        "SPF": "warning", "DKIM": "unknown", "DMARC": "missing", "MX": "ok",
    }  # fmt: skip
    assert after == api.get("/api/v1/senders/nora/").json()
    assert api.post("/api/v1/senders/nobody/check-domain/").status_code == 404


def test_a_server_that_does_not_answer_leaves_everything_unknown(
    sender: SenderIdentity, server: DnsServer, admin: Member
) -> None:
    server.records.update({"acme.com TXT": SILENT, "acme.com MX": SILENT, "_dmarc.acme.com TXT": SILENT})

    checked = check_domain.check(sender, by=admin, question_s=0.05, total_s=0.2)

    assert {found["state"] for found in checked.domain_checks} == {"unknown"}
    assert check_domain.warnings_of(checked) == []


def test_findings_fall_away_when_what_they_rest_on_changes(
    sender: SenderIdentity, server: DnsServer, admin: Member
) -> None:
    check_domain.check(sender, by=admin)
    held = NewSender("Nora", "Nora Lind", "nora@acme.com", "in@acme.com", "1 Quay Street")

    edit.change(sender, held, by=admin)
    sender.refresh_from_db()
    kept = sender.domain_checks
    edit.change(sender, NewSender(**{**vars(held), "dkim_selector": "s1"}), by=admin)
    sender.refresh_from_db()

    assert kept is not None
    assert (sender.dkim_selector, sender.domain_checks, sender.domain_checked_at) == ("s1", None, None)


def test_findings_of_an_address_that_was_changed_meanwhile_are_dropped(
    sender: SenderIdentity, server: DnsServer, admin: Member
) -> None:
    SenderIdentity.objects.filter(pk=sender.pk).update(from_address="nora@other.com")

    checked = check_domain.check(sender, by=admin)

    assert (checked.from_address, checked.domain_checks) == ("nora@other.com", None)


@pytest.mark.parametrize("selector", ["s 1", "s1..a", "s1.", "ü", "a" * 64, "a." * 50 + "a"])
def test_a_selector_that_is_no_name_is_refused(selector: str, admin: Member) -> None:
    with pytest.raises(Refusal) as refused:
        edit.create(NewSender("N", "N", "n@acme.com", "r@acme.com", "", selector), by=admin)

    assert "dkim_selector" in refused.value.errors


@pytest.mark.slow
def test_a_launch_is_warned_and_not_kept_back(
    task: Task, sender: SenderIdentity, server: DnsServer, admin: Member, as_member: Any
) -> None:
    campaign = make_plain_campaign(task, sender=sender, state=CampaignState.PLANNED)
    problems = launch_checks.launch_problems(campaign)
    unchecked = as_member(admin).get("/campaigns/first/").content.decode()

    check_domain.check(sender, by=admin)
    campaign.refresh_from_db()
    page, dry = (as_member(admin).get(f"/campaigns/first/{part}").content.decode() for part in ("", "dry-run/"))

    assert "The domain of Nora was not checked." in unchecked
    assert "SPF of acme.com: It ends in +all" in page and "SPF of acme.com: It ends in +all" in dry
    assert "DMARC of _dmarc.acme.com" in page and "MX of acme.com" not in page
    assert launch_checks.launch_problems(campaign) == problems


def test_a_warning_leads_to_the_sender_that_it_is_about(task: Task, sender: SenderIdentity, admin: Member) -> None:
    campaign = make_plain_campaign(task, sender=make_sender(slug="safe"), state=CampaignState.PLANNED)
    campaign.further_senders.create(sender=sender, position=1)

    assert {warning.sender for warning in launch_checks.launch_warnings(campaign)} == {sender.slug}


def test_a_demo_domain_gives_no_warning(task: Task, admin: Member) -> None:
    sender = make_sender()

    assert check_domain.warnings_of(sender) == []
    assert check_domain.warnings_of(check_domain.check(sender, by=admin)) == []
