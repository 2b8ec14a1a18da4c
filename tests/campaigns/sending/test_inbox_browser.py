"""A possible opt-out is decided in a real browser, on a telephone too."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, expect

from campaigns.models import Campaign, Event, Message, Reply, Suppression
from campaigns.states import EventKind, EventSource, MessageState
from members.models import Member
from tests.campaigns import factories
from tests.signed_in import context_of

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_who_may_ask_to_leave_stands_first_and_a_button_decides(
    browser: Browser, live_server: Any, campaign: Campaign, admin: Member, scheme: Any
) -> None:
    mail = factories.make_due_mails(campaign, 1)[0]
    Message.objects.filter(pk=mail.pk).update(state=MessageState.SENT, sent_at=timezone.now())
    ids = {"campaign": campaign, "enrolment": mail.enrolment, "message": mail}
    came = {"kind": EventKind.REPLIED, "source": EventSource.MAIL, "key": "k", "occurred_at": timezone.now()}
    event = Event.objects.create(**ids, **came)
    doubt = {"meaning": "other", "meant_by": "rules", "is_unsure": True, "may_be_optout": True}
    Reply.objects.create(event=event, message=mail, text="How often do I have to say it?", **doubt)
    context = context_of(browser, live_server.url, admin, viewport={"width": 375, "height": 800}, color_scheme=scheme)

    page = context.new_page()
    page.goto(f"/campaigns/{campaign.slug}/replies/")
    expect(page.get_by_text("No further mail goes out until you decide.")).to_be_visible()
    width = page.evaluate("document.documentElement.scrollWidth")
    page.get_by_role("button", name="Opt-out: never write again").click()

    expect(page.get_by_text("The reply counts as: Wants no more mails.")).to_be_visible()
    assert width <= 375
    assert Suppression.objects.count() == 1
    context.close()
