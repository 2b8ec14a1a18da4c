"""Servers that count, and a campaign whose every stage asks a model of a provider that bills."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings

from campaigns.answers import setup
from campaigns.answers.setup import InboxChoice
from campaigns.models import Campaign
from campaigns.pipelines import compose
from campaigns.pipelines.compose import StagePlan
from campaigns.planning.plans import ArmPlan, StepPlan
from campaigns.sending import lifecycle
from campaigns.states import Approval, StageKind, StepWriter
from generation.models import Teacher
from members.models import Member
from review.models import Task
from review.states import Role
from tests.campaigns import factories, stage_rows
from tests.campaigns.answers.tasks_of_replies import make_answer_task
from tests.campaigns.pipeline.claims.claim_rows import CLAIMS
from tests.campaigns.sending.conftest import IN_FULL
from tests.campaigns.sending.test_fault_drills import Server, server
from tests.campaigns.under_fire.stage_provider import CHECK_WORDS, StageProvider
from tests.generation.provider_server import Running
from tests.jobs.fleet import LONG_LEASE_S, database_url
from tests.review import factories as desk

__all__ = ["Server", "server"]
KEY = "sk-canary-walk-0123456789abcdef"
EVERY = {"": 150, "sort": 12, "answer": 20} if IN_FULL else {"": 1_000}
SECOND = StepPlan(StepWriter.TEMPLATE, 3600, "Again", "Hi {{contact.first_name}},\n\nme again.\n\nNora")


@pytest.fixture
def provider(settings: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[StageProvider]:
    """The provider, and a teacher `gpt` that asks it."""
    settings.ALLOWED_PRIVATE_HOSTS = ["127.0.0.1"]
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    running = Running(StageProvider(Path(settings.RUNS_DIR), tmp_path / "wanted", every=EVERY))
    Teacher.objects.create(
        slug="gpt", name="GPT", provider="openai", model="gpt-4o", base_url=f"{running.url}/v1",
        secret_ref="OPENAI_API_KEY", concurrency=2,
    )  # fmt: skip
    yield running.provider
    running.close()


@pytest.fixture
def launch(
    transactional_db: None, provider: StageProvider, admin: Member, make_member: Callable[..., Member]
) -> Callable[[int], Campaign]:
    """Launch a campaign of two mails to so many contacts, all stages asked of the provider."""

    def launched(contacts: int) -> Campaign:
        lead, task = make_member("lea"), desk.make_task(by=admin)
        tasks = {**stage_rows.make_tasks(by=admin), "check": make_check_task(admin), "answer": make_answer_task(admin)}
        for each in (task, *tasks.values()):
            desk.join(lead, each, Role.LEAD)
        make_people(task, contacts)
        gpt = Teacher.objects.get(slug="gpt")
        version = compose.create(task, name="Walk", slug="walk", stages=stages(task, tasks, gpt), by=lead)
        campaign = factories.make_draft_campaign(
            task, by=lead, arms=[ArmPlan("A", pipeline=version)], steps=[StepPlan(), SECOND], approval=Approval.SAMPLE,
            sample_share=0.1, reply_teacher=gpt, max_model_usd=Decimal(100), mails_per_minute=60_000,
            daily_cap=100_000, quiet_from=0, quiet_until=0, sends_at_weekends=True,
            # A tenth of the readers leave: the guardrail is to let them.
            max_unsubscribes=0.25,
        )  # fmt: skip
        setup.choose(campaign, InboxChoice(answer_task=tasks["answer"], answer_teacher=gpt), by=lead)
        return lifecycle.launch(campaign, by=lead)

    return launched


def make_check_task(by: Member) -> Task:
    """A claim task whose questions can be told from those of the verify stage."""
    spec = stage_rows.claim_spec()
    words = f"{spec.instruction} {CHECK_WORDS}"
    return desk.make_task(by=by, spec=spec.model_copy(update={"instruction": words}), slug="check-task")


def make_people(task: Task, count: int) -> None:
    """Contacts whose records hold a page of their company."""
    records = desk.make_records(desk.make_source(task), count)
    for record in records:
        page = f"{record.facts['company']} opened a depot in Lund on 3 May. It employs 140 people."
        record.facts = {**record.facts, "notes": page, "goal": "https://co.example/news"}
    type(records[0]).objects.bulk_update(records, ["facts"], batch_size=500)
    factories.make_people(task, records)


def stages(task: Task, tasks: dict[str, Task], teacher: Teacher) -> list[StagePlan]:
    """Research, verify, qualify, write, check."""
    own = {"company": "contact.company"}
    page = {**own, "source_1": "record.notes", "source_1_url": "record.goal"}
    fits = {**own, "sector": "record.sector", "news": "bear.claims.text"}
    return [
        StagePlan("site", StageKind.RESEARCH, tasks["research"], teacher, page),
        StagePlan("bear", StageKind.VERIFY, tasks["verify"], teacher, {**CLAIMS, **own}),
        StagePlan("lead", StageKind.QUALIFY, tasks["qualify"], teacher, fits, {"field": "fit", "in": ["good"]}),
        StagePlan("write", StageKind.WRITE, task, teacher, {"trigger": "bear.claims.text"}),
        StagePlan("facts", StageKind.CHECK, tasks["check"], teacher, own),
    ]


def environment(server: Server) -> dict[str, str]:
    """Of a worker of the drill."""
    return {
        **os.environ, "DJANGO_SETTINGS_MODULE": "miniatures_site.settings.test", "BROKER_URL": "memory://",
        "TEST_VAR_DIR": str(django_settings.VAR_DIR), "TEST_DATABASE_URL": database_url(), "OPENAI_API_KEY": KEY,
        "ALLOWED_PRIVATE_HOSTS": "127.0.0.1", "JOB_LEASE_S": str(LONG_LEASE_S), "JOB_HEARTBEAT_S": "0.1",
        "JOB_MAX_ATTEMPTS": "10000", "EMAIL_BACKEND": "campaigns.sending.smtp_backend.EmailBackend",
        "EMAIL_HOST": "127.0.0.1", "EMAIL_PORT": str(server.port), "PYTHONPATH": str(django_settings.BASE_DIR),
    }  # fmt: skip
