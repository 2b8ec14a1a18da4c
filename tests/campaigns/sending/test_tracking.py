"""Links of mails: on to the campaign's own link and nowhere else; leaving takes one POST and never a GET."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from campaigns.compose import link_tokens
from campaigns.compose import message as compose_message
from campaigns.compose.link_tokens import TokenPurpose
from campaigns.events import outcomes
from campaigns.models import Event, Link, Message, Suppression
from campaigns.privacy import export_and_erase
from campaigns.states import EventKind, MessageState, StopReason, SuppressionReason
from tests.campaigns import factories

pytestmark = pytest.mark.django_db
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"


@pytest.fixture
def sent(campaign, mail):
    Message.objects.update(state=MessageState.SENT, sent_at=timezone.now() - timedelta(hours=1))
    mail.refresh_from_db()
    return mail


@pytest.fixture
def link(campaign):
    return campaign.links.get()


@pytest.fixture
def visitor():
    """A browser of somebody who is not signed in, whose POSTs are checked as a browser's are."""
    return Client(enforce_csrf_checks=True, headers={"User-Agent": BROWSER})


def click_path(message, link):
    return "/t/c/" + link_tokens.sign(TokenPurpose.CLICK, message.pk, link.pk)


def leave_path(message):
    return "/u/" + link_tokens.sign(TokenPurpose.UNSUBSCRIBE, message.pk)


def test_a_click_leads_on_and_is_written_down(sent, link, visitor):
    response = visitor.get(click_path(sent, link))

    event = Event.objects.get()
    assert response.status_code == 302
    assert response["Location"] == "https://offer.example/demo?from=mail"
    assert (event.kind, event.is_machine, event.payload["link"]) == (EventKind.CLICKED, False, "demo")
    assert not response.cookies
    assert response["Referrer-Policy"] == "no-referrer"


URLS = {
    "https://ü.example:8443/przegląd?für=%20#ä": "https://xn--tda.example:8443/przegl%C4%85d?f%C3%BCr=%20#%C3%A4",
    "https://☃.example/demo": "https://xn--n3h.example/demo",
}


@pytest.mark.parametrize("url", URLS)
def test_a_click_leads_to_an_address_with_letters_beyond_ascii(sent, link, visitor, url):
    Link.objects.filter(pk=link.pk).update(url=url)
    assert visitor.get(click_path(sent, link))["Location"] == URLS[url]


def test_a_click_after_the_erasure_of_its_reader_counts_and_says_no_more(sent, link, visitor, campaign):
    export_and_erase.erase(sent.contact.address)

    response = visitor.get(click_path(sent, link))

    assert response["Location"] == link.url
    assert [event.payload for event in outcomes.human_events(campaign, EventKind.CLICKED)] == [{}]


def test_an_impatient_double_click_is_one(sent, link, visitor):
    visitor.get(click_path(sent, link))
    visitor.get(click_path(sent, link))

    # Two seconds may have begun between the two.
    assert Event.objects.count() <= 2
    assert {event.key.rsplit(":", 1)[0] for event in Event.objects.all()} == {f"click:{sent.pk.hex}:{link.pk.hex}"}


@pytest.mark.parametrize(
    ("method", "agent", "headers", "why"),
    [
        ("head", BROWSER, {}, "method"),
        ("get", "", {}, "no agent"),
        ("get", "Barracuda Sentinel (EE)", {}, "agent"),
        ("get", "python-requests/2.32", {}, "agent"),
        ("get", BROWSER, {"Sec-Purpose": "prefetch;prerender"}, "prefetch"),
    ],
)
def test_a_scanner_is_told_apart_and_still_led_on(sent, link, visitor, method, agent, headers, why):
    response = getattr(visitor, method)(click_path(sent, link), headers={"User-Agent": agent, **headers})

    event = Event.objects.get()
    assert response.status_code == 302
    assert (event.is_machine, event.payload["why"]) == (True, why)


