"""Who may write an answer, what is refused before it waits, and that nobody writes over what another has changed."""

from __future__ import annotations

import pytest
from django.core.exceptions import PermissionDenied

from campaigns.answers import compose, write
from campaigns.models import InboxAnswer
from jobs.models import Job
from tests.review.factories import join
from web.errors import Refusal

pytestmark = pytest.mark.django_db


def test_nobody_writes_over_or_sends_what_another_has_changed(reply, admin):
    read = write.save(reply, body="First", revision=0, by=admin)
    write.save(reply, body="Second", revision=read.revision, by=admin)

    with pytest.raises(Refusal, match="Somebody changed"):
        write.save(reply, body="Mine", revision=read.revision, by=admin)
    with pytest.raises(Refusal, match="Somebody changed"):
        write.approve(reply, revision=read.revision, by=admin)
    assert (InboxAnswer.objects.get().body, InboxAnswer.objects.get().state) == ("Second", "open")


@pytest.mark.parametrize(
    ("body", "message"), [("  ", "no text"), ("Dear {{contact.title}}", r"No value for \{\{contact.title\}\}")]
)
def test_what_cannot_go_is_refused_before_it_waits(reply, admin, body, message):
    answer = write.save(reply, body=body, revision=0, by=admin)

    with pytest.raises(Refusal, match=message):
        write.approve(reply, revision=answer.revision, by=admin)

    assert InboxAnswer.objects.get().state == "open"
    assert not Job.objects.exists()


def test_only_a_lead_answers(reply, task, reviewer):
    join(reviewer, task)

    with pytest.raises(PermissionDenied):
        write.save(reply, body="Hello", revision=0, by=reviewer)
    with pytest.raises(PermissionDenied):
        write.approve(reply, revision=0, by=reviewer)


def test_a_message_id_that_cannot_stand_in_a_header_is_left_out(reply, admin):
    reply.event.payload = {"message_id": "x@y.example>\r\nBcc: all@x.example"}
    answer = write.save(reply, body="Hello", revision=0, by=admin)
    answer.reply.event.payload = reply.event.payload

    shown = dict(compose.preview(answer).headers)

    assert shown["In-Reply-To"] == "<first@sender.example>"
    assert "Bcc" not in str(shown)
