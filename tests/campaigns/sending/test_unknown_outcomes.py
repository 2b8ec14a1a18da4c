"""A mail of unknown fate is settled by a person who found out, once, and is never sent again."""

from __future__ import annotations

import pytest
from django.utils import timezone

from campaigns.models import Event, Message
from campaigns.sending import unknown_outcomes
from campaigns.states import EventSource, MessageState
from web.errors import Refusal

pytestmark = pytest.mark.django_db


@pytest.fixture
def doubtful(mail):
    Message.objects.update(state=MessageState.UNKNOWN, sending_at=timezone.now(), problem="It may have arrived.")
    mail.refresh_from_db()
    return mail


def page_of(mail):
    return f"/campaigns/{mail.campaign.slug}/mails/{mail.pk}/"


@pytest.mark.parametrize(("answer", "state"), [("yes", MessageState.SENT), ("no", MessageState.FAILED)])
def test_the_page_asks_and_a_lead_answers(doubtful, admin, as_member, answer, state):
    client = as_member(admin)

    asked = client.get(page_of(doubtful)).content.decode()
    client.post(f"{page_of(doubtful)}settle/", {"arrived": answer})

    doubtful.refresh_from_db()
    assert "Did it arrive?" in asked
    assert doubtful.state == state
    assert bool(doubtful.sent_at) is (answer == "yes")
    assert Event.objects.filter(source=EventSource.PAGE).count() == (answer == "yes")
    assert "Did it arrive?" not in client.get(page_of(doubtful)).content.decode()


def test_what_is_not_in_doubt_cannot_be_settled(doubtful, admin):
    unknown_outcomes.settle_unknown(doubtful, arrived=False, by=admin)

    with pytest.raises(Refusal) as refused:
        unknown_outcomes.settle_unknown(doubtful, arrived=True, by=admin)

    doubtful.refresh_from_db()
    assert refused.value.status == 409
    assert doubtful.state == MessageState.FAILED


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_the_page_of_a_mail_leads_to_it_in_the_mailbox(campaign, mail, mailbox, send, admin, as_member, settings):
    settings.DEMO = True
    send(campaign)
    client = as_member(admin)

    page = client.get(page_of(mail)).content.decode()
    found = client.get(f"{page_of(mail)}mailbox/")

    assert f"{page_of(mail)}mailbox/" in page
    assert found["Location"] == f"/mailbox/{next(mailbox.newest()).name}/"
