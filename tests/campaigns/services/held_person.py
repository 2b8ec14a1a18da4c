"""A person with everything that can be held about her, for tests of a person's rights."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.utils import timezone

from campaigns.contacts.imports.import_file import import_contacts
from campaigns.models import Campaign, Contact, Event, Message, Reply
from campaigns.states import EventKind, EventSource, MessageState
from demo.mail_sink.mail_folder import MailFolder
from generation.models import Call, Order, Teacher
from jobs.models import Job, JobEvent
from jobs.states import JobState
from members.models import Member
from review.datasets import freezing
from review.datasets import write_version as writing
from review.models import DatasetVersion, Draft, Record, Task
from tests.campaigns.factories import BASIS, make_mail, make_plain_campaign
from tests.review.datasets import golds
from tests.review.factories import make_drafts, make_task

ADA = "ada.byron@zephyrine.example"
# Words that stand for Ada alone; none may be left anywhere in the database or the store.
HERS = ("zephyrine", "Byronesque", "her own words", "Quillfeather")


@dataclass
class Held:
    """A person with everything that can be held about her."""

    task: Task
    campaign: Campaign
    contact: Contact
    mail: Message
    version: DatasetVersion
    order: Order


def make_held(admin: Member, settings: Any, tmp_path: Path) -> Held:
    settings.MAILBOX_DIR = tmp_path / "mailbox"
    settings.RUNS_DIR = tmp_path / "runs"
    task = make_task(by=admin)
    path = tmp_path / "people.csv"
    path.write_text(
        "address,first_name,last_name,company,sector,trigger\n"
        f"{ADA},Ada,Byronesque,Zephyrine Works,Quillfeather trade,opened a Quillfeather mill\n"
        "bob@acme.example,Bob,Ng,Acme,steel,opened a depot\ncy@acme.example,Cy,Ng,Acme,steel,opened a depot\n"
    )
    import_contacts(task, path, by=admin, defaults=BASIS)
    contact = Contact.objects.get(address=ADA)
    make_drafts(task, list(Record.objects.order_by("row_number")))
    golds.decide(admin, task)
    golds.decide(admin, task)
    version = freezing.freeze(freezing.create(task, name="Gold", by=admin), by=admin)
    writing.seal(version.pk, writing.write(version.pk, report=lambda done, total: None))
    Job.objects.update(state=JobState.SUCCEEDED)
    campaign = make_plain_campaign(task)
    mail = make_mail(
        campaign, contact, state=MessageState.SENT, subject="For Zephyrine Works", body="Hi Ada Byronesque",
        message_id="m1@sender.example", draft=Draft.objects.get(record=contact.record), sent_at=timezone.now(),
    )  # fmt: skip
    MailFolder(settings.MAILBOX_DIR).keep(
        b"Message-ID: <m1@sender.example>\r\n\r\nHi Ada", sender="s", recipients=[ADA]
    )
    event = Event.objects.create(
        campaign=campaign, enrolment=mail.enrolment, message=mail, kind=EventKind.REPLIED, source=EventSource.MAIL,
        key="k1", occurred_at=timezone.now(), payload={"from": ADA},
    )  # fmt: skip
    Reply.objects.create(event=event, message=mail, subject="Re: For Zephyrine", text="in her own words")
    return Held(task, campaign, contact, mail, version, _order(task, contact.record, tmp_path))


def _order(task: Task, record: Record, folder: Path) -> Order:
    """A finished order with its request, what its engine told, and its run directory."""
    job = Job.objects.create(kind="generation", title="Order", state=JobState.SUCCEEDED, task_slug=task.slug)
    order = Order.objects.create(
        job=job, task=task, task_version=task.versions.get(), teacher=Teacher.objects.get(slug="offline"),
        teacher_spec={}, count=1, record_ids=[str(record.pk)],
    )  # fmt: skip
    call = Call.objects.create(id=uuid4(), order=order, record=record, state="answered", excerpt="Zephyrine")
    for seq, (call_id, text) in enumerate([(str(call.pk), "Zephyrine Works"), (str(uuid4()), "Acme")], 1):
        payload = {"call_id": call_id, "fields": {"body": text}}
        JobEvent.objects.create(job=job, seq=seq, fence=1, ts=timezone.now(), kind="draft", payload=payload)
    told = {"step": 5, "id": record.title, "text": "Dear Zephyrine"}
    JobEvent.objects.create(job=job, seq=3, fence=1, ts=timezone.now(), kind="sample", payload=told)
    run = folder / "runs" / str(job.pk) / "1"
    run.mkdir(parents=True)
    (run / "events.jsonl").write_text("Zephyrine")
    return order
