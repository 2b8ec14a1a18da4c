"""An answer is written, read as it will go, and sent at most once by the safe path of every mail."""

from __future__ import annotations

from base64 import b64encode
from datetime import timedelta

import pytest
from django.utils import timezone

from audit.models import AuditRow
from campaigns.answers import compose, send, write
from campaigns.models import Event, InboxAnswer
from campaigns.replies import receive
from campaigns.sending import outbox
from campaigns.sending.transport import SendResult, ServerReply
from campaigns.states import SuppressionReason
from campaigns.suppression import suppress
from demo.mail_sink import simulated_mail
from jobs.lifecycle import control
from jobs.models import Job
from jobs.scheduling import halt
from tests.campaigns import factories
from tests.campaigns.answers.answer_steps import BODY, approved, claimed, delivered, plain
from tests.campaigns.answers.conftest import THEIRS
from web.errors import Refusal

pytestmark = pytest.mark.django_db
# A worker's own connection sees what was committed alone.
worked = pytest.mark.django_db(transaction=True)


@worked
def test_an_answer_goes_in_the_thread_of_what_was_written_from_the_same_sender(reply, admin, mailbox, run_jobs):
    approved(reply, admin)

    run_jobs()

    (mail,) = delivered(mailbox)
    answer = InboxAnswer.objects.get()
    assert (answer.state, answer.approved_by, mail["Message-ID"]) == ("sent", admin, f"<{answer.message_id}>")
    assert mail["Subject"] == "Re: A question for Company 0"
    assert mail["In-Reply-To"] == f"<{THEIRS}>"
    assert mail["References"].split() == ["<first@sender.example>", f"<{THEIRS}>"]
    assert mail["From"] == "Nora Lind <nora@sender.example>"
    assert "reader-0@company-0.example" in mail["To"]
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    text = plain(mail)
    assert "Hello Reader0,\n\nit costs 40 euros: https://offer.example/demo?from=mail" in text
    assert "Sender Ltd, 1 Quay Street, Lund" in text
    assert (answer.text.strip(), answer.body) == (text, BODY)
    assert AuditRow.objects.get(act="answer_sent").subject_id == str(reply.pk)


@worked
def test_what_is_shown_before_is_what_goes(reply, admin, mailbox, run_jobs):
    answer = write.save(reply, body=BODY, revision=0, by=admin)
    shown = compose.preview(answer)

    write.approve(reply, revision=answer.revision, by=admin)
    run_jobs()

    (mail,) = delivered(mailbox)
    assert {name: mail[name].strip() for name, _ in shown.headers} == dict(shown.headers)
    assert plain(mail) == shown.text.strip()


def test_mails_to_others_are_named_in_no_answer(reply, campaign, admin):
    other = factories.make_due_mails(campaign, 1, name="other")[0]
    before = reply.event.occurred_at - timedelta(hours=1)
    type(other).objects.filter(pk=other.pk).update(state="sent", sent_at=before, message_id="other@sender.example")

    shown = compose.preview(write.save(reply, body=BODY, revision=0, by=admin))

    assert dict(shown.headers)["References"].split() == ["<first@sender.example>", f"<{THEIRS}>"]


@worked
def test_pressed_twice_it_goes_once(reply, admin, mailbox, run_jobs):
    answer = approved(reply, admin)
    again = write.approve(reply, revision=answer.revision, by=admin)

    run_jobs()

    assert again.pk == answer.pk
    assert len(delivered(mailbox)) == 1


def test_of_two_senders_at_once_one_gets_it(reply, admin):
    first = claimed(reply, admin)
    second = send.claim(first.row.pk, job_id=first.job_id, fence=1, now=timezone.now())

    assert first is not None
    assert second is None


def test_a_sender_whose_fence_has_passed_on_gets_nothing(reply, admin):
    answer = approved(reply, admin)
    job = Job.objects.get(subject_id=answer.pk)
    Job.objects.filter(pk=job.pk).update(state="running", fence=2)

    assert send.claim(answer.pk, job_id=job.pk, fence=1, now=timezone.now()) is None
    assert InboxAnswer.objects.get().state == "approved"


@worked
@pytest.mark.parametrize("how", ["list", "wish"])
def test_nobody_who_must_not_be_written_to_is_answered(reply, admin, mailbox, run_jobs, how):
    answer = approved(reply, admin)
    # Past the stop that a suppression makes, as one that commits while the sender looks.
    if how == "list":
        suppress.suppress(reply.message.contact.address_hmac, reason=SuppressionReason.MANUAL)
    else:
        type(reply).objects.filter(pk=reply.pk).update(meaning="unsubscribe")
    InboxAnswer.objects.update(state="approved", stop_reason="")

    run_jobs()

    answer.refresh_from_db()
    assert (answer.state, answer.stop_reason) == ("stopped", "suppressed" if how == "list" else "objected")
    assert delivered(mailbox) == []


def test_a_suppression_stops_an_answer_that_waits(reply, admin):
    approved(reply, admin)

    suppress.suppress(reply.message.contact.address_hmac, reason=SuppressionReason.COMPLAINED)

    answer = InboxAnswer.objects.get()
    assert (answer.state, answer.stop_reason) == ("stopped", "complained")


def test_a_suppression_after_the_claim_is_seen_before_the_wire(reply, admin, monkeypatch):
    monkeypatch.setattr(suppress, "WIRE_S", 0)
    on_wire = claimed(reply, admin)

    suppress.suppress(reply.message.contact.address_hmac, reason=SuppressionReason.MANUAL)

    assert outbox.withhold(on_wire)
    assert InboxAnswer.objects.get().state == "stopped"


