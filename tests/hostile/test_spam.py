"""3,246 real mails, most of them spam with HTML, as drafts: none runs or loads anything, and all are shown.

`make test-all` looks at a fortieth of them (their list at a tenth, a browser at a three-hundredth), `make stress` at
all.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from members.models import Member
from review.desk import deck
from review.models import Draft
from tests.hostile import mails
from tests.hostile.markup import Page, shows
from tests.signed_in import context_of

pytestmark = [pytest.mark.django_db, pytest.mark.outside_data, pytest.mark.slow, pytest.mark.stress]


def text_of(client: Client, draft: Draft, path: str) -> str:
    """A text as the plain-text address gives it, whole whatever its length."""
    answer = client.get(f"/review/drafts/{draft.pk}/text/?path={path}")
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    assert answer["X-Content-Type-Options"] == "nosniff"
    return str(answer.content.decode())


@pytest.mark.timeout(3600)
def test_no_mail_brings_an_element_and_each_is_shown(
    outside_data: Path, admin: Member, as_member: Any, settings: Any
) -> None:
    # The desk shows the mail that is asked for alone, and it is set aside then: each is looked at in its turn.
    settings.DECK_SIZE = 1
    corpus = mails.read(outside_data, every=40)
    _, drafts = mails.as_drafts(corpus, by=admin)
    client = as_member(admin)
    offending, hidden, shown_short = [], [], 0

    for mail, draft in zip(corpus, drafts, strict=True):
        body = mails.body_of(mail)
        for address in (f"/tasks/mails/review/drafts/{draft.pk}/", f"/tasks/mails/review/?card={draft.pk}"):
            answer = client.get(address)
            page = Page(answer.content.decode())
            if answer.status_code != 200 or page.offences:
                offending.append((mail["id"], address, answer.status_code, page.offences[:3]))
            if missing := shows(page.text, mails.subject_of(mail)):
                hidden.append((mail["id"], address, missing))
            shown_short += not shows(page.text, body)
        deck.set_aside(draft.pk, by=admin)
        if text_of(client, draft, "body") != draft.fields["body"] or shows(draft.fields["body"], body):
            hidden.append((mail["id"], "text", ""))

    assert offending == []
    assert hidden == []
    # What is too long to be drawn at once is shown at its plain-text address; nearly all mails are not.
    assert shown_short > 1.9 * len(corpus)
    print(f"{len(corpus)} mails: 0 with an element of their own, all shown")


@pytest.mark.timeout(3600)
def test_the_list_of_drafts_takes_none_of_them_for_markup(outside_data: Path, admin: Member, as_member: Any) -> None:
    corpus = mails.read(outside_data, every=10)
    mails.as_drafts(corpus, by=admin)
    client, address, pages = as_member(admin), "/tasks/mails/review/list/", 0

    while address:
        html = client.get(address).content.decode()
        assert Page(html).offences == []
        pages += 1
        following = [part.split('"')[0] for part in html.split('href="') if 'rel="next"' in part.split(">")[0]]
        address = f"/tasks/mails/review/list/{following[0]}".replace("&amp;", "&") if following else ""
        if following and following[0].startswith("/"):
            address = following[0].replace("&amp;", "&")

    assert pages >= 1


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
@pytest.mark.timeout(3600)
def test_a_browser_asks_for_nothing_and_runs_nothing(
    outside_data: Path, admin: Member, browser: Any, live_server: Any
) -> None:
    corpus = mails.read(outside_data, every=300)
    _, drafts = mails.as_drafts(corpus, by=admin)
    context = context_of(browser, live_server.url, admin)
    page = context.new_page()
    asked: list[str] = []
    ran: list[str] = []
    page.on(
        "request", lambda request: asked.append(request.url) if not request.url.startswith(live_server.url) else None
    )
    page.on("dialog", lambda dialog: (ran.append(dialog.message), dialog.dismiss()))
    # A violation of the policy is an attempt; text that stays text does not even attempt.
    page.on("console", lambda message: ran.append(message.text) if "Content Security Policy" in message.text else None)
    unseen = []

    for mail, draft in zip(corpus, drafts, strict=True):
        page.goto(f"/tasks/mails/review/drafts/{draft.pk}/")
        brought = page.evaluate(
            "document.querySelectorAll('main img, main iframe, main object, main embed, main style, main link, "
            'main form[action^=http], main a[href^=http], main script:not([type="application/json"])\').length'
        )
        if brought:
            ran.append(f"{mail['id']}: {brought} elements")
        if missing := shows(page.evaluate("document.querySelector('main').textContent"), mails.body_of(mail)):
            unseen.append((mail["id"], missing))
    context.close()

    assert (asked, ran, unseen) == ([], [], [])
    print(f"{len(corpus)} mails in a browser: nothing asked for, nothing run, all shown")
