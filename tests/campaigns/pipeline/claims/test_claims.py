"""Research, verifying and checking: claims, their quotes, and who bears them out."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from campaigns.models import Campaign, Contact, Message, StageOrder, StageRun
from campaigns.pipelines import claims
from campaigns.pipelines.compose import StagePlan
from campaigns.planning.plans import StepPlan
from campaigns.privacy import export_and_erase
from campaigns.sending import tick
from campaigns.states import Approval, MessageState, StageKind, StageState
from generation.models import WebPage
from members.models import Member
from review.models import Draft, Record, Task
from review.spec.schema import InputField
from review.tasks import authoring
from tests.campaigns import factories
from tests.campaigns.pipeline.claims.claim_rows import (
    CLAIMS,
    ELSEWHERE,
    MADE_UP,
    OPENED,
    PAGE,
    WRONG,
    claim,
    research,
    site_stage,
    stored,
)
from tests.campaigns.pipeline.conftest import states
from tests.campaigns.pipeline.sequence_rows import HOUR_S, went
from tests.campaigns.stage_rows import answer_orders, offline, qualify_stage, read_pages, write_stage
from tests.review import factories as desk


@pytest.mark.slow
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


@pytest.mark.slow
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


@pytest.mark.slow
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
    assert claims.passage_of(quote, "Harrow") == expected
    assert claims.passage_of(quote, "") == quote


@pytest.mark.slow
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


@pytest.mark.slow
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


def checked_mail(record: Record, *, wrong: bool) -> dict[str, str]:
    company, trigger = record.facts["company"], record.facts["trigger"]
    more = " They moved 900 trucks to Oslo in 1998." if wrong else ""
    body = f"Hi {{{{contact.first_name}}}},\n\n{company} {trigger}.{more}\n\nWould a short call be of use?"
    return {"subject": "A question", "body": body}


@pytest.mark.slow(after_first=True)
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


@pytest.mark.slow
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


def test_a_check_is_told_what_stages_before_the_writer_passed_on(
    start: Callable[..., Campaign], task: Task, tasks: dict[str, Task], admin: Member
) -> None:
    spec = tasks["verify"].versions.get().spec
    context = InputField(name="context", required=True)
    authoring.new_version(
        tasks["verify"], spec=spec.model_copy(update={"input_schema": (*spec.input_schema, context)}), by=admin
    )
    mapped = {"company": "contact.company", "context": "lead.fit"}
    look = StagePlan("look", StageKind.CHECK, tasks["verify"], offline(), mapped)
    steps = (StepPlan(), StepPlan(wait_s=HOUR_S))
    campaign = start(
        qualify_stage(tasks["qualify"]), write_stage(task), look,
        steps=steps, approval=Approval.SAMPLE, sample_share=0.0,
    )  # fmt: skip
    tick.advance_all()
    answer_orders({"qualify-task": lambda record: {"fit": "good"}})

    def facts_of_checks(number: int) -> set[str | None]:
        tick.advance_all()
        answer_orders({"outreach": desk.mail})
        tick.advance_all()
        runs = StageRun.objects.filter(message__step__number=number, stage__name="look", record__isnull=False)
        return {run.record.facts.get("context") for run in runs.select_related("record") if run.record is not None}

    assert facts_of_checks(1) == {"good"}
    went(campaign, number=1)
    assert facts_of_checks(2) == {"good"}


@pytest.mark.slow
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


@pytest.mark.slow
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
