from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import timezone

from campaigns.models import Campaign, Event, Message, Reply, Stage, StageRun
from campaigns.pipelines import compose, contact_story
from campaigns.pipelines.compose import StagePlan
from campaigns.planning.plans import ArmPlan
from campaigns.sending import lifecycle, tick
from campaigns.states import EventKind, EventSource, ReplyClass, StageKind, StageState
from members.models import Member
from review.models import Record, Task
from review.states import Role
from tests.campaigns import factories, stage_rows
from tests.campaigns.pipeline.conftest import judge
from tests.campaigns.stage_rows import answer_orders, offline, read_pages, write_stage
from tests.review import factories as desk


@pytest.mark.slow
def test_a_mails_story_goes_from_its_pages_to_its_reply(
    task: Task, records: list[Record], lead: Member, admin: Member
) -> None:
    tasks = stage_rows.make_tasks(by=admin)
    for each in tasks.values():
        desk.join(lead, each, Role.LEAD)
    factories.make_people(task, records[:1])
    stages = [
        StagePlan("site", StageKind.RESEARCH, tasks["research"], offline(), {"company": "contact.company"}),
        StagePlan("bear", StageKind.VERIFY, inputs={"claim": "site.claims.text", "passage": "site.claims.quote"}),
        stage_rows.qualify_stage(tasks["qualify"], news="bear.claims.text"),
        write_stage(task, trigger="bear.claims.text"),
    ]
    version = compose.create(task, name="Spring", slug="spring", stages=stages, by=lead)
    lifecycle.launch(factories.make_draft_campaign(task, by=lead, arms=[ArmPlan("A", pipeline=version)]), by=lead)
    tick.advance_all()
    read_pages("Harrow Works opened a depot in Lund on 3 May.")
    tick.advance_all()
    claim = {
        "text": "Harrow Works opened a depot in Lund.",
        "quote": "opened a depot in Lund on 3 May",
        "url": "https://co0.example",
    }
    for answers in (
        {"research-task": lambda record: {"claims": [claim]}},
        {"qualify-task": lambda record: {"fit": "good"}},
        {"outreach": desk.mail},
    ):
        answer_orders(answers)
        tick.advance_all()
    mail = Message.objects.select_related("draft").get()
    assert mail.draft is not None
    judge(mail.draft, lead, "accept")
    replied = Event.objects.create(
        key="r", campaign=mail.campaign, message=mail, enrolment=mail.enrolment, kind=EventKind.REPLIED,
        source=EventSource.MAIL, occurred_at=timezone.now(),
    )  # fmt: skip
    Reply.objects.create(event=replied, message=mail, text="Call me.", meaning=ReplyClass.INTERESTED, meant_by="rules")

    [story] = contact_story.story_of(mail.contact)
    told = story.entries

    # The page's time is the order's, so it comes first.
    assert [entry.title for entry in told] == [
        "Pages read", "Research: site", "Verify claims: bear", "Qualify: lead", "Mail 1 written", "Decision: Accepted",
        "Replied", "Awaiting approval",
    ]  # fmt: skip
    pages, _, verified, _, written, _, reply, _ = told
    assert [line.url for line in pages.lines] == ["https://co0.example/"]
    # Its quote names nobody, and is read with the company before it.
    [looked_at] = verified.lines
    assert (looked_at.text, looked_at.quote, looked_at.verdict) == (claim["text"], claim["quote"], "supported")
    assert not looked_at.why
    assert (verified.by, verified.cost_usd) == ("rules", None)
    assert (written.by, str(written.cost_usd), written.seconds) == ("offline-composer", "0.002000", 0.5)
    assert (reply.note, reply.by) == ("Interested", "rules")


@pytest.mark.slow
def test_the_story_that_tells_most_is_of_who_met_and_else_of_who_answered_with_interest(
    task: Task, records: list[Record], lead: Member, as_member: Callable[[Member], Client]
) -> None:
    factories.make_people(task, records[:2])
    version = compose.create(task, name="Spring", slug="spring", stages=[write_stage(task)], by=lead)
    made = factories.make_draft_campaign(task, by=lead, arms=[ArmPlan("A", pipeline=version)])
    lifecycle.launch(made, by=lead)
    first, second = Message.objects.order_by("created_at", "pk")
    assert contact_story.most_told(made) is None

    answered = _happened(first, EventKind.REPLIED)
    Reply.objects.create(event=answered, message=first, text="No.", meaning=ReplyClass.NOT_INTERESTED)
    assert contact_story.most_told(made) is None
    Reply.objects.filter(event=answered).update(meaning=ReplyClass.INTERESTED)
    assert contact_story.most_told(made) == first.contact
    _happened(second, EventKind.MEETING)
    assert contact_story.most_told(made) == second.contact

    page = as_member(lead).get(f"/campaigns/{made.slug}/").content.decode()
    assert f'href="/contacts/{second.contact_id}/story/"' in page


def test_of_two_who_met_the_one_whose_claim_stands_is_told(task: Task, records: list[Record], lead: Member) -> None:
    factories.make_people(task, records[:2])
    version = compose.create(task, name="Spring", slug="spring", stages=[write_stage(task)], by=lead)
    made = factories.make_draft_campaign(task, by=lead, arms=[ArmPlan("A", pipeline=version)])
    lifecycle.launch(made, by=lead)
    first, second = Message.objects.order_by("created_at", "pk")
    for mail in (first, second):
        _happened(mail, EventKind.MEETING)
    verify = Stage.objects.create(version=version, position=1, name="bear", kind=StageKind.VERIFY)
    StageRun.objects.create(message=first, stage=verify, state=StageState.PASSED)
    StageRun.objects.create(
        message=second, stage=verify, state=StageState.PASSED, output={"claim": {"text": "It moved."}}
    )

    assert contact_story.most_told(made) == second.contact


@pytest.mark.slow
def test_a_simulated_contacts_pages_say_so(
    task: Task, records: list[Record], lead: Member, as_member: Callable[[Member], Client]
) -> None:
    factories.make_people(task, records[:1])
    made = factories.make_draft_campaign(task, by=lead, is_simulated=True)
    lifecycle.launch(made, by=lead)
    mail, client = Message.objects.get(), as_member(lead)
    paths = (
        f"/contacts/{mail.contact_id}/", f"/contacts/{mail.contact_id}/story/", f"/campaigns/{made.slug}/mails/",
        f"/campaigns/{made.slug}/mails/{mail.pk}/", f"/campaigns/{made.slug}/dry-run/",
        f"/campaigns/{made.slug}/replies/",
    )  # fmt: skip

    assert [path for path in paths if "Simulated." not in client.get(path).content.decode()] == []
    Campaign.objects.filter(pk=made.pk).update(is_simulated=False)
    assert [path for path in paths if "Simulated." in client.get(path).content.decode()] == []


def _happened(mail: Message, kind: EventKind) -> Event:
    return Event.objects.create(
        key=f"{kind}{mail.pk.hex}", campaign_id=mail.campaign_id, message=mail, enrolment_id=mail.enrolment_id,
        kind=kind, source=EventSource.MAIL, occurred_at=timezone.now(),
    )  # fmt: skip
