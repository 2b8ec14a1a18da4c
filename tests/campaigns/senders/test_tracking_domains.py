"""A sender's own name for links: shown by DNS, borne by what its mails lead to, and open to nothing else."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from campaigns.compose import message as compose_message
from campaigns.models import Campaign, Message, SenderIdentity, Suppression
from campaigns.senders import check_domain, edit, tracking_domains
from campaigns.senders.edit import NewSender
from campaigns.tracking.hosts import tracking_hosts
from members.models import Member
from review.models import Task
from tests.campaigns import factories
from tests.campaigns.dns_server import FAILS, dns_server
from tests.review.factories import make_task

pytestmark = pytest.mark.django_db
SITE, OWN = "app.ours.com", "links.acme.com"


@pytest.fixture(autouse=True)
def site(settings) -> None:
    settings.SITE_URL = f"https://{SITE}"
    settings.ALLOWED_HOSTS = [SITE, "testserver"]


@pytest.fixture
def task(admin: Member) -> Task:
    return make_task(by=admin)


@pytest.fixture
def sender() -> SenderIdentity:
    return factories.make_sender(from_address="nora@acme.com", reply_address="in@acme.com", tracking_domain=OWN)


@pytest.fixture
def campaign(task: Task, sender: SenderIdentity) -> Campaign:
    return factories.make_sending_campaign(task, sender=sender)


def checked(sender: SenderIdentity, records: dict[str, Any], admin: Member, settings: Any) -> dict[str, Any]:
    """The finding about the tracking domain."""
    with dns_server({"acme.com TXT": ['"v=spf1 -all"'], **records}) as server:
        settings.DNS_SERVER = server.address
        check_domain.check(sender, by=admin)
    [found] = [each for each in sender.domain_checks if each["check"] == tracking_domains.CHECK]
    return found


@pytest.mark.parametrize(
    ("records", "state", "verified"),
    [
        ({f"{OWN} A": ["203.0.113.7"], f"{SITE} A": ["203.0.113.7", "203.0.113.8"]}, "ok", True),
        ({f"{OWN} AAAA": ["2001:db8::1"], f"{SITE} AAAA": ["2001:db8::1"]}, "ok", True),
        ({f"{OWN} A": ["203.0.113.9"], f"{SITE} A": ["203.0.113.7"]}, "error", False),
        ({f"{SITE} A": ["203.0.113.7"]}, "missing", False),
        ({f"{OWN} A": FAILS, f"{SITE} A": ["203.0.113.7"]}, "unknown", False),
    ],
)
def test_a_name_counts_where_it_leads_to_this_site(
    sender: SenderIdentity, admin: Member, settings: Any, records: dict[str, Any], state: str, verified: bool
) -> None:
    found = checked(sender, records, admin, settings)

    assert found["state"] == state
    assert (sender.tracking_verified_at is not None) == verified
    if state in ("error", "missing"):
        assert found["add"] == f"{OWN} CNAME {SITE}"


def test_what_dns_said_last_stands_while_it_does_not_answer(
    sender: SenderIdentity, admin: Member, settings: Any
) -> None:
    SenderIdentity.objects.update(tracking_verified_at=timezone.now())
    sender.refresh_from_db()

    assert checked(sender, {f"{OWN} A": FAILS}, admin, settings)["state"] == "unknown"
    assert sender.tracking_verified_at is not None
    checked(sender, {f"{SITE} A": ["203.0.113.7"]}, admin, settings)
    assert sender.tracking_verified_at is None


def hosts_in(campaign: Campaign, address: str) -> set[str]:
    """Whatever a mail to an address leads to, by host."""
    contact = factories.make_contact(campaign.task, address, may_track_opens=True)
    made = factories.make_mail(campaign, contact)
    mail = Message.objects.select_related("contact", "step", "draft", "sender", "campaign__sender").get(pk=made.pk)
    outgoing = compose_message.compose(mail, links=compose_message.links_of(campaign)).mail
    html = str(outgoing.alternatives[0].content)
    assert "/t/o/" in html and "/t/c/" in html
    texts = [outgoing.extra_headers["List-Unsubscribe"], str(outgoing.body), html]
    return {part.split("/")[0] for text in texts for part in text.split("https://")[1:]}


def test_links_pictures_and_unsubscribing_bear_a_verified_name_alone(campaign: Campaign) -> None:
    Campaign.objects.update(tracks_opens=True)

    assert hosts_in(campaign, "ada@bolt.example") == {SITE}
    SenderIdentity.objects.update(tracking_verified_at=timezone.now())
    assert hosts_in(campaign, "bob@bolt.example") == {OWN}


@pytest.fixture
def under_own(campaign: Campaign) -> Client:
    """Requests under the verified name."""
    SenderIdentity.objects.update(tracking_verified_at=timezone.now())
    return Client(headers={"host": OWN})


@pytest.mark.parametrize(
    "path", ["/", "/accounts/login/", "/api/v1/", "/healthz", "/tasks/", "/v1/models", "/t/", "/ux/a"]
)
def test_nothing_else_of_the_site_is_there(under_own: Client, path: str) -> None:
    answer = under_own.get(path)

    assert (answer.status_code, answer.content) == (404, b"There is nothing here.")
    assert not answer.cookies


def test_who_clicks_reads_and_leaves_is_heard_without_a_cookie(campaign: Campaign, under_own: Client) -> None:
    link = campaign.links.get()
    contact = factories.make_contact(campaign.task, "ada@bolt.example")
    mail = factories.make_mail(campaign, contact, state="sent", sent_at=timezone.now())
    host, sender = f"https://{OWN}", SenderIdentity.objects.get(slug="nora")

    clicked = under_own.get(compose_message.click_url(mail.pk, link.pk, sender).removeprefix(host))
    page = under_own.get(compose_message.unsubscribe_url(mail.pk, sender).removeprefix(host))

    assert (clicked.status_code, clicked["Location"]) == (302, link.url)
    assert page.status_code == 200
    assert not clicked.cookies and not page.cookies


@pytest.mark.parametrize(
    "change",
    [
        {"tracking_verified_at": None},
        {"tracking_domain": "", "tracking_verified_at": None},
        {"tracking_domain": "go.acme.com"},
    ],
)
def test_a_mail_that_has_gone_can_be_left_under_a_name_that_no_longer_counts(
    campaign: Campaign, under_own: Client, change: dict[str, Any]
) -> None:
    contact = factories.make_contact(campaign.task, "ada@bolt.example")
    mail = factories.make_mail(campaign, contact, state="sent", sent_at=timezone.now())
    sender = SenderIdentity.objects.get(slug="nora")
    address = compose_message.unsubscribe_url(mail.pk, sender).removeprefix(f"https://{OWN}")
    SenderIdentity.objects.update(**change)

    answer = under_own.post(address, {"List-Unsubscribe": "One-Click"})

    assert (answer.status_code, list(answer.cookies)) == (200, [])
    assert Suppression.objects.count() == 1


@pytest.mark.parametrize(
    ("field", "value", "is_verified"),
    [("dkim_selector", "s2", True), ("from_address", "ada@acme.com", True), ("tracking_domain", "go.acme.com", False)],
)
def test_a_verified_name_counts_until_it_is_changed_itself(
    sender: SenderIdentity, admin: Member, field: str, value: str, is_verified: bool
) -> None:
    SenderIdentity.objects.update(tracking_verified_at=timezone.now(), domain_checks=[])
    sender.refresh_from_db()
    values = {name.name: getattr(sender, name.name) for name in fields(NewSender)}

    edit.change(sender, NewSender(**{**values, field: value}), by=admin)

    sender.refresh_from_db()
    assert (sender.tracking_verified_at is not None) == is_verified
    assert sender.domain_checks is None


@pytest.mark.parametrize(("path", "status"), [("/", 400), ("/tasks/", 400), ("/u/x", 404)])
def test_a_name_that_is_not_verified_is_no_name_of_this_site(campaign: Campaign, path: str, status: int) -> None:
    assert Client(headers={"host": OWN}).get(path).status_code == status


def test_this_site_itself_is_never_looked_up(django_assert_num_queries: Any) -> None:
    middleware = tracking_hosts(lambda request: request)  # type: ignore[arg-type, return-value]
    request = type("Request", (), {"META": {"HTTP_HOST": f"{SITE}:443"}, "path": "/"})()

    with django_assert_num_queries(0):
        assert middleware(request) is request
