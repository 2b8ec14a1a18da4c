"""What of the seeded installation asks, mails or calls the world outside: orders, campaigns, webhooks."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.utils import timezone

from campaigns.experiments import register
from campaigns.experiments.design import ExperimentRequest
from campaigns.models import Event, Reply, UnmatchedReply
from campaigns.pipelines import compose
from campaigns.pipelines.compose import StagePlan
from campaigns.states import EventKind, EventSource, MessageState, StageKind
from demo.mail_sink.mail_folder import MailFolder
from generation.models import (
    Call,
    JudgedText,
    Judging,
    PriceEntry,
    Research,
    ResearchedSite,
    Synthesis,
    TaskProposal,
    Teacher,
    WebPage,
)
from generation.money import limits
from generation.orders import launch as generation
from generation.states import BudgetScope
from members.models import Member
from review.models import Task
from tests.campaigns import experiment_rows
from tests.campaigns import factories as campaigns
from tests.review import factories as desk
from webhooks.models import Hook

# All that belongs to the task carries this word.
CANARY = "kestrel"


class Outside:
    """One of each, of the task of an installation."""

    task: Task
    admin: Member
    objects: dict[str, Any]

    def _generation(self) -> None:
        offline = Teacher.objects.get(slug="offline")
        order = generation.launch(generation.OrderRequest(self.task, teacher=offline, count=2, by=self.admin, seed=1))
        price = PriceEntry.objects.create(
            provider="openai", model="matrix", input_usd_per_million=1, output_usd_per_million=1, as_of="2026-01-01"
        )
        budget = limits.set_limit(scope=BudgetScope.TASK_TOTAL, task=self.task, limit_usd=Decimal(100), by=self.admin)
        proposal = TaskProposal.objects.create(
            task=self.task, base_version=order.task_version, created_by=self.admin,
            changes=[{"part": "forbidden_phrase", "value": CANARY, "why": CANARY, "decisions": []}],
        )  # fmt: skip
        research = Research.objects.create(task=self.task, job=order.job, name=CANARY, created_by=self.admin)
        site = ResearchedSite.objects.create(research=research, number=1, title=CANARY)
        WebPage.objects.create(
            site=site, number=1, way="start", url="https://x.example/", text=CANARY, fetched_at=timezone.now()
        )
        made_up = generation.launch(generation.OrderRequest(self.task, teacher=offline, count=1, by=self.admin, seed=2))
        synthesis = Synthesis.objects.create(
            task=self.task, order=made_up, number=1, count=10, per_call=5, about=CANARY, created_by=self.admin
        )
        asked = generation.launch(generation.OrderRequest(self.task, teacher=offline, count=1, by=self.admin, seed=3))
        judging = Judging.objects.create(
            task=self.task, order=asked, subject=CANARY, subject_id=order.pk, subject_url="/", prompt_version=1
        )
        JudgedText.objects.create(
            judging=judging, place=0, record_id=order.record_ids[0], passes=True, expert_passes=False, why=CANARY
        )
        call = Call.objects.create(
            pk=uuid4(), order=order, record_id=order.record_ids[0], state="failed", error_message=CANARY
        )
        self.objects |= {
            "call": call.pk,
            "research": research.pk,
            "synthesis": synthesis.pk,
            "judging": judging.pk,
            "proposal": proposal.pk,
            "teacher": offline.slug,
            "order": order.pk,
            "price": price.pk,
            "budget": budget.pk,
        }

    def _campaigns(self) -> None:
        records = desk.make_records(desk.make_source(self.task), 20)
        people = campaigns.make_people(self.task, records)
        planned = experiment_rows.two_arms(self.task, by=self.admin)
        experiment = register.register(planned, ExperimentRequest(**experiment_rows.SAID), by=self.admin)
        sending = campaigns.make_sending_campaign(self.task, slug="first", name=f"{CANARY} first")
        sending.arms.create(name="One", position=0, weight=1, teacher=Teacher.objects.get(slug="offline"))
        mail = campaigns.make_mail(sending, people[0], state=MessageState.SENT)
        event = Event.objects.create(
            key=f"{CANARY}-reply", campaign=sending, message=mail, enrolment=mail.enrolment, kind=EventKind.REPLIED,
            source=EventSource.MAIL, occurred_at=timezone.now(),
        )  # fmt: skip
        reply = Reply.objects.create(event=event, message=mail, subject=CANARY, text="Please call.")
        unmatched = UnmatchedReply.objects.create(
            campaign=sending, key=CANARY, message_id="1@co0.example", sender="other@co0.example", sender_hmac="0" * 64,
            cluster=people[0].cluster, subject=CANARY, text="Please call.", meaning="other",
        )  # fmt: skip
        version = compose.create(
            self.task, name=f"{CANARY} pipeline", slug="matrix-pipeline", by=self.admin,
            stages=[StagePlan("write", StageKind.WRITE, self.task, Teacher.objects.get(slug="offline"))],
        )  # fmt: skip
        name = MailFolder(settings.MAILBOX_DIR).keep(
            f"Message-ID: <{mail.pk}@sender.example>\r\nSubject: Hello\r\n\r\nHi".encode(),
            sender="nora@sender.example", recipients=["a@b.example"],
        )  # fmt: skip
        mail.message_id = f"{mail.pk}@sender.example"
        mail.save(update_fields=["message_id"])
        self.objects |= {
            "kept": name, "campaign": sending.slug, "sender": sending.sender.slug, "experiment": experiment.slug,
            "mail": mail.pk, "pipeline": version.pipeline.slug, "contact": people[0].pk, "hmac": people[0].address_hmac,
            "reply": reply.pk, "unmatched": unmatched.pk,
        }  # fmt: skip

    def _webhooks(self) -> None:
        hook = Hook.objects.create(
            name=CANARY, url="https://hooks.example/in", events=["job.finished"], task_slug=self.task.slug,
            created_by=self.admin,
        )  # fmt: skip
        self.objects |= {"hook": hook.pk}