@worked
def test_a_halt_keeps_it_and_its_end_lets_it_go(reply, admin, mailbox, run_jobs):
    halt.halt(by=admin, reason="a drill")
    approved(reply, admin)

    run_jobs()
    held = InboxAnswer.objects.get().state
    halt.resume(by=admin)
    Job.objects.update(state="queued")
    run_jobs()

    assert held == "approved"
    assert InboxAnswer.objects.get().state == "sent"


@worked
@pytest.mark.parametrize("state", ["paused", "ended"])
def test_a_campaign_at_rest_its_cap_and_quiet_hours_do_not_hold_an_answer(
    reply, campaign, admin, mailbox, run_jobs, state
):
    type(campaign).objects.update(
        state=state, daily_cap=1, contact_cap=1, quiet_from=0, quiet_until=23, sends_at_weekends=False
    )
    approved(reply, admin)

    run_jobs()

    assert InboxAnswer.objects.get().state == "sent"


@pytest.mark.parametrize(
    ("fate", "state", "again"),
    [
        (SendResult.UNKNOWN, "unknown", False),
        (SendResult.REFUSED, "failed", False),
        (SendResult.DEFERRED, "approved", True),
        (SendResult.AWAY, "approved", True),
    ],
)
def test_what_the_server_says_decides_its_fate(reply, admin, fate, state, again):
    on_wire = claimed(reply, admin)

    again_s = outbox.settle(on_wire, ServerReply(fate, "said so", 450), now=timezone.now())

    assert InboxAnswer.objects.get().state == state
    assert (again_s is not None) == again


def test_an_answer_that_is_put_off_for_ever_is_given_up(reply, admin):
    on_wire = claimed(reply, admin)
    on_wire.row.tries = outbox.MAX_TRIES - 1

    assert outbox.settle(on_wire, ServerReply(SendResult.DEFERRED, "later", 450), now=timezone.now()) is None
    assert InboxAnswer.objects.get().state == "failed"


def test_words_that_are_refused_are_no_bounce_of_a_mail_that_arrived(reply, admin):
    on_wire = claimed(reply, admin)

    outbox.settle(on_wire, ServerReply(SendResult.REFUSED, "550 5.7.1 not with these words", 550), now=timezone.now())

    assert InboxAnswer.objects.get().state == "failed"
    assert not Event.objects.filter(kind="bounced").exists()
    assert Event.objects.get(kind="deferred").payload["code"] == 550


def test_a_refusal_for_good_is_a_bounce_of_the_mail_it_continues(reply, admin):
    on_wire = claimed(reply, admin)

    outbox.settle(
        on_wire, ServerReply(SendResult.REFUSED, "550 5.1.1 no such user", 550, is_hard=True), now=timezone.now()
    )

    assert Event.objects.get(kind="bounced").message_id == reply.message_id
    assert suppress.selectors.is_listed(reply.message.contact.address_hmac)


@pytest.mark.parametrize(
    ("status", "kind", "is_listed"),
    [("5.2.2", "deferred", False), ("5.7.1", "deferred", False), ("5.1.1", "bounced", True)],
)
def test_a_report_on_an_answer_is_read_as_the_servers_own_refusal_of_it(reply, admin, status, kind, is_listed):
    on_wire = claimed(reply, admin)
    outbox.settle(on_wire, ServerReply(SendResult.ACCEPTED, "250 ok", 250), now=timezone.now())
    report = simulated_mail.bounce(on_wire.mail.mail.message().as_bytes(), status=status, reason="no")

    receive.take_mail(report.as_bytes())

    event = Event.objects.exclude(kind="replied").get()
    assert (event.message_id, event.kind) == (reply.message_id, kind)
    assert suppress.selectors.is_listed(reply.message.contact.address_hmac) == is_listed


@pytest.mark.parametrize(
    ("details", "kind"), [("552 5.2.2 the mailbox is full", "deferred"), ("550 5.1.1 no such user", "bounced")]
)
def test_a_provider_that_names_mails_itself_tells_an_answers_bounce_as_the_answers(
    client, reply, admin, settings, details, kind
):
    settings.INBOUND_PROVIDERS, settings.ANYMAIL = ["postmark"], {"WEBHOOK_SECRET": "user:secret"}
    on_wire = claimed(reply, admin)
    outbox.settle(on_wire, ServerReply(SendResult.ACCEPTED, "250 ok", 250), now=timezone.now())
    metadata = on_wire.mail.mail.metadata
    told = {"RecordType": "Bounce", "Type": "HardBounce", "ID": 7, "MessageID": "of-the-provider", "Details": details}
    headers = {"Authorization": "Basic " + b64encode(b"user:secret").decode()}

    client.post(
        "/api/v1/inbound/postmark/tracking/",
        {**told, "Metadata": metadata},
        content_type="application/json",
        headers=headers,
    )

    event = Event.objects.exclude(kind="replied").get()
    assert (event.message_id, event.kind) == (reply.message_id, kind)


def test_a_cancelled_job_opens_the_answer_again(reply, admin):
    answer = approved(reply, admin)

    control.cancel(Job.objects.get(subject_id=answer.pk), by=admin)

    answer.refresh_from_db()
    assert (answer.state, answer.problem) == ("open", "Its job ended before it was sent. Send it again.")


def test_an_answer_that_was_taken_back_and_sent_anew_stays_with_its_new_job(reply, admin):
    first = approved(reply, admin)
    earlier = Job.objects.get(subject_id=first.pk)
    write.take_back(reply, by=admin)
    write.approve(reply, revision=first.revision, by=admin)

    control.cancel(earlier, by=admin)

    assert InboxAnswer.objects.get().state == "approved"


def test_what_has_left_is_not_taken_back(reply, admin):
    claimed(reply, admin)

    with pytest.raises(Refusal, match="was sent or taken back"):
        write.take_back(reply, by=admin)
