"""An answer that may have left and may not is in doubt: never sent again by itself,
settled by a person or by who writes back.
"""

from __future__ import annotations

import pytest
from django.utils import timezone

from campaigns.answers import send, write
from campaigns.models import InboxAnswer, Message
from campaigns.replies import receive
from campaigns.sending import outbox
from campaigns.sending.transport import SendResult, ServerReply
from jobs.models import Job
from tests.campaigns.answers.answer_steps import claimed, delivered
from web.errors import Refusal

pytestmark = pytest.mark.django_db
# A worker's own connection sees what was committed alone.
worked = pytest.mark.django_db(transaction=True)


@pytest.mark.slow
@worked
def test_what_a_dead_sender_left_on_the_wire_is_in_doubt_and_never_sent_again(reply, admin, mailbox, run_jobs):
    on_wire = claimed(reply, admin)
    Job.objects.filter(pk=on_wire.job_id).update(state="queued", fence=2)

    run_jobs()

    assert InboxAnswer.objects.get().state == "unknown"
    assert delivered(mailbox) == []
    with pytest.raises(Refusal, match="unknown whether the last answer arrived"):
        write.save(reply, body="Again", revision=0, by=admin)
    with pytest.raises(Refusal, match="unknown whether the last answer arrived"):
        write.approve(reply, revision=1, by=admin)


def test_what_is_in_doubt_keeps_the_words_that_went_and_a_late_server_brings_no_erased_ones_back(reply, admin):
    on_wire = claimed(reply, admin)
    Job.objects.filter(pk=on_wire.job_id).update(state="queued", fence=2)
    send.settle_left_behind(on_wire.row.pk)
    in_doubt = InboxAnswer.objects.get()
    # As an erasure does, which an answer in doubt does not hold up.
    InboxAnswer.objects.update(subject="", body="", text="")

    outbox.settle(on_wire, ServerReply(SendResult.ACCEPTED, "250 ok", 250), now=timezone.now())

    answer = InboxAnswer.objects.get()
    assert (in_doubt.state, in_doubt.subject) == ("unknown", "Re: A question for Company 0")
    assert in_doubt.text.startswith("Hello Reader0,")
    assert (answer.state, answer.subject, answer.text) == ("sent", "", "")


@pytest.mark.parametrize(("arrived", "state"), [(True, "sent"), (False, "failed")])
def test_a_person_settles_a_doubt_once_and_may_write_again(reply, admin, arrived, state):
    claimed(reply, admin)
    InboxAnswer.objects.update(state="unknown")

    settled = write.settle_unknown(reply, arrived=arrived, by=admin)

    assert settled.state == state
    with pytest.raises(Refusal, match="already known"):
        write.settle_unknown(reply, arrived=not arrived, by=admin)
    assert write.save(reply, body="Another", revision=0, by=admin).pk != settled.pk


def test_who_writes_back_to_an_answer_is_found_and_proves_that_it_arrived(reply, admin):
    claimed(reply, admin)
    InboxAnswer.objects.update(state="unknown")
    answer = InboxAnswer.objects.get()
    back = (
        f"From: x@elsewhere.example\r\nTo: replies@sender.example\r\nMessage-ID: <new@reader.example>\r\n"
        f"In-Reply-To: <{answer.message_id}>\r\nSubject: Re: Re\r\n\r\nThen let us talk.\r\n"
    )

    receive.take_mail(back.encode())

    answer.refresh_from_db()
    assert answer.state == "sent"
    assert Message.objects.get().replies.count() == 2
