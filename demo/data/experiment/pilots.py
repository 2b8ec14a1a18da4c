"""Pilots: one mail of the demo's campaign for each arm and company, sent through stages, desk, SMTP and webhook.

Equal facts share a draft, so the pilots have every draft of the campaign. `others` copies their words to all other
contacts.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from django.conf import settings
from django.utils import timezone

from campaigns.compose import message as composing
from campaigns.models import Campaign, Enrolment, Message
from campaigns.sending import tick
from campaigns.states import MessageState
from demo.data import clock
from demo.data.experiment import population
from demo.data.simulated_reviewers import fix_faults, opinion
from demo.mail_sink import server
from demo.mail_sink.mail_folder import MailFolder
from demo.offline_teacher import client
from generation.models import Order, WebPage
from jobs.kinds import registry
from jobs.models import PLAYED_BACK, Job
from jobs.states import FINISHED
from jobs.supervisor.run_job import run_job
from members.models import Member
from review.desk import decisions, deck
from review.models import Draft

READING, ANSWERING, ANSWERING_LIVE = "demo.recordings.pages", "demo.recordings.answers", "demo.recordings.answer_live"


def hold_back(campaign: Campaign) -> None:
    """Remove the planned mails of all other contacts; `others` inserts them after the pilots were sent."""
    planned = Message.objects.filter(
        campaign=campaign, state__in=(MessageState.PREPARING, MessageState.PLANNED), draft__isnull=True
    )
    if planned.count() == Enrolment.objects.filter(campaign=campaign).count():
        # No row refers to them yet, so a raw delete without cascades is enough.
        rest = planned.exclude(enrolment__in=list(chosen(campaign).values()))
        rest._raw_delete(rest.db)


def chosen(campaign: Campaign) -> dict[tuple[uuid.UUID, uuid.UUID], uuid.UUID]:
    """Choose for each arm and record the enrolment that is first in the drawn order, whatever its reader will do."""
    names = ("contact__address", "arm_id", "contact__record_id", "pk")
    rows = Enrolment.objects.filter(campaign=campaign).values_list(*names)
    last_first = sorted(rows, key=lambda row: population.day_of(row[0]), reverse=True)
    return {(arm_id, record_id): pk for _, arm_id, record_id, pk in last_first}


def mailbox() -> Path:
    """Return the folder of the local mailbox."""
    return Path(settings.MAILBOX_DIR or Path(settings.VAR_DIR) / "mailbox")


@contextmanager
def to_sink() -> Iterator[None]:
    """Send over SMTP to a sink of this process, which stores mails in the local mailbox."""
    with (
        server.running(mailbox()) as (host, port),
        patch.multiple(settings, EMAIL_HOST=host, EMAIL_PORT=port, CAMPAIGN_LINGER_S=0),
    ):
        yield


def send(campaign: Campaign, lead: Member, *, live: bool = False) -> None:
    """Do the jobs of workers and the verdicts of a lead, until every mail is sent or given up.

    Args:
        campaign: Launched campaign.
        lead: Lead who judges waiting drafts.
        live: Whether miniatures answer by their weights and are recorded, instead of playing recordings back.

    Raises:
        RuntimeError: A job did not succeed.
    """
    while True:
        moved = sum(tick.advance(work) for work in tick.campaigns_with_work() if work.campaign_id == campaign.pk)
        jobs = list(_jobs(campaign))
        for job in jobs:
            _run(job, live)
        if not (moved or jobs or _approve(campaign, lead)):
            return


def _jobs(campaign: Campaign) -> Iterator[Job]:
    jobs = [*campaign.write_orders.values_list("order_id", flat=True)]
    jobs += campaign.stage_orders.values_list("order_id", flat=True)
    sites = Message.objects.filter(campaign=campaign, stage_runs__site__isnull=False)
    jobs += sites.values_list("stage_runs__site__research_id", flat=True).distinct()
    yield from Job.objects.filter(subject_id__in=[campaign.pk, *jobs]).exclude(state__in=FINISHED)


def _run(job: Job, live: bool) -> None:
    """Do a job as a worker does, with generated sites and recorded answers of miniatures."""
    order = Order.objects.filter(job=job).select_related("teacher").first()
    engine = ""
    if job.kind == "research":
        engine = READING
    elif order is not None and order.teacher.provided_by:
        engine = ANSWERING_LIVE if live else ANSWERING
        Job.objects.filter(pk=job.pk).update(spec={**job.spec, PLAYED_BACK: True})
    with ExitStack() as patches:
        if engine:
            patches.enter_context(patch.object(registry.KINDS[job.kind], "engine_module", engine))
        run_job(job.pk, worker="demo")
    if engine == READING:
        # Engines use the machine's clock, not the patched one.
        WebPage.objects.filter(site__research__job=job).update(fetched_at=timezone.now())
    job.refresh_from_db()
    if job.state != "succeeded":
        raise RuntimeError(f"The demo's job '{job.title}' is {job.state}: {job.error or job.waiting_reason}")


def _approve(campaign: Campaign, lead: Member) -> int:
    """Accept, edit or rewrite waiting drafts; none is rejected, so all mails are sent."""
    waiting = Message.objects.filter(campaign=campaign, state=MessageState.AWAITING, draft__isnull=False)
    drafts: dict[uuid.UUID, Draft] = {}
    for mail in waiting.select_related("draft__record", "draft__task_version"):
        if mail.draft is not None:
            drafts[mail.draft.pk] = mail.draft
    for draft in drafts.values():
        fields = _wanted(draft)
        rng = random.Random(f"{draft.record.title} {draft.fields_hash}")
        seconds = round(rng.uniform(8, 30) if fields is None else rng.uniform(40, 120), 1)
        etag = deck.hold(lead, draft.pk).etag
        clock.wait(seconds)
        decisions.record(
            draft.pk,
            by=lead,
            id=uuid.uuid5(draft.pk, "decision"),
            verdict="accept" if fields is None else "edit",
            if_match=etag,
            fields=fields,
            seconds=seconds,
        )
    return len(drafts)


def _wanted(draft: Draft) -> dict[str, Any] | None:
    """Return the fields as the lead would send them; None where the draft is good."""
    verdict = opinion(draft.fields, list(draft.labelled_defects), draft.marks)
    if verdict.verdict == "edit":
        return fix_faults(draft.fields, set(draft.labelled_defects), draft.marks)
    # A mark in a miniature's mail is mostly on a broken sentence.
    if verdict.verdict == "accept" and not (draft.marks and draft.origin != "teacher" and not draft.labelled_defects):
        return None
    # Without mistakes, as a lead would rewrite a draft that cannot be fixed.
    task = draft.task_version.spec
    rewritten = dict(client.composed(task, draft.record.facts, seed=1, defect_rate=0.0).fields)
    return None if rewritten == draft.fields else rewritten


def by_arm_and_record(campaign: Campaign) -> dict[tuple[uuid.UUID | None, uuid.UUID | None], Message]:
    """Return the sent pilot by arm and record, with its words."""
    related = ("contact__record", "step", "arm", "campaign__sender", "draft__task_version", "draft__gold__decision")
    mails = Message.objects.filter(enrolment__in=list(chosen(campaign).values())).select_related(*related)
    return {(mail.arm_id, mail.contact.record_id): mail for mail in mails.defer("draft__messages")}


def write_again(slug: str) -> None:
    """Write the pilots into the local mailbox as they would be sent today, after rows were restored from a snapshot."""
    campaign = Campaign.objects.filter(slug=slug).first()
    if campaign is None:
        return
    folder = MailFolder(mailbox())
    enrolments = list(chosen(campaign).values())
    related = (
        "campaign__sender", "contact", "enrolment__sender", "step", "arm", "draft__task_version",
        "draft__gold__decision",
    )  # fmt: skip
    sent = Message.objects.filter(enrolment__in=enrolments, state=MessageState.SENT).select_related(*related)
    links = composing.links_of(campaign)
    for message in sent.order_by("sent_at", "pk"):
        mail = composing.compose(message, links=links).mail
        raw = mail.message().as_bytes(linesep="\r\n")  # type: ignore[call-arg]
        folder.keep(raw, sender=mail.from_email, recipients=[message.contact.address])
