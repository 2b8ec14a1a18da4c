"""The demo's finished experiment: two arms, some hundred mails, simulated inboxes, weeks that pass while it is loaded.

Everything goes through the product's own services: contacts are imported, the experiment is registered, drafts are
ordered, approved by a member, sent over SMTP to a sink started for the load, and answered through the real endpoints.
After an interruption it continues from what the rows say.
"""

from __future__ import annotations

import csv
import heapq
import random
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone

from campaigns.contacts.imports.import_file import import_contacts
from campaigns.experiments import record_look, register
from campaigns.experiments.design import ExperimentRequest
from campaigns.models import Campaign, ContactImport, Experiment, Look, Message, SenderIdentity
from campaigns.planning import edit, sequence_checks
from campaigns.planning.edit import ArmPlan, CampaignPlan, StepPlan
from campaigns.senders import edit as senders_edit
from campaigns.sending import lifecycle, tick
from campaigns.states import Approval, CampaignState, MessageState, StepWriter
from demo.data.experiment import clock, simulated_inboxes
from demo.data.experiment.simulated_answers import SimulatedAnswers
from demo.data.experiment.simulated_inboxes import ReaderAction
from demo.data.simulated_reviewers import fix_faults, opinion
from demo.mail_sink import server
from demo.mail_sink.mail_folder import MailFolder
from generation.models import Teacher
from generation.teachers import edit as teachers_edit
from generation.teachers.seeds import OFFLINE_MODEL, OFFLINE_SLUG
from jobs.models import Job
from jobs.states import FINISHED
from jobs.supervisor.run_job import run_job
from members.models import Member
from review.desk import decisions, deck
from review.models import Draft, Task

SLUG = "two-teachers"
VARIANT_SLUG = "offline-careful"
PEOPLE = "fictional-people.csv"
# Fixed, so that the same companies fall into the same arms on every machine.
SALT = "6d696e6961747572657320647565202121"[:32]
HORIZON_DAYS, DAYS, DAILY_CAP = 14, 29, 25
LOOK_DAYS = (17, 20)
FIRST_HOUR = 9
REQUEST = ExperimentRequest(
    hypothesis="A teacher that makes no mistakes on purpose brings as many replies as one that does.",
    margin=0.12,
    baseline=0.26,
    horizon_days=HORIZON_DAYS,
)
FOLLOW_UP = """Hi {{contact.first_name}},

a week ago I wrote to you about planning at {{contact.company}}. One page shows how it works: {{link.tour}}

Best regards,
Mara Ellwood"""


def load(admin: Member, task: Task, *, companies: int = simulated_inboxes.COMPANIES) -> bool:
    """Load the experiment if it is missing, or continue an interrupted load.

    Args:
        admin: Who makes what only an admin may.
        task: The demo's task, with its lead.
        companies: How many of the demo's companies get mails; with fewer it is quicker and shows less.

    Returns:
        Whether anything was missing.
    """
    if Experiment.objects.filter(slug=SLUG, looks__is_final=True).exists():
        return False
    lead = Member.objects.get(username="lena")
    launched = Campaign.objects.filter(slug=SLUG).values_list("launched_at", flat=True).first()
    began = launched or _morning(timezone.now() - timedelta(days=DAYS))
    with clock.stopped(began) as now, _mail_to_sink():
        campaign = _campaign(admin, lead, task, companies)
        _run(campaign, lead, now, began)
    return True


def _morning(moment: datetime) -> datetime:
    return moment.replace(hour=FIRST_HOUR, minute=0, second=0, microsecond=0)


@contextmanager
def _mail_to_sink() -> Iterator[None]:
    """Send over SMTP to a sink of this process, which keeps mails where the mailbox page looks."""
    folder = Path(settings.MAILBOX_DIR or Path(settings.VAR_DIR) / "mailbox")
    before = {name: getattr(settings, name) for name in ("EMAIL_HOST", "EMAIL_PORT", "CAMPAIGN_LINGER_S")}
    with server.running(folder) as (host, port):
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.CAMPAIGN_LINGER_S = host, port, 0
        try:
            yield
        finally:
            for name, value in before.items():
                setattr(settings, name, value)


