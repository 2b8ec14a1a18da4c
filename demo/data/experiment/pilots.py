"""The mails of the demo's campaign that go the whole way: one for each arm and company, through stages, desk, wire and webhook.

Equal facts share a draft, so these few bring every draft of the campaign. The mails to all others, which `others` lays down, say
the same words.
"""

from __future__ import annotations

import random
import uuid
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from django.conf import settings
from django.utils import timezone

from campaigns.models import Campaign, Enrolment, Message
from campaigns.sending import tick
from campaigns.states import MessageState
from demo.data.experiment import population
from demo.data.simulated_reviewers import fix_faults, opinion
from demo.mail_sink import server
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
    """Take the planned mails of all others out of the product's hands; they are laid down once these have gone."""
    planned = Message.objects.filter(
        campaign=campaign, state__in=(MessageState.PREPARING, MessageState.PLANNED), draft__isnull=True
    )
    if planned.count() == Enrolment.objects.filter(campaign=campaign).count():
        # Nothing points at them yet, so nothing has to be looked for that would go with them.
        rest = planned.exclude(enrolment__in=list(chosen(campaign).values()))
        rest._raw_delete(rest.db)


def chosen(campaign: Campaign) -> dict[tuple[uuid.UUID, uuid.UUID], uuid.UUID]:
    """One enrolment for each arm and record; in the arm of the pipeline one who meets, where there is any."""
    names = ("pk", "arm_id", "contact__record_id", "arm__name", "contact__address")
    best: dict[tuple[uuid.UUID, uuid.UUID], tuple[int, str, uuid.UUID]] = {}
    for pk, arm_id, record, arm, address in Enrolment.objects.filter(campaign=campaign).values_list(*names):
        # No mail is written yet: it is somebody who would answer a poor one.
        done = population.actions(address, chance=population.BEST / 2) if arm == population.PIPELINE else []
        # A contact's story is whole with somebody who met.
        rank = (-sum(each.kind == "meeting" for each in done), address, pk)
        best[arm_id, record] = min(best.get((arm_id, record), rank), rank)
    return {key: pk for key, (_, _, pk) in best.items()}


@contextmanager
def to_sink() -> Iterator[None]:
    """Send over SMTP to a sink of this process, which keeps mails where the mailbox page looks."""
    folder = Path(settings.MAILBOX_DIR or Path(settings.VAR_DIR) / "mailbox")
    with (
        server.running(folder) as (host, port),
        patch.multiple(settings, EMAIL_HOST=host, EMAIL_PORT=port, CAMPAIGN_LINGER_S=0),
    ):
        yield


def send(campaign: Campaign, lead: Member, *, live: bool = False) -> None:
    """Do what workers and a lead do, until every mail has gone or will not.

    Args:
        campaign: Launched.
        lead: Who judges what waits.
        live: Have miniatures answer by their weights, and keep what they say, instead of playing it back.

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
    asked = [*campaign.write_orders.values_list("order_id", flat=True)]
    asked += campaign.stage_orders.values_list("order_id", flat=True)
    sites = Message.objects.filter(campaign=campaign, stage_runs__site__isnull=False)
    asked += sites.values_list("stage_runs__site__research_id", flat=True).distinct()
    yield from Job.objects.filter(subject_id__in=[campaign.pk, *asked]).exclude(state__in=FINISHED)


def _run(job: Job, live: bool) -> None:
    """Do a job as a worker does; sites are generated, and a miniature's answers are played back."""
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
        # Engines go by the machine's clock, not by the one that stands still here.
        WebPage.objects.filter(site__research__job=job).update(fetched_at=timezone.now())
    job.refresh_from_db()
    if job.state != "succeeded":
        raise RuntimeError(f"The demo's job '{job.title}' is {job.state}: {job.error or job.waiting_reason}")


def _approve(campaign: Campaign, lead: Member) -> int:
    """Accept, edit or rewrite what waits; none is rejected, so all mails go."""
    waiting = Message.objects.filter(campaign=campaign, state=MessageState.AWAITING, draft__isnull=False)
    drafts: dict[uuid.UUID, Draft] = {}
    for mail in waiting.select_related("draft__record", "draft__task_version"):
        if mail.draft is not None:
            drafts[mail.draft.pk] = mail.draft
    for draft in drafts.values():
        fields = _wanted(draft)
        rng = random.Random(f"{draft.record.title} {draft.fields_hash}")
        decisions.record(
            draft.pk,
            by=lead,
            id=uuid.uuid5(draft.pk, "decision"),
            verdict="accept" if fields is None else "edit",
            if_match=deck.hold(lead, draft.pk).etag,
            fields=fields,
            seconds=round(rng.uniform(8, 30) if fields is None else rng.uniform(40, 120), 1),
        )
    return len(drafts)


def _wanted(draft: Draft) -> dict[str, Any] | None:
    """Fields as the lead would send them; None where they may go as they are."""
    verdict = opinion(draft.fields, list(draft.labelled_defects), draft.marks)
    if verdict.verdict == "edit":
        return fix_faults(draft.fields, set(draft.labelled_defects), draft.marks)
    # What a check marks in a miniature's mail is mostly a sentence that came to nothing.
    if verdict.verdict == "accept" and not (draft.marks and draft.origin != "teacher" and not draft.labelled_defects):
        return None
    rewritten = _rewritten(draft)
    return None if rewritten == draft.fields else rewritten


def _rewritten(draft: Draft) -> dict[str, Any]:
    """Fields of a draft without mistakes, as a lead would rewrite one that cannot be fixed."""
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


def by_arm_and_record(campaign: Campaign) -> dict[tuple[uuid.UUID | None, uuid.UUID | None], Message]:
    """The mail of each arm and contact's record that went the whole way, with its words."""
    related = ("contact__record", "step", "arm", "campaign__sender", "draft__task_version", "draft__gold__decision")
    mails = Message.objects.filter(enrolment__in=list(chosen(campaign).values())).select_related(*related)
    found: dict[tuple[uuid.UUID | None, uuid.UUID | None], Message] = defaultdict()
    for mail in mails.defer("draft__messages"):
        found[mail.arm_id, mail.contact.record_id] = mail
    return found
