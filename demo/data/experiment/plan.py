"""Plan of the demo's campaign: contacts, three arms, the pipeline of one of them, and the claim of its experiment."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path

from campaigns.contacts.imports.import_file import import_contacts
from campaigns.experiments import register
from campaigns.experiments.design import ExperimentRequest
from campaigns.models import Campaign, ContactImport, Experiment, Pipeline, PipelineVersion, SenderIdentity
from campaigns.pipelines import compose
from campaigns.pipelines.compose import StagePlan
from campaigns.planning import edit
from campaigns.planning.edit import MINIATURES
from campaigns.planning.plans import ArmPlan, CampaignPlan
from campaigns.senders import edit as senders_edit
from campaigns.sending import lifecycle
from campaigns.states import Approval, CampaignState, StageKind
from demo.data import rounds
from demo.data.claim_check import CLAIM_CHECK
from demo.data.company_news import COMPANY_NEWS
from demo.data.experiment import population
from generation.models import Teacher
from generation.teachers.seeds import OFFLINE_SLUG
from members.models import Member
from review.models import Record, Task
from review.states import Split

SLUG = "four-miniatures"
PEOPLE = "fictional-people.csv"
# Fixed, so that branches have the same arms on every machine.
SALT = "6d696e6961747572657320647565202121"[:32]
# Contacts; and the number that a margin of one point requires in each arm.
CONTACTS, NEEDED = 25_050, 8_200
# More companies than the demo holds out.
COMPANIES = 300
HORIZON_DAYS = 14
REQUEST = ExperimentRequest(
    hypothesis="By simulated readers' checks, mails of one or four miniatures are no worse than the large teacher's.",
    margin=0.01,
    baseline=0.056,
    icc=0.0,
    horizon_days=HORIZON_DAYS,
)


def launched(admin: Member, lead: Member, task: Task, *, contacts: int, companies: int) -> Campaign:
    """Return the launched campaign; make its missing parts.

    Args:
        admin: Admin, for steps that require one.
        lead: Lead of the tasks of mails and stages.
        companies: Largest number of companies of the contacts.
    """
    campaign = Campaign.objects.filter(slug=SLUG).first()
    if campaign is None:
        # Contacts that a user has imported are not part of the demo.
        batch = ContactImport.objects.filter(task=task, filename=PEOPLE).first() or _import(
            lead, task, contacts, companies
        )
        campaign = edit.create(task, _plan(admin, lead, task, batch), slug=SLUG, by=lead)
    if campaign.state == CampaignState.PLANNED:
        Campaign.objects.filter(pk=campaign.pk).update(salt=SALT)
        campaign.refresh_from_db()
        if not Experiment.objects.filter(campaign=campaign, registered_at__isnull=False).exists():
            register.register(campaign, REQUEST, by=lead, simulated_truth=population.registered_effects())
        lifecycle.launch(campaign, by=lead)
    return Campaign.objects.select_related("task").get(pk=campaign.pk)


def companies_of(task: Task) -> list[Mapping[str, str]]:
    """Return the facts of the held-out companies, sorted by name."""
    held_out = Record.objects.filter(task=task, split=Split.TEST, source__name="Demo prospects")
    return list(held_out.order_by("title").values_list("facts", flat=True))


def _import(lead: Member, task: Task, count: int, companies: int) -> ContactImport:
    rows = population.people(companies_of(task)[:companies], count)
    names = list(dict.fromkeys(name for row in rows for name in row))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / PEOPLE
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, names, restval="")
            writer.writeheader()
            writer.writerows(rows)
        return import_contacts(task, path, by=lead, filename=path.name).batch


def _plan(admin: Member, lead: Member, task: Task, batch: ContactImport) -> CampaignPlan:
    return CampaignPlan(
        name="Four miniatures against a large teacher (simulated)",
        arms=[
            ArmPlan(population.TEACHER, teacher=Teacher.objects.get(slug=OFFLINE_SLUG), is_control=True),
            ArmPlan(population.MINIATURE, teacher=_model_of(task)),
            ArmPlan(population.PIPELINE, pipeline=_pipeline(lead, task)),
        ],
        sender=_sender(admin),
        approval=Approval.SAMPLE,
        sample_share=0.05,
        max_model_usd=Decimal(1),
        mails_per_minute=60_000,
        daily_cap=2_000,
        quiet_from=0,
        quiet_until=0,
        sends_at_weekends=True,
        audience={"import": str(batch.pk)},
        is_simulated=True,
    )


def _model_of(task: Task) -> Teacher:
    """Return a task's served miniature as a teacher; the offline teacher in a demo without it."""
    miniature = rounds.miniature_of(task.slug)
    own = Teacher.objects.filter(provided_by=f"{MINIATURES}:{miniature.pk}").first() if miniature else None
    return own or Teacher.objects.get(slug=OFFLINE_SLUG)


def _pipeline(lead: Member, task: Task) -> PipelineVersion:
    there = Pipeline.objects.filter(slug=SLUG).first()
    known = compose.latest(there) if there is not None else None
    return known or compose.create(task, name="Four miniatures", slug=SLUG, stages=_stages(task), by=lead)


def _stages(task: Task) -> Sequence[StagePlan]:
    news, checking = Task.objects.get(slug=COMPANY_NEWS.slug), Task.objects.get(slug=CLAIM_CHECK.slug)
    claim, company = {"claim": "site.claims.text", "passage": "site.claims.quote"}, {"company": "contact.company"}
    return [
        StagePlan("site", StageKind.RESEARCH, news, _model_of(news), company),
        StagePlan("check", StageKind.VERIFY, checking, _model_of(checking), {**claim, **company}),
        StagePlan("write", StageKind.WRITE, task, _model_of(task), {"trigger": "check.claims.text"}),
    ]


def _sender(admin: Member) -> SenderIdentity:
    new = senders_edit.NewSender(
        name="Mara Ellwood",
        from_name="Mara Ellwood",
        from_address="mara@wickfield.example",
        reply_address="mara@wickfield.example",
        postal_address="Wickfield Tools, 4 Weir Lane, Wickfield",
    )
    return SenderIdentity.objects.filter(name=new.name).first() or senders_edit.create(new, by=admin)
