"""A holdout arm: its contacts get nothing, are counted as assigned, and what comes of them is told by contact."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.urls import reverse
from django.utils import timezone
from rest_framework.test import APIClient

from campaigns.experiments import next_round, register, results
from campaigns.experiments.design import ExperimentRequest
from campaigns.models import (
    Campaign,
    Contact,
    Enrolment,
    Experiment,
    HoldoutOutcome,
    Message,
    Pipeline,
    PipelineVersion,
    Stage,
)
from campaigns.outcomes import queries
from campaigns.planning import audience, forecast
from campaigns.planning.edit import ArmPlan, StepPlan
from campaigns.privacy import export_and_erase
from campaigns.sending import contact_caps, lifecycle, tick
from campaigns.states import CampaignState, Claim, HoldReason, MessageState, Metric, StageKind, StepWriter
from members.models import Member
from review.models import Task
from review.states import Role
from tests.campaigns import experiment_rows, factories
from tests.review import factories as desk
from web.errors import Refusal

pytestmark = pytest.mark.django_db
URL = "/api/v1/outcomes/"
ARMS = [ArmPlan("Mailed", is_control=False), ArmPlan("Nothing", is_control=True, is_holdout=True)]
STEPS = [StepPlan(StepWriter.TEMPLATE, 0, "Hello", "How is the new depot doing?")]
MEETINGS = ExperimentRequest(
    **{**experiment_rows.SAID, "metric": Metric.MEETING, "claim": Claim.BETTER, "margin": 0.02}
)


@pytest.fixture
def lead(make_member: Callable[..., Member]) -> Member:
    return make_member("lea")


@pytest.fixture
def task(admin: Member, lead: Member) -> Task:
    made = desk.make_task(by=admin)
    desk.join(lead, made, Role.LEAD)
    return made


@pytest.fixture
def planned(task: Task, lead: Member) -> Campaign:
    factories.make_people(task, desk.make_records(desk.make_source(task), 12))
    return draft(task, lead)


@pytest.fixture
def launched(planned: Campaign, lead: Member) -> Campaign:
    register.register(planned, MEETINGS, by=lead)
    lifecycle.launch(planned, by=lead)
    Campaign.objects.filter(pk=planned.pk).update(launched_at=timezone.now() - timedelta(days=2))
    return Campaign.objects.get(pk=planned.pk)


@pytest.fixture
def api(lead: Member) -> APIClient:
    client = APIClient()
    client.force_authenticate(lead)
    return client


def draft(task: Task, lead: Member, *, slug: str = "held", **values: Any) -> Campaign:
    """A draft of a fixed text, half of whose companies get nothing; the same halves in every run."""
    plan = {"arms": ARMS, "steps": STEPS, "approval": "sample", "sample_share": 0.0, **values}
    made = factories.make_draft_campaign(task, by=lead, slug=slug, **plan)
    Campaign.objects.filter(pk=made.pk).update(salt="salt of a holdout")
    return Campaign.objects.get(pk=made.pk)


def silent(campaign: Campaign) -> list[Enrolment]:
    return list(Enrolment.objects.filter(campaign=campaign, arm__is_holdout=True).order_by("pk"))


def told(enrolment: Enrolment, kind: str = "meeting", *, hours: int = 1, **more: Any) -> dict[str, Any]:
    at = timezone.now() - timedelta(hours=hours)
    named = {"contact": str(enrolment.contact_id), "campaign": enrolment.campaign.slug}
    return {**named, "kind": kind, "at": at.isoformat(), **more}


def test_a_launch_assigns_the_holdout_and_plans_no_mail_for_it(launched: Campaign) -> None:
    tick.advance_all()

    assert Enrolment.objects.filter(campaign=launched).count() == 12
    assert 2 <= len(silent(launched)) <= 10
    assert not Message.objects.filter(enrolment__in=silent(launched)).exists()
    assert Message.objects.filter(campaign=launched).count() == 12 - len(silent(launched))


def test_a_dry_run_counts_its_contacts_and_has_nothing_written_for_them(planned: Campaign, lead: Member) -> None:
    mailed, nothing = forecast.forecast_of(planned).arms

    assert mailed.contacts + nothing.contacts == 12
    assert (nothing.drafts, nothing.estimate) == (0, None)


@pytest.mark.parametrize(
    ("arms", "message"),
    [
        ([ArmPlan("A", is_holdout=True)], "add one that is mailed"),
        ([ArmPlan("A"), ArmPlan("B", is_holdout=True), ArmPlan("C", is_holdout=True)], "At most one arm"),
    ],
)
def test_a_holdout_that_compares_nothing_is_refused(
    task: Task, lead: Member, arms: list[ArmPlan], message: str
) -> None:
    with pytest.raises(Refusal) as refused:
        factories.make_draft_campaign(task, by=lead, arms=arms)

    assert message in refused.value.errors["arms"][0]


def test_an_experiment_beside_a_holdout_counts_what_happens_without_mail(planned: Campaign, lead: Member) -> None:
    replies = ExperimentRequest(**experiment_rows.SAID)

    with pytest.raises(Refusal) as refused:
        register.register(planned, replies, by=lead)
    made = register.register(planned, MEETINGS, by=lead)

    assert refused.value.errors["metric"] == [
        "Who gets no mail cannot do this. Count one of 'Met', 'Became an opportunity', 'Bought'."
    ]
    assert made.registration["arms"][1]["held_out_of"] == "this campaign"
    assert "days past the launch, decides" in made.registration["rule"]


def test_an_outcome_of_a_holdout_is_told_by_contact_and_counts_once(launched: Campaign, api: APIClient) -> None:
    enrolment = silent(launched)[0]
    body = told(enrolment, "revenue", value="99.5")

    first, second = (api.post(URL, body, format="json") for _ in range(2))

    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json() == second.json()
    assert first.json()["message"] is None
    assert (first.json()["contact"], first.json()["value"]) == (str(enrolment.contact_id), "99.50")
    assert HoldoutOutcome.objects.get().value_usd == Decimal("99.50")
    differs = api.post(URL, {**body, "value": "1"}, format="json")
    assert (differs.status_code, differs.json()["code"]) == (409, "outcome_differs")


def test_of_who_is_mailed_the_mail_is_to_be_named(launched: Campaign, api: APIClient) -> None:
    mailed = Enrolment.objects.filter(campaign=launched, arm__is_holdout=False)[0]
    went = timezone.now() - timedelta(hours=2)
    Message.objects.filter(enrolment=mailed).update(state=MessageState.SENT, sent_at=went, sending_at=went)

    answer = api.post(URL, told(mailed), format="json")

    assert (answer.status_code, answer.json()["code"]) == (409, "not_held_out")
    assert not HoldoutOutcome.objects.exists()


def test_what_happens_before_the_mail_counts_of_the_arm_that_is_mailed_too(launched: Campaign, api: APIClient) -> None:
    """All arms are counted from the launch: what is told of the one can be told of the other."""
    mailed = Enrolment.objects.filter(campaign=launched, arm__is_holdout=False)[0]

    answer = api.post(URL, told(mailed), format="json")

    assert answer.status_code == 201
    assert HoldoutOutcome.objects.get().enrolment == mailed
    mail = Message.objects.get(enrolment=mailed)
    assert (mail.state, mail.stop_reason) == ("stopped", "meeting")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"contact": None}, "contact"),
        ({"campaign": None}, "campaign"),
        ({"message": "00000000-0000-4000-8000-000000000000"}, "message"),
    ],
)
def test_a_mail_or_a_contact_of_a_campaign_is_named(
    launched: Campaign, api: APIClient, change: dict[str, Any], field: str
) -> None:
    body = {**told(silent(launched)[0]), **change}

    answer = api.post(URL, {key: value for key, value in body.items() if value}, format="json")

    assert answer.status_code == 400
    assert field in answer.json()["errors"]


def test_an_outcome_before_the_launch_or_of_a_stranger_is_refused(
    launched: Campaign, api: APIClient, make_member: Callable[..., Member]
) -> None:
    stranger = APIClient()
    stranger.force_authenticate(make_member("sam"))

    early = api.post(URL, told(silent(launched)[0], hours=24 * 9), format="json")
    unseen = stranger.post(URL, told(silent(launched)[0]), format="json")

    assert "The campaign was launched later" in early.json()["errors"]["at"][0]
    assert unseen.status_code == 404


def test_the_experiment_counts_what_came_of_the_holdout_from_the_launch_on(launched: Campaign, api: APIClient) -> None:
    first, second = silent(launched)[:2]
    Campaign.objects.filter(pk=launched.pk).update(launched_at=timezone.now() - timedelta(days=20))
    api.post(URL, told(first, hours=24 * 19), format="json")
    api.post(URL, told(second, hours=24 * 2), format="json")  # past the horizon of 14 days

    units = results.snapshot(Experiment.objects.get(campaign=launched)).units

    held = list(units.arms).index("Nothing")
    assert units.outcome[units.arm == held].sum() == 1
    assert (units.ripe_at == units.ripe_at[0]).all()
    shown = results.result(Experiment.objects.get(campaign=launched))
    assert shown["stage"] == "complete"
    assert [arm["is_holdout"] for arm in shown["arms"]] == [False, True]


def test_where_no_mail_did_as_well_there_is_nothing_to_go_on_with(
    launched: Campaign, api: APIClient, lead: Member, as_member: Any
) -> None:
    Campaign.objects.filter(pk=launched.pk).update(launched_at=timezone.now() - timedelta(days=20))
    api.post(URL, told(silent(launched)[0], hours=24 * 19), format="json")
    experiment = Experiment.objects.get(campaign=launched)

    with pytest.raises(Refusal) as refused:
        next_round.start_next_round(experiment, by=lead)

    assert refused.value.code == "nothing_to_go_on_with"
    page = as_member(lead).get(reverse("campaigns:experiment", args=[experiment.slug])).content.decode()
    assert "No arm was shown to do better than no mail at all." in page
    assert "Start the next round" not in page


def test_pages_tell_what_came_of_contacts_without_mail(
    launched: Campaign, api: APIClient, lead: Member, as_member: Any
) -> None:
    enrolment = silent(launched)[0]
    api.post(URL, told(enrolment, "revenue", value="20"), format="json")

    (total,) = queries.totals(launched)
    campaign = as_member(lead).get(reverse("campaigns:detail", args=[launched.slug])).content.decode()
    contact = as_member(lead).get(reverse("campaigns:contact", args=[enrolment.contact_id])).content.decode()

    assert (total.contacts, total.held_out, total.value_usd) == (1, 1, Decimal(20))
    assert "(1 without mail)" in campaign
    assert "20.00" in contact


def test_its_contacts_may_be_left_alone_by_every_campaign_until_it_ends(launched: Campaign, lead: Member) -> None:
    held = {enrolment.contact_id for enrolment in silent(launched)}
    other = draft(launched.task, lead, slug="other", arms=[ArmPlan("A")])

    def written_to() -> set[Any]:
        return set(audience.contacts_matching(other).values_list("pk", flat=True))

    assert held <= written_to()
    Campaign.objects.filter(pk=launched.pk).update(holds_out_everywhere=True)
    assert not held & written_to()
    lifecycle.end(launched, by=lead)
    assert held <= written_to()


def test_a_mail_of_a_campaign_begun_before_is_held_while_its_reader_is_held_out(
    launched: Campaign, lead: Member
) -> None:
    Campaign.objects.filter(pk=launched.pk).update(holds_out_everywhere=True)
    earlier = factories.make_plain_campaign(launched.task, slug="earlier")
    mail = factories.make_mail(earlier, silent(launched)[0].contact, state=MessageState.APPROVED)
    now = timezone.now()

    held = contact_caps.hold_of(mail, earlier, now=now)
    Campaign.objects.filter(pk=launched.pk).update(state=CampaignState.ENDED)

    assert held is not None
    assert (held.reason, held.until) == (HoldReason.HOLDOUT, now + timedelta(days=1))
    assert contact_caps.hold_of(mail, earlier, now=now) is None


def test_a_pipeline_that_needs_no_records_needs_none_beside_a_holdout_either(task: Task, lead: Member) -> None:
    made = draft(task, lead)
    made.steps.update(writer=StepWriter.MODEL)
    pipeline = Pipeline.objects.create(task=task, slug="bare", name="From a bare domain", created_by=lead)
    version = PipelineVersion.objects.create(pipeline=pipeline, number=1, created_by=lead)
    Stage.objects.create(version=version, position=1, name="write", kind=StageKind.WRITE)
    made.arms.filter(is_holdout=False).update(pipeline=version)

    assert audience.needs_records(made) is False
    made.arms.update(is_holdout=False)
    assert audience.needs_records(made) is True


def test_an_outcome_without_mail_is_handed_out_and_never_changes(launched: Campaign, api: APIClient) -> None:
    enrolment = silent(launched)[0]
    api.post(URL, told(enrolment, "opportunity", value="5"), format="json")

    document = export_and_erase.export(Contact.objects.get(pk=enrolment.contact_id).address)

    (held,) = document["outcomes_without_mail"]
    assert (held["campaign"], held["kind"], held["value_usd"]) == (launched.name, "Opportunity", Decimal(5))
    with pytest.raises(DatabaseError), transaction.atomic():
        HoldoutOutcome.objects.update(value_usd=6)


def test_the_form_makes_and_keeps_a_holdout(task: Task, lead: Member, as_member: Any) -> None:
    page = as_member(lead)
    made = draft(task, lead)

    form = page.get(reverse("campaigns:edit", args=[made.slug]))
    shown = form.context["form"]
    body = {name: shown[name].value() for name in shown.fields}
    body["name"] = "Again"
    answer = page.post(
        reverse("campaigns:edit", args=[made.slug]), {key: value for key, value in body.items() if value is not None}
    )

    assert answer.status_code == 302, answer.content.decode()[:2000]
    assert list(made.arms.order_by("position").values_list("name", "is_holdout")) == [
        ("Mailed", False),
        ("Nothing", True),
    ]


def test_the_api_takes_a_holdout_arm(task: Task, api: APIClient) -> None:
    body = {
        "task": task.slug,
        "name": "Held",
        "arms": [{"name": "A"}, {"name": "Nothing", "is_holdout": True, "is_control": True}],
        "holds_out_everywhere": True,
    }

    answer = api.post("/api/v1/campaigns/", body, format="json")

    made = Campaign.objects.get(slug=answer.json()["slug"])
    assert made.holds_out_everywhere
    full = api.get(f"/api/v1/campaigns/{made.slug}/").json()
    assert [arm["is_holdout"] for arm in full["arms"]] == [False, True]
