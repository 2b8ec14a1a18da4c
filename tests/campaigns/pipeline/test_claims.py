"""Research, verifying and checking: claims, their quotes, and who bears them out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from campaigns.models import Campaign, Contact, Message, StageOrder, StageRun
from campaigns.pipelines import compose, passages
from campaigns.pipelines.compose import StagePlan
from campaigns.planning.edit import ArmPlan
from campaigns.privacy import export_and_erase
from campaigns.sending import lifecycle, tick
from campaigns.states import Approval, MessageState, StageKind, StageState
from generation.models import Order, Research, ResearchedSite, WebPage
from jobs.models import Job
from jobs.states import JobState
from members.models import Member
from review.models import Draft, Record, Task
from review.states import Role
from tests.campaigns import factories, stage_rows
from tests.campaigns.pipeline.conftest import states
from tests.campaigns.stage_rows import answer_orders, offline, read_pages, write_stage
from tests.review import factories as desk
from web.errors import Refusal

CLAIMS = {"claim": "site.claims.text", "passage": "site.claims.quote"}
PAGE = "Harrow Works opened a depot in Lund on 3 May. It employs 140 people."


@pytest.fixture
def tasks(lead: Member, admin: Member) -> dict[str, Task]:
    made = stage_rows.make_tasks(by=admin)
    for each in made.values():
        desk.join(lead, each, Role.LEAD)
    return made


@pytest.fixture
def start(task: Task, lead: Member, records: list[Record]) -> Callable[..., Campaign]:
    """Launch a campaign to one contact with a pipeline of these stages."""

    def launch(*stages: StagePlan, **values: Any) -> Campaign:
        notes = {**records[0].facts, "notes": PAGE, "goal": "https://co0.example/news"}
        Record.objects.filter(pk=records[0].pk).update(facts=notes)
        factories.make_people(task, records[:1])
        version = compose.create(task, name="Spring", slug="spring", stages=stages, by=lead)
        campaign = factories.make_draft_campaign(task, by=lead, arms=[ArmPlan("A", pipeline=version)], **values)
        return lifecycle.launch(campaign, by=lead)

    return launch


def stored(tasks: dict[str, Task]) -> StagePlan:
    """Research from pages that the contact's record holds already."""
    mapped = {"company": "contact.company", "source_1": "record.notes", "source_1_url": "record.goal"}
    return StagePlan("site", StageKind.RESEARCH, tasks["research"], offline(), mapped)


def claim(text: str, quote: str, url: str = "https://co0.example/news") -> dict[str, str]:
    return {"text": text, "quote": quote, "url": url}


OPENED = claim("Harrow Works opened a depot in Lund.", "Harrow Works opened a depot in Lund on 3 May.")
WRONG = claim("It employs 900 people.", "It employs 140 people.")
MADE_UP = claim("It won a prize.", "The company won the city's prize.")
ELSEWHERE = claim("It employs 140 people.", "It employs 140 people.", "https://other.example/")


def research(*claims: dict[str, str]) -> dict[str, Callable[[Record], dict[str, Any]]]:
    return {"research-task": lambda record: {"claims": list(claims)}}


def test_only_claims_whose_quote_stands_in_its_page_pass_on(
    start: Callable[..., Campaign], task: Task, tasks: dict[str, Task]
) -> None:
    start(stored(tasks), write_stage(task, trigger="site.claims.text"))
    tick.advance_all()
    answer_orders(research(OPENED, MADE_UP, ELSEWHERE))
    tick.advance_all()

    run = StageRun.objects.get()
    assert run.output == {"claims": [OPENED]}
    assert run.reason.startswith("2 of its claims left out")
    mail = Message.objects.select_related("record").get()
    assert mail.record is not None
    assert mail.record.facts["trigger"] == "Harrow Works opened a depot in Lund."


def test_rules_drop_a_claim_that_its_quote_does_not_bear_out(
    start: Callable[..., Campaign], task: Task, tasks: dict[str, Task]
) -> None:
    start(
        stored(tasks), StagePlan("bear", StageKind.VERIFY, inputs=CLAIMS),
        write_stage(task, trigger="bear.claims.text"),
    )  # fmt: skip
    tick.advance_all()
    answer_orders(research(OPENED, WRONG))
    tick.advance_all()

    parts = StageRun.objects.filter(stage__kind=StageKind.VERIFY).order_by("part")
    assert [run.state for run in parts] == [StageState.PASSED, StageState.STOPPED]
    assert parts[1].reason
    mail = Message.objects.select_related("record").get()
    assert mail.record is not None
    assert mail.record.facts["trigger"] == "Harrow Works opened a depot in Lund."


