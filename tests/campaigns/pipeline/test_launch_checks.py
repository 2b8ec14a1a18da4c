"""What holds a launch: each missing or wrong thing of a draft is named before a mail is planned."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from campaigns.models import Campaign, Contact, Message
from campaigns.planning import launch_checks
from campaigns.planning.plans import ArmPlan, StepPlan
from campaigns.sending import lifecycle
from campaigns.states import StepWriter
from generation.models import Teacher
from members.models import Member
from review.models import Task
from tests.campaigns import factories
from tests.campaigns.pipeline.test_launch import two_arms
from tests.review import factories as desk
from web.errors import Refusal

db = pytest.mark.django_db
TEXT = StepPlan(StepWriter.TEMPLATE, 0, "Hello {{contact.first_name}}", "Hi {{contact.first_name}}, see {{link.demo}}.")


def codes(campaign: Campaign) -> list[str]:
    return [problem.code for problem in launch_checks.launch_problems(campaign)]


@db
def test_every_problem_is_named_at_once(task: Task, lead: Member) -> None:
    sender = factories.make_sender(slug="poor", postal_address="")
    campaign = factories.make_draft_campaign(
        task, by=lead, sender=sender, arms=[ArmPlan("A")], links={"demo": "http://plain.example", "x": "https://u:p@a.example/"},
        steps=[StepPlan(), StepPlan(StepWriter.TEMPLATE, 60, "Hi {{contact.shoe_size}}", "{{link.none}}")],
    )  # fmt: skip

    with pytest.raises(Refusal) as caught:
        lifecycle.launch(campaign, by=lead)

    found = {each["code"] for each in caught.value.state}  # type: ignore[attr-defined]
    assert found == {"no_postal_address", "bad_link", "unknown_slot", "arm_without_model", "no_contacts"}
    assert "{{contact.shoe_size}}" in " ".join(caught.value.errors["steps"])
    assert Campaign.objects.get().state == "planned"
    assert not Message.objects.exists()


@db
@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"sender": None}, "no_sender"),
        ({"arms": [ArmPlan("A")]}, "arm_without_model"),
        ({"audience": {"segment": "nobody"}}, "no_contacts"),
        ({"links": {"demo": "https://"}}, "bad_link"),
        ({"links": {"demo": "https://[bad"}}, "bad_link"),
        ({"links": {"demo": "https://a.example/ x"}}, "bad_link"),
        ({"steps": [StepPlan(StepWriter.TEMPLATE, 0, "", "")]}, "empty_text"),
        ({"steps": [TEXT]}, "unknown_slot"),
        ({"arms": "two"}, "no_experiment"),
    ],
)
def test_a_draft_says_what_is_missing(
    task: Task, people: None, lead: Member, change: dict[str, Any], code: str
) -> None:
    if change.get("arms") == "two":
        change = {"arms": two_arms()}
    campaign = factories.make_draft_campaign(
        task, by=lead, sender=change.pop("sender", factories.make_sender()), **change
    )

    assert codes(campaign) == [code]


@db
def test_a_fixed_text_with_its_link_needs_no_model(task: Task, people: None, lead: Member) -> None:
    links = {"demo": "https://tidewell.example/demo"}
    campaign = factories.make_draft_campaign(task, by=lead, arms=[ArmPlan("A")], steps=[TEXT], links=links)

    assert codes(campaign) == []


@db
def test_a_task_that_writes_no_mails_is_refused(admin: Member) -> None:
    task = desk.make_task(by=admin, spec=desk.summary_spec(), slug="summaries")
    factories.make_people(task, desk.make_records(desk.make_source(task), 2))
    campaign = factories.make_draft_campaign(task, by=admin)

    assert codes(campaign) == ["not_a_mail"]


@db
def test_a_teacher_that_cannot_be_asked_is_named(task: Task, people: None, lead: Member) -> None:
    off = Teacher.objects.create(slug="off", name="Off", provider="offline", model="offline-composer", is_active=False)
    unpriced = Teacher.objects.create(slug="new", name="New", provider="openai-compatible", model="mystery-1")

    campaign = factories.make_draft_campaign(task, by=lead, arms=[ArmPlan("A", teacher=off)])
    other = factories.make_draft_campaign(task, by=lead, slug="other", arms=[ArmPlan("A", teacher=unpriced)])

    assert (codes(campaign), codes(other)) == (["teacher_off"], ["price_unknown"])


@db
def test_a_budget_below_the_estimate_is_refused(
    task: Task, people: None, lead: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-canary-0123456789abcdefghij")
    paid = Teacher.objects.create(
        slug="gpt",
        name="GPT",
        provider="openai",
        model="gpt-4o",
        secret_ref="OPENAI_API_KEY",
        parameters={"max_tokens": 400},
    )
    poor = factories.make_draft_campaign(
        task, by=lead, arms=[ArmPlan("A", teacher=paid)], max_model_usd=Decimal("0.001")
    )

    assert codes(poor) == ["budget_too_small"]


@db
def test_contacts_without_a_lawful_basis_hold_a_launch(campaign: Campaign) -> None:
    Contact.objects.filter(address__startswith="person0").update(basis_source="")

    assert codes(campaign) == ["no_lawful_basis"]