def _campaign(admin: Member, lead: Member, task: Task, companies: int) -> Campaign:
    """The launched campaign; whatever of it is missing is made."""
    campaign = Campaign.objects.filter(slug=SLUG).first()
    if campaign is None:
        # Contacts that a user has imported meanwhile are not part of the demo.
        batch = ContactImport.objects.filter(task=task, filename=PEOPLE).first() or _import(lead, task, companies)
        campaign = edit.create(task, _plan(admin, batch), slug=SLUG, by=lead)
    if campaign.state == CampaignState.PLANNED:
        Campaign.objects.filter(pk=campaign.pk).update(salt=SALT)
        campaign.refresh_from_db()
        if not Experiment.objects.filter(campaign=campaign, registered_at__isnull=False).exists():
            register.register(campaign, REQUEST, by=lead, simulated_truth=simulated_inboxes.registered_effects())
        lifecycle.launch(campaign, by=lead)
    return Campaign.objects.select_related("task").get(pk=campaign.pk)


def _import(lead: Member, task: Task, companies: int) -> ContactImport:
    rows = simulated_inboxes.people(companies)
    names = list(dict.fromkeys(name for row in rows for name in row))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / PEOPLE
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, names, restval="")
            writer.writeheader()
            writer.writerows(rows)
        return import_contacts(task, path, by=lead, filename=path.name).batch


def _plan(admin: Member, batch: ContactImport) -> CampaignPlan:
    return CampaignPlan(
        name="Two teachers (simulated)",
        arms=[
            ArmPlan(simulated_inboxes.TEACHER, teacher=Teacher.objects.get(slug=OFFLINE_SLUG), is_control=True),
            ArmPlan(simulated_inboxes.VARIANT, teacher=_variant(admin)),
        ],
        steps=[
            StepPlan(),
            StepPlan(StepWriter.TEMPLATE, 7 * sequence_checks.DAY_S, "One page about Loomboard", FOLLOW_UP),
        ],
        links={"tour": "https://loomboard.example/tour"},
        sender=_sender(admin),
        approval=Approval.SAMPLE,
        sample_share=0.05,
        max_model_usd=Decimal(1),
        mails_per_minute=60_000,
        daily_cap=DAILY_CAP,
        quiet_from=0,
        quiet_until=0,
        sends_at_weekends=True,
        audience={"import": str(batch.pk)},
        is_simulated=True,
    )


def _variant(admin: Member) -> Teacher:
    new = teachers_edit.NewTeacher(
        VARIANT_SLUG,
        "Offline teacher, no mistakes",
        "offline",
        OFFLINE_MODEL,
        parameters={"defect_rate": 0.0},
        concurrency=4,
    )
    return Teacher.objects.filter(slug=VARIANT_SLUG).first() or teachers_edit.create(new, by=admin)


def _sender(admin: Member) -> SenderIdentity:
    new = senders_edit.NewSender(
        name="Mara Ellwood",
        from_name="Mara Ellwood",
        from_address="mara@wickfield.example",
        reply_address="mara@wickfield.example",
        postal_address="Wickfield Tools, 4 Weir Lane, Wickfield",
    )
    return SenderIdentity.objects.filter(name=new.name).first() or senders_edit.create(new, by=admin)


def _run(campaign: Campaign, lead: Member, now: clock.Clock, began: datetime) -> None:
    """Let the days pass: each morning mails are written, approved and sent; what readers do comes in its own time."""
    mailbox = MailFolder(Path(settings.MAILBOX_DIR or Path(settings.VAR_DIR) / "mailbox"))
    readers, to_come, seen = SimulatedAnswers(), list[tuple[datetime, int, ReaderAction, str]](), set[str]()
    order = count()
    for day in range(DAYS):
        now.at = began + timedelta(days=day)
        _work(campaign, lead)
        for at, doing, name in _due_actions(campaign, mailbox, seen):
            heapq.heappush(to_come, (at, next(order), doing, name))
        tomorrow = now.at + timedelta(days=1)
        while to_come and to_come[0][0] < tomorrow:
            at, _, doing, name = heapq.heappop(to_come)
            now.at = max(at, now.at)
            readers.carry_out(doing, mailbox.read(name) or b"")
        if day in LOOK_DAYS and Look.objects.filter(experiment__slug=SLUG).count() == LOOK_DAYS.index(day):
            record_look.record_look(Experiment.objects.get(slug=SLUG), by=lead)
    lifecycle.end(campaign, by=lead)
    if not Experiment.objects.filter(slug=SLUG, looks__is_final=True).exists():
        record_look.record_look(Experiment.objects.get(slug=SLUG), by=lead)