def test_a_quote_without_the_companys_name_bears_out_a_claim_of_that_company_alone(
    start: Callable[..., Campaign], task: Task, tasks: dict[str, Task], records: list[Record]
) -> None:
    page = f"{PAGE} Borg Steel opened a mill in Kiruna."
    start(
        stored(tasks), StagePlan("bear", StageKind.VERIFY, inputs=CLAIMS),
        write_stage(task, trigger="bear.claims.text"),
    )  # fmt: skip
    Record.objects.filter(pk=records[0].pk).update(facts={**Record.objects.get(pk=records[0].pk).facts, "notes": page})
    Contact.objects.update(company="Harrow Works")
    quote = "opened a depot in Lund on 3 May"
    tick.advance_all()
    right, wrong, of_another = (
        claim("Harrow Works opened a depot in Lund.", quote),
        claim("Borg Steel opened a depot in Lund.", quote),
        claim("Harrow Works opened a mill in Kiruna.", "Borg Steel opened a mill in Kiruna."),
    )
    answer_orders(research(right, wrong, of_another))
    tick.advance_all()

    parts = StageRun.objects.filter(stage__kind=StageKind.VERIFY).order_by("part")
    assert [(run.output["claim"], run.state) for run in parts] == [
        (right, StageState.PASSED), (wrong, StageState.STOPPED), (of_another, StageState.STOPPED),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("quote", "expected"),
    [
        ("opened a depot", "Harrow: opened a depot"),
        ("It employs 140 people.", "Harrow: It employs 140 people."),
        ("In May we moved to Lund.", "Harrow: In May we moved to Lund."),
        ("Harrow opened a depot", "Harrow opened a depot"),
        ("Borg Steel opened a depot", "Borg Steel opened a depot"),
        ("Italy is its largest market.", "Italy is its largest market."),
        ("", ""),
    ],
)
def test_the_company_is_said_before_a_quote_that_names_nobody(quote: str, expected: str) -> None:
    assert passages.passage_of(quote, "Harrow") == expected
    assert passages.passage_of(quote, "") == quote


def test_a_model_is_asked_of_what_the_rules_leave_open_alone(
    start: Callable[..., Campaign], task: Task, tasks: dict[str, Task]
) -> None:
    by_model = StagePlan(
        "bear", StageKind.VERIFY, tasks["verify"], offline(), {**CLAIMS, "company": "contact.company"}
    )  # fmt: skip
    campaign = start(stored(tasks), by_model, write_stage(task, trigger="bear.claims.text"))
    tick.advance_all()
    second = claim("Harrow Works opened a depot.", "Harrow Works opened a depot in Lund on 3 May.")
    answer_orders(research(OPENED, WRONG, second))
    tick.advance_all()

    order = StageOrder.objects.get(stage__kind=StageKind.VERIFY).order
    asked = Record.objects.filter(pk__in=order.record_ids)
    assert {record.facts["claim"] for record in asked} == {OPENED["text"], second["text"]}
    answer_orders({"verify-task": lambda record: {"supported": record.facts["claim"] == second["text"]}})
    tick.advance_all()

    assert states(campaign) == {"writing": 1}
    mail = Message.objects.select_related("record").get()
    assert mail.record is not None
    assert mail.record.facts["trigger"] == second["text"]


def test_a_mail_without_any_claim_goes_on_without_one(
    start: Callable[..., Campaign], task: Task, tasks: dict[str, Task]
) -> None:
    campaign = start(
        stored(tasks), StagePlan("bear", StageKind.VERIFY, inputs=CLAIMS),
        write_stage(task, trigger="bear.claims.text"),
    )  # fmt: skip
    tick.advance_all()
    answer_orders(research(MADE_UP))
    tick.advance_all()

    assert states(campaign) == {"writing": 1}
    mail = Message.objects.select_related("record").get()
    assert mail.record is not None and "trigger" not in mail.record.facts


def site_stage(tasks: dict[str, Task]) -> StagePlan:
    return StagePlan("site", StageKind.RESEARCH, tasks["research"], offline(), {"company": "contact.company"})


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


def test_an_address_of_a_public_provider_names_no_site(
    start: Callable[..., Campaign], task: Task, tasks: dict[str, Task]
) -> None:
    campaign = start(site_stage(tasks), write_stage(task, trigger="site.claims.text"))
    Contact.objects.update(cluster="person0@gmail.com")

    tick.advance_all()

    assert states(campaign) == {"failed": 1}
    assert "no web domain" in Message.objects.get().problem


def checked_mail(record: Record, *, wrong: bool) -> dict[str, str]:
    company, trigger = record.facts["company"], record.facts["trigger"]
    more = " They moved 900 trucks to Oslo in 1998." if wrong else ""
    body = f"Hi {{{{contact.first_name}}}},\n\n{company} {trigger}.{more}\n\nWould a short call be of use?"
    return {"subject": "A question", "body": body}