def test_a_scanner_in_the_same_second_takes_no_click_from_a_person(sent, link, visitor, campaign):
    now = timezone.now()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(timezone, "now", lambda: now)
        visitor.head(click_path(sent, link))
        visitor.get(click_path(sent, link))
        visitor.get(click_path(sent, link))

    assert sorted(Event.objects.values_list("is_machine", flat=True)) == [False, True]
    assert outcomes.human_events(campaign, EventKind.CLICKED).count() == 1


def test_a_click_right_after_sending_is_a_scanners(sent, link, visitor):
    Message.objects.update(sent_at=timezone.now() - timedelta(seconds=1))

    visitor.get(click_path(sent, link))

    assert Event.objects.get().payload["why"] == "too soon"


def test_following_every_link_at_once_is_a_scanners_round(sent, link, campaign, visitor):
    other = campaign.links.create(name="terms", url="https://offer.example/terms")

    visitor.get(click_path(sent, link))
    visitor.get(click_path(sent, other))

    assert [event.payload.get("why") for event in Event.objects.order_by("received_at")] == [None, "burst"]


def test_a_token_opens_only_what_it_was_made_for(sent, link, visitor, campaign, task):
    other = factories.make_sending_campaign(task, slug="second")
    foreign = link_tokens.sign(TokenPurpose.CLICK, sent.pk, other.links.get().pk)
    good = link_tokens.sign(TokenPurpose.CLICK, sent.pk, link.pk)
    forged = [
        foreign,
        link_tokens.sign(TokenPurpose.UNSUBSCRIBE, sent.pk),
        link_tokens.sign(TokenPurpose.CLICK, sent.pk),
        link_tokens.sign(TokenPurpose.CLICK, uuid4(), link.pk),
        good[:-1],
        good + "a",
        ("b" if good[0] == "a" else "a") + good[1:],
        good[:-1] + ("q" if good[-1] != "q" else "a"),
        "x",
        "https-evil-example",
        "a" * 300,
    ]

    answers = [visitor.get(f"/t/c/{token}") for token in forged]

    assert {answer.status_code for answer in answers} == {404}
    assert all("Location" not in answer and not answer.cookies for answer in answers)
    assert not Event.objects.exists()


def test_nothing_in_a_request_changes_where_a_click_leads(sent, link, visitor):
    response = visitor.get(
        click_path(sent, link) + "?url=https://evil.example&next=//evil.example",
        headers={"Host": "testserver", "X-Forwarded-Host": "evil.example", "Referer": "https://evil.example"},
    )

    assert response["Location"] == "https://offer.example/demo?from=mail"


def test_a_token_survives_a_change_of_its_case_and_of_the_key(sent, link, visitor, settings):
    path = click_path(sent, link)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "a new key " * 5, [settings.SECRET_KEY]

    assert visitor.get(path.replace("/t/c/", "/T/C/").upper().replace("/T/C/", "/t/c/")).status_code == 302
    settings.SECRET_KEY_FALLBACKS = []
    assert visitor.get(path).status_code == 404


def test_opening_is_seen_only_where_the_contact_agreed_and_the_campaign_asks(sent, campaign, visitor):
    path = "/t/o/" + link_tokens.sign(TokenPurpose.OPEN, sent.pk) + ".gif"
    seen = []

    for tracks, agreed in [(False, False), (True, False), (False, True), (True, True)]:
        type(campaign).objects.update(tracks_opens=tracks)
        type(sent.contact).objects.update(may_track_opens=agreed)
        response = visitor.get(path)
        seen.append(Event.objects.filter(kind=EventKind.OPENED).count())

    assert seen == [0, 0, 0, 1]
    assert response["Content-Type"] == "image/gif"
    assert not response.cookies


def test_a_forged_picture_is_a_picture_all_the_same(db, visitor):
    response = visitor.get("/t/o/aaaaaaaa.gif")

    assert (response.status_code, response["Content-Type"]) == (200, "image/gif")