def _work(campaign: Campaign, lead: Member) -> None:
    """What workers and a lead do in a morning, until nothing is left to do today."""
    while True:
        moved = sum(tick.advance(work) for work in tick.campaigns_with_work() if work.campaign_id == campaign.pk)
        mine = [campaign.pk, *campaign.write_orders.values_list("order_id", flat=True)]
        jobs = list(Job.objects.filter(subject_id__in=mine).exclude(state__in=FINISHED))
        for job in jobs:
            run_job(job.pk, worker="demo")
            job.refresh_from_db()
            if job.state != "succeeded":
                raise RuntimeError(f"The demo's job '{job.title}' is {job.state}: {job.error or job.waiting_reason}")
        if not (moved or jobs or _approve(campaign, lead)):
            return


def _approve(campaign: Campaign, lead: Member) -> int:
    """The lead judges what waits: accepts what is right, mends what is wrong. She rejects none, so all mails go."""
    waiting = Message.objects.filter(campaign=campaign, state=MessageState.AWAITING, draft__isnull=False)
    drafts = {mail.draft_id: mail for mail in waiting.select_related("draft__record", "contact")}
    for mail in drafts.values():
        draft: Any = mail.draft
        card = deck.hold(lead, draft.pk)
        verdict = opinion(draft.fields, list(draft.labelled_defects), draft.marks)
        rng = random.Random(mail.contact.address)
        fields = None
        if verdict.verdict != "accept":
            fields = (
                fix_faults(draft.fields, set(draft.labelled_defects), draft.marks)
                if verdict.verdict == "edit"
                else _rewritten(draft)
            )
        decisions.record(
            draft.pk,
            by=lead,
            id=uuid.UUID(int=rng.getrandbits(128), version=4),
            verdict="accept" if fields is None else "edit",
            if_match=card.etag,
            fields=fields,
            seconds=round(rng.uniform(8, 30) if fields is None else rng.uniform(40, 120), 1),
        )
    return len(drafts)


def _rewritten(draft: Draft) -> dict[str, Any]:
    """Return the fields of a draft without mistakes, as a lead would rewrite one that cannot be fixed."""
    from demo import offline_teacher

    spec = draft.task_version.spec
    schema = [{"name": each.name, "type": each.type, "items": []} for each in spec.output_schema]
    written = offline_teacher.write(
        facts=draft.record.facts,
        offer=spec.offer.model_dump(mode="json"),
        output_fields=schema,
        seed=1,
        defect_rate=0.0,
    )
    return dict(written.fields)


def _due_actions(
    campaign: Campaign, mailbox: MailFolder, seen: set[str]
) -> Iterator[tuple[datetime, ReaderAction, str]]:
    """What comes of the mails that arrived since the last look: when, what, and the mail's name in the mailbox."""
    sent = Message.objects.filter(campaign=campaign, state=MessageState.SENT).exclude(message_id__in=seen)
    mails = sent.select_related("contact", "enrolment__arm", "step").order_by("sent_at", "contact__address")
    for mail in mails:
        seen.add(mail.message_id)
        arm, address = mail.enrolment.arm, mail.contact.address
        name = mailbox.of_message_id(mail.message_id)
        if not name or mail.sent_at is None:
            continue
        doings = (
            simulated_inboxes.actions_on_first_mail(
                address, arm=arm.name if arm else "", segment=mail.enrolment.segment
            )
            if mail.step.number == 1
            else simulated_inboxes.actions_on_second_mail(address)
        )
        for doing in doings:
            yield mail.sent_at + timedelta(hours=doing.after_hours), doing, name