@pytest.mark.parametrize("wrong", [True, False])
def test_a_sentence_that_nothing_bears_out_takes_the_mail_to_a_person(
    wrong: bool, start: Callable[..., Campaign], task: Task
) -> None:
    campaign = start(write_stage(task), StagePlan("look", StageKind.CHECK), approval=Approval.SAMPLE, sample_share=0.0)
    tick.advance_all()
    answer_orders({"outreach": lambda record: checked_mail(record, wrong=wrong)})
    tick.advance_all()

    marks = [mark["message"] for mark in Draft.objects.get().marks if mark["message"].startswith("look: ")]
    assert bool(marks) == wrong
    bad = StageRun.objects.filter(state=StageState.STOPPED).values_list("output__sentence", flat=True)
    assert any("900 trucks" in sentence for sentence in bad) == wrong
    if wrong:
        assert states(campaign) == {"awaiting": 1}


def test_a_mail_waits_for_the_model_that_checks_it(
    start: Callable[..., Campaign], task: Task, tasks: dict[str, Task]
) -> None:
    look = StagePlan("look", StageKind.CHECK, tasks["verify"], offline(), {"company": "contact.company"})
    campaign = start(write_stage(task), look, approval=Approval.SAMPLE, sample_share=0.0)
    tick.advance_all()
    answer_orders({"outreach": desk.mail})
    tick.advance_all()

    assert states(campaign) == {"written": 1}
    answer_orders({"verify-task": lambda record: {"supported": False}})
    tick.advance_all()

    assert Message.objects.get().state == MessageState.AWAITING
    assert any(mark["message"].startswith("look: ") for mark in Draft.objects.get(task=task).marks)


def test_erasing_the_person_reaches_what_stages_made_and_said(
    start: Callable[..., Campaign], task: Task, tasks: dict[str, Task]
) -> None:
    start(
        site_stage(tasks),
        StagePlan("bear", StageKind.VERIFY, inputs=CLAIMS),
        write_stage(task, trigger="bear.claims.text"),
    )
    tick.advance_all()
    read_pages(PAGE)
    tick.advance_all()
    answer_orders(research(claim(OPENED["text"], OPENED["quote"], "https://co0.example"), MADE_UP))
    tick.advance_all()
    answer_orders({"outreach": desk.mail})
    tick.advance_all()
    before = export_and_erase.export("person0@co0.example")
    assert [part["stage"] for part in before["stages"]] == ["site", "bear"]

    export_and_erase.erase("person0@co0.example")

    assert set(StageRun.objects.values_list("reason", flat=True)) == {""}
    assert all(output == {} for output in StageRun.objects.values_list("output", flat=True))
    at_stages = [pk for run in StageRun.objects.all() if (pk := run.record_id)]
    made = Record.objects.filter(pk__in=[*at_stages, Message.objects.get().record_id])
    assert made.count() == 2
    assert not made.filter(erased_at__isnull=True).exists()
    assert not WebPage.objects.exists()


def test_facts_that_a_colleagues_mail_rests_on_too_stay(
    start: Callable[..., Campaign], task: Task, tasks: dict[str, Task], records: list[Record]
) -> None:
    factories.make_people(task, records[:1], start=9, domain="co0.example", company="Aarhus Works 0")
    start(stored(tasks), write_stage(task, trigger="site.claims.text"))
    tick.advance_all()
    answer_orders(research(OPENED))
    tick.advance_all()
    answer_orders({"outreach": desk.mail})

    export_and_erase.erase("person0@co0.example")

    mine = StageRun.objects.get(message__contact__erased_at__isnull=False)
    other = StageRun.objects.get(message__contact__erased_at__isnull=True)
    assert mine.record == other.record
    assert other.record is not None and other.record.erased_at is None
    assert mine.output == {} and other.output != {}


def test_nobody_is_erased_while_pages_of_the_company_are_read(
    start: Callable[..., Campaign], task: Task, tasks: dict[str, Task]
) -> None:
    start(site_stage(tasks), write_stage(task, trigger="site.claims.text"))
    tick.advance_all()

    with pytest.raises(Refusal, match="being read"):
        export_and_erase.erase("person0@co0.example")


def test_pages_are_read_no_more_once_the_campaign_has_ended(
    start: Callable[..., Campaign], task: Task, tasks: dict[str, Task], lead: Member
) -> None:
    campaign = start(site_stage(tasks), write_stage(task, trigger="site.claims.text"))
    tick.advance_all()
    before = Job.objects.get(research__isnull=False).state

    lifecycle.end(campaign, by=lead)

    assert before == JobState.QUEUED
    assert Job.objects.get(research__isnull=False).state in (JobState.CANCELLING, JobState.CANCELLED)


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
    assert "does not lead" in Message.objects.get().problem
