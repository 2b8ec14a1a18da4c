"""What is done with an answer on its way: written, approved, claimed, read in the mailbox it came to."""

from __future__ import annotations

from email import message_from_bytes
from email.policy import default

from django.utils import timezone

from campaigns.answers import send, write
from jobs.models import Job

BODY = "Hello {{contact.first_name}},\n\nit costs 40 euros: {{link.demo}}\n\nNora"


def delivered(mailbox):
    return [message_from_bytes(mailbox.read(kept.name), policy=default) for kept in mailbox.newest()]


def plain(mail):
    return mail.get_body(("plain",)).get_content().replace("\r\n", "\n").strip()


def approved(reply, admin, body=BODY):
    answer = write.save(reply, body=body, revision=0, by=admin)
    return write.approve(reply, revision=answer.revision, by=admin)


def claimed(reply, admin):
    answer = approved(reply, admin)
    job = Job.objects.get(subject_id=answer.pk)
    Job.objects.filter(pk=job.pk).update(state="running", fence=1)
    return send.claim(answer.pk, job_id=job.pk, fence=1, now=timezone.now())
