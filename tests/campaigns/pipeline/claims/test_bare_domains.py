"""Research that begins with a company's web domain: read, not to be read, ended meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from campaigns.models import Campaign, Contact, Message, StageOrder, StageRun
from campaigns.privacy import export_and_erase
from campaigns.sending import lifecycle, tick
from generation.models import Order, Research, ResearchedSite
from jobs.models import Job
from jobs.states import JobState
from members.models import Member
from review.models import Task
from review.states import Role
from tests.campaigns.pipeline.claims.claim_rows import (
    OPENED,
    PAGE,
    claim,
    research,
    site_stage,
)
from tests.campaigns.pipeline.conftest import states
from tests.campaigns.stage_rows import answer_orders, read_pages, write_stage
from tests.review import factories as desk
from web.errors import Refusal


@pytest.mark.slow
def test_research_begins_with_a_bare_domain(
    start: Callable[..., Campaign], task: Task, tasks: dict[str, Task], lead: Member
) -> None:
    campaign = start(site_stage(tasks), write_stage(task, trigger="site.claims.text"))

    tick.advance_all()
    site = ResearchedSite.objects.get()
    assert site.url == "https://co0.example/"
    assert not Order.objects.exists()
    read_pages(PAGE)
    tick.advance_all()
    assert StageOrder.objects.get().order.count == 1
    answer_orders(research(claim(OPENED["text"], OPENED["quote"], "https://co0.example")))
    tick.advance_all()

    assert states(campaign) == {"writing": 1}
    run = StageRun.objects.select_related("record", "site").get()
    assert run.record is not None and run.record.facts["source_1"] == PAGE
    assert run.site is not None and run.site.made_record == run.record
    assert run.output["claims"][0]["text"] == OPENED["text"]


@pytest.mark.slow
def test_a_site_that_cannot_be_read_fails_the_mail_and_is_read_again(
    start: Callable[..., Campaign], task: Task, tasks: dict[str, Task], lead: Member
) -> None:
    campaign = start(site_stage(tasks), write_stage(task, trigger="site.claims.text"))
    tick.advance_all()
    read_pages()
    tick.advance_all()
    assert Message.objects.get().problem == "site: No page of its site could be read."

    tick.order_drafts.write_again(campaign, by=lead)
    tick.advance_all()

    assert Research.objects.count() == 2
    assert states(campaign) == {"preparing": 1}


@pytest.mark.slow
def test_an_address_of_a_public_provider_names_no_site(
    start: Callable[..., Campaign], task: Task, tasks: dict[str, Task]
) -> None:
    campaign = start(site_stage(tasks), write_stage(task, trigger="site.claims.text"))
    Contact.objects.update(cluster="person0@gmail.com")

    tick.advance_all()

    assert states(campaign) == {"failed": 1}
    assert "no web domain" in Message.objects.get().problem


def test_research_is_told_no_fact_that_is_empty_for_its_contact(
    start: Callable[..., Campaign], task: Task, tasks: dict[str, Task]
) -> None:
    stage = site_stage(tasks)
    inputs = {**stage.inputs, "site": "contact.segment"}
    start(replace(stage, inputs=inputs), write_stage(task, trigger="site.claims.text"))
    Contact.objects.update(company="Works 0", segment="")

    tick.advance_all()

    assert ResearchedSite.objects.get().facts == {"company": "Works 0"}


@pytest.mark.slow
def test_nobody_is_erased_while_pages_of_the_company_are_read(
    start: Callable[..., Campaign], task: Task, tasks: dict[str, Task]
) -> None:
    start(site_stage(tasks), write_stage(task, trigger="site.claims.text"))
    tick.advance_all()

    with pytest.raises(Refusal, match="being read"):
        export_and_erase.erase("person0@co0.example")


@pytest.mark.slow
def test_pages_are_read_no_more_once_the_campaign_has_ended(
    start: Callable[..., Campaign], task: Task, tasks: dict[str, Task], lead: Member
) -> None:
    campaign = start(site_stage(tasks), write_stage(task, trigger="site.claims.text"))
    tick.advance_all()
    before = Job.objects.get(research__isnull=False).state

    lifecycle.end(campaign, by=lead)

    assert before == JobState.QUEUED
    assert Job.objects.get(research__isnull=False).state in (JobState.CANCELLING, JobState.CANCELLED)


@pytest.mark.slow
def test_a_mail_whose_reading_of_pages_has_no_work_behind_it_fails_and_is_read_again(
    start: Callable[..., Campaign], task: Task, tasks: dict[str, Task], lead: Member
) -> None:
    campaign = start(site_stage(tasks), write_stage(task, trigger="site.claims.text"))
    tick.advance_all()
    Research.objects.update(job=None)

    tick.advance_all()
    problem = Message.objects.get().problem
    tick.order_drafts.write_again(campaign, by=lead)
    tick.advance_all()

    assert problem == "site: No page of its site could be read."
    assert Research.objects.count() == 2


def test_mails_fail_with_the_reason_where_no_pages_can_be_ordered(
    start: Callable[..., Campaign], task: Task, tasks: dict[str, Task], lead: Member
) -> None:
    campaign = start(site_stage(tasks), write_stage(task, trigger="site.claims.text"))
    desk.join(lead, tasks["research"], Role.VIEWER)

    tick.advance_all()

    assert states(campaign) == {"failed": 1}
    assert "no longer leads" in Message.objects.get().problem
