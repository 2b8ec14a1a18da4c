"""The local mailbox: keeps what comes, and lets one answer as a reader by the way real mail takes."""

from __future__ import annotations

import html
import re
import time

import pytest

from campaigns.models import Event, Message, Reply, Suppression
from campaigns.replies import webhook_signatures
from campaigns.states import EventKind
from demo.mail_sink import server
from demo.mail_sink.mail_folder import MailFolder
from demo.mail_sink.webhook import Webhook
from tests.jobs.conftest import wait_for
from tests.review.factories import join


def keep(mailbox, number, to="ada@acme.example"):
    raw = (
        f"From: Nora <nora@sender.example>\r\nTo: {to}\r\nSubject: Number {number}\r\nMessage-ID: "
        f"<{number}@x>\r\n\r\nHi"
    )
    return mailbox.keep(raw.encode(), sender="bounces@sender.example", recipients=[to])


def test_mails_are_kept_newest_first_and_found_again(tmp_path):
    mailbox = MailFolder(tmp_path / "mailbox")
    names = [keep(mailbox, number, to=f"reader-{number % 2}@acme.example") for number in range(5)]

    newest = list(mailbox.newest())

    assert [kept.subject for kept in newest] == [f"Number {number}" for number in (4, 3, 2, 1, 0)]
    assert [kept.name for kept in mailbox.newest(before=names[2])] == [names[1], names[0]]
    assert {kept.to for kept in mailbox.newest(query="READER-1")} == {"reader-1@acme.example"}
    assert mailbox.of_message_id("3@x") == names[3]
    assert mailbox.read(names[0]).startswith(b"Return-Path: <bounces@sender.example>\r\n")


@pytest.mark.parametrize("name", ["../../etc/passwd", "", "x", "1" * 20 + "-" + "g" * 16])
def test_only_names_of_mails_are_read(tmp_path, name):
    assert MailFolder(tmp_path).read(name) is None


def test_the_mailbox_stays_small(tmp_path):
    mailbox = MailFolder(tmp_path / "mailbox", most=150)
    for number in range(400):
        keep(mailbox, number)

    kept = [each.subject for each in mailbox.newest()]

    assert kept == [f"Number {number}" for number in range(399, 249, -1)]


@pytest.mark.django_db(transaction=True)
class TestThePage:
    @pytest.fixture
    def site(self, live_server, settings, tmp_path):
        """The site, a sink that hands answers on to its webhook, and mails sent through both."""
        settings.EMAIL_BACKEND = "campaigns.sending.smtp_backend.EmailBackend"
        settings.MAILBOX_DIR, settings.SITE_URL = tmp_path / "mailbox", live_server.url
        webhook = Webhook(f"{live_server.url}/api/v1/inbound/miniatures/", webhook_signatures.key())
        with server.running(settings.MAILBOX_DIR, webhook) as (host, port):
            settings.EMAIL_HOST, settings.EMAIL_PORT = host, port
            yield live_server

    @pytest.fixture
    def page(self, site, admin, as_member, mail, campaign, send):
        """The page of a mail that has come, as an admin sees it."""
        send(campaign)
        client = as_member(admin)
        path = re.search(r'href="(/mailbox/[\d]+-[\da-f]+/)"', client.get("/mailbox/").content.decode())[1]
        return client, path

    def test_it_lists_and_shows_mails(self, page, mail):
        client, path = page
        mail.refresh_from_db()

        shown = html.unescape(client.get(path).content.decode())

        assert "A question for Company 0" in client.get("/mailbox/").content.decode()
        assert mail.message_id in shown
        assert "List-Unsubscribe-Post" in shown
        assert f"/campaigns/first/mails/{mail.pk}/" in shown
        assert client.get("/mailbox/?q=nobody").content.decode().count("No mail has") == 1

    def test_a_reply_comes_back_through_the_sink_and_the_webhook(self, page):
        client, path = page

        client.post(f"{path}answer/", {"verb": "reply", "text": "Sounds interesting, call me on Friday."})

        reply = wait_for(lambda: Reply.objects.first(), 60)
        assert (reply.text, reply.meaning) == ("Sounds interesting, call me on Friday.", "other")

    @pytest.mark.parametrize(
        ("verb", "kind"),
        [
            ("absence", EventKind.AUTO_REPLIED),
            ("bounce", EventKind.BOUNCED),
            ("complaint", EventKind.COMPLAINED),
        ],
    )
    def test_so_does_everything_else_that_comes_back(self, page, verb, kind):
        client, path = page

        client.post(f"{path}answer/", {"verb": verb})

        wait_for(lambda: Event.objects.filter(kind=kind).exists(), 60)
        assert Suppression.objects.exists() is (verb != "absence")

    def test_its_links_are_the_real_ones(self, page, client, settings, mail):
        _, path = page
        shown = html.unescape(page[0].get(path).content.decode())
        settings.CLICK_TOO_SOON_S = 0
        click = re.search(r'href="http://[^/"]+(/t/c/[a-z2-7]+)"', shown)[1]
        leave = re.search(r'href="http://[^/"]+(/u/[a-z2-7]+)"', shown)[1]

        response = client.get(click, headers={"User-Agent": "Mozilla/5.0 Firefox/128.0"})
        client.post(leave)

        assert response["Location"] == "https://offer.example/demo?from=mail"
        assert set(Event.objects.filter(message=mail).values_list("kind", flat=True)) == {
            "sent", "clicked", "unsubscribed",
        }  # fmt: skip

    @pytest.mark.slow
    def test_an_answer_without_words_or_sense_is_refused_in_words(self, page):
        client, path = page

        empty = client.post(f"{path}answer/", {"verb": "reply", "text": " "}, follow=True)
        unknown = client.post(f"{path}answer/", {"verb": "explode"}, follow=True)

        assert "needs words" in empty.content.decode()
        assert "Choose what comes back" in unknown.content.decode()
        time.sleep(0.2)
        assert not Reply.objects.exists()


@pytest.mark.django_db
def test_there_is_a_mailbox_only_where_there_is_a_sink(task, make_member, as_member, settings):
    lead = make_member("lea")
    join(lead, task, role="lead")

    assert as_member(lead).get("/mailbox/").status_code == 200
    assert as_member(lead).get("/mailbox/00000000000000000000-0000000000000000/").status_code == 404
    settings.MAILBOX_DIR = None
    assert as_member(lead).get("/mailbox/").status_code == 404
    assert Message.objects.count() == 0