def test_looking_at_the_way_out_changes_nothing(sent, visitor):
    responses = [visitor.get(leave_path(sent)), visitor.head(leave_path(sent))]

    assert {response.status_code for response in responses} == {200}
    assert "r…@company-0.example" in responses[0].content.decode()
    assert "reader-0" not in responses[0].content.decode()
    assert not any(response.cookies for response in responses)
    assert "<script" not in responses[0].content.decode()
    assert not Suppression.objects.exists()
    assert not Event.objects.exists()


def test_the_way_out_and_its_page_speak_the_readers_language(sent, visitor):
    type(sent.contact).objects.update(language="de")

    sent.contact.refresh_from_db()
    assert "Keine weiteren Mails von uns: " in compose_message.compose(sent, links={"demo": uuid4()}).text
    assert 'lang="de"' in visitor.get(leave_path(sent)).content.decode()
    assert "Sie bekommen keine Mails mehr von uns" in visitor.post(leave_path(sent)).content.decode()


def test_one_click_in_the_page_leaves(sent, visitor):
    response = visitor.post(leave_path(sent))

    assert response.status_code == 200
    assert "no more mails" in response.content.decode()
    assert Suppression.objects.get().reason == SuppressionReason.UNSUBSCRIBED
    assert Event.objects.get().kind == EventKind.UNSUBSCRIBED


def test_a_mail_program_leaves_by_one_post_and_twice_is_once(sent, visitor):
    for _ in range(2):
        response = visitor.post(leave_path(sent), {"List-Unsubscribe": "One-Click"})
        assert response.status_code == 200

    assert Event.objects.get().payload == {"how": "one-click"}
    assert Suppression.objects.count() == 1


def test_leaving_stops_what_has_not_gone_in_every_campaign(sent, task, visitor):
    other = factories.make_sending_campaign(task, slug="second")
    waiting = factories.make_mail(other, sent.contact, state=MessageState.APPROVED)

    visitor.post(leave_path(sent))

    waiting.refresh_from_db()
    assert (waiting.state, waiting.stop_reason) == (MessageState.STOPPED, StopReason.UNSUBSCRIBED)


def test_leaving_proves_that_a_mail_of_unknown_fate_arrived(sent, visitor):
    Message.objects.update(state=MessageState.UNKNOWN, sent_at=None, sending_at=timezone.now())

    visitor.post(leave_path(sent))

    sent.refresh_from_db()
    assert sent.state == MessageState.SENT
    assert sent.sent_at is not None


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_forged_way_out_is_none(sent, visitor, method):
    token = leave_path(sent)

    response = getattr(visitor, method)(token[:-1] + ("q" if token[-1] != "q" else "a"))

    assert response.status_code == 404
    assert not Suppression.objects.exists()


def test_other_verbs_are_refused(sent, visitor):
    assert visitor.put(leave_path(sent)).status_code in (403, 405)


def test_forged_tokens_are_logged_once_a_minute_and_without_themselves(db, visitor, caplog):
    from campaigns.tracking import pages

    pages.FORGED_TOKENS._said_s = -pages.LOG_EVERY_S

    for _ in range(20):
        visitor.get("/t/c/secrettoken")

    lines = [record.getMessage() for record in caplog.records if record.name == "campaigns.tracking.pages"]
    assert len(lines) == 1
    assert "secrettoken" not in lines[0]


def test_the_address_for_answers_fits_a_local_part(sent, campaign):
    campaign.sender.reply_address = f"{'r' * 40}@sender.example"

    short = compose_message.reply_address(sent.pk, campaign.sender)

    assert short == f"{'r' * 40}@sender.example"
    campaign.sender.reply_address = "replies@sender.example"
    assert re.fullmatch(
        r"replies\+[a-z2-7]{42}@sender.example", compose_message.reply_address(sent.pk, campaign.sender)
    )
    assert Link.objects.count() == 1
