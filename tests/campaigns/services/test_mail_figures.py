"""What came of mails stands beside what they came from: draft, decision, gold, miniature and dataset version."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from campaigns.models import Campaign, Message, Pipeline, PipelineVersion, Stage, StageRun
from campaigns.outcomes import figures
from campaigns.states import EventKind, ReplyClass
from members.models import Member
from review import ports
from review.datasets import freezing
from review.models import DatasetVersion, Decision, Draft, Task
from review.states import Role
from tests.campaigns import answered_mails
from tests.campaigns import factories as campaigns
from tests.campaigns.answered_mails import reply, tell
from tests.review import factories
from tests.review.datasets import golds

pytestmark = pytest.mark.django_db


@pytest.fixture
def task(admin: Member) -> Task:
    """Twelve drafts, all accepted by the admin."""
    task = factories.make_task(by=admin)
    golds.make_drafts(task, golds.make_records(task, 12))
    golds.accept_all(admin, task, count=12)
    return task


@pytest.fixture
def campaign(task: Task) -> Campaign:
    return campaigns.make_plain_campaign(task)


@pytest.fixture
def drafts(task: Task) -> list[Draft]:
    return list(Draft.objects.filter(task=task).select_related("task").order_by("queue_position"))


def send(campaign: Campaign, draft: Draft | None, number: int = 0, *, company: str = "", **values: Any) -> Message:
    return answered_mails.send(campaign, draft, f"ada{number}", company or f"{campaign.slug}{number}", **values)


def frozen(task: Task, by: Member) -> DatasetVersion:
    return golds.sealed(freezing.freeze(freezing.create(task, name="All", by=by), by=by))


def test_mails_are_counted_once_with_replies_by_class_meetings_and_revenue(
    campaign: Campaign, drafts: list[Draft], admin: Member
) -> None:
    mails = [send(campaign, drafts[0], number) for number in range(4)]
    reply(mails[0], ReplyClass.QUESTION)
    reply(mails[0], ReplyClass.INTERESTED, days=2)
    reply(mails[1], ReplyClass.INTERESTED)
    tell(mails[2], EventKind.REPLIED, is_machine=True)
    tell(mails[0], EventKind.MEETING, days=3)
    tell(mails[0], EventKind.REVENUE, days=4, payload={"value_usd": "900.50"})
    tell(mails[1], EventKind.REVENUE, days=4, payload={"value_usd": "99.50"})
    planned = campaigns.make_contact(campaign.task, "later@other.example")
    campaigns.make_mail(campaign, planned, draft=drafts[0])

    [found] = figures.of_each_draft([drafts[0].pk], by=admin)[drafts[0].pk]

    assert (found.sent, found.replied, found.meetings, found.revenue_usd) == (4, 2, 1, Decimal("1000.00"))
    assert [(each.name, each.mails) for each in found.classes] == [("interested", 2), ("question", 1)]
    # Clopper and Pearson's interval of 2 of 4.
    assert (found.share, round(found.low, 3), round(found.high, 3)) == (0.5, 0.068, 0.932)
    assert [(each.slug, each.sent) for each in found.campaigns] == [("first", 4)]
    assert found.few_words == "4 sent, 2 replied, 1 met, $1,000.00"


def test_mails_to_one_company_tell_less_than_as_many_to_several(
    campaign: Campaign, task: Task, drafts: list[Draft], admin: Member
) -> None:
    other = campaigns.make_plain_campaign(task, slug="other")
    for number in range(6):
        apart, together = send(campaign, drafts[0], number), send(other, drafts[1], number, company=f"c{number // 3}")
        if number < 3:
            reply(apart, ReplyClass.INTERESTED)
            reply(together, ReplyClass.INTERESTED)

    found = figures.of_each_draft([drafts[0].pk, drafts[1].pk], by=admin)

    [apart_figures], [together_figures] = found[drafts[0].pk], found[drafts[1].pk]
    assert apart_figures.share == together_figures.share
    assert together_figures.high - together_figures.low > apart_figures.high - apart_figures.low


def test_simulated_inboxes_are_told_apart(
    campaign: Campaign, task: Task, drafts: list[Draft], admin: Member, client: Client
) -> None:
    send(campaign, drafts[0])
    reply(
        send(campaigns.make_plain_campaign(task, slug="play", is_simulated=True), drafts[0], 1), ReplyClass.INTERESTED
    )
    client.force_login(admin)

    real, simulated = figures.of_drafts_together(Draft.objects.filter(task=task).values("pk"), by=admin)
    page = client.get(f"/tasks/{task.slug}/review/drafts/{drafts[0].pk}/").content.decode()

    assert (real.is_simulated, real.sent, real.replied) == (False, 1, 0)
    assert (simulated.is_simulated, simulated.sent, simulated.replied) == (True, 1, 1)
    assert page.count("mail sent") == 2
    assert "Simulated" in page


def test_a_draft_says_what_came_of_its_mail_and_leads_to_it(
    campaign: Campaign, task: Task, drafts: list[Draft], admin: Member, client: Client
) -> None:
    mail = send(campaign, drafts[0])
    reply(mail, ReplyClass.REFERRAL)
    client.force_login(admin)

    page = client.get(f"/tasks/{task.slug}/review/drafts/{drafts[0].pk}/").content.decode()
    told = client.get(f"/api/v1/drafts/{drafts[0].pk}/").json()["mails"]
    [decision] = client.get(f"/api/v1/drafts/{drafts[0].pk}/decisions/").json()["results"]

    assert f'<a href="/campaigns/first/mails/{mail.pk}/">1 mail sent</a>' in page
    assert "1 names somebody else" in page
    assert told == decision["mails"]
    assert (told[0]["sent"], told[0]["replied"], told[0]["revenue_usd"]) == (1, 1, None)
    assert told[0]["mail_url"] == f"/campaigns/first/mails/{mail.pk}/"


def test_a_draft_that_was_never_sent_says_nothing_of_mails(
    campaign: Campaign, task: Task, drafts: list[Draft], admin: Member, client: Client
) -> None:
    send(campaign, drafts[0])
    client.force_login(admin)

    page = client.get(f"/tasks/{task.slug}/review/drafts/{drafts[1].pk}/").content.decode()

    assert 'class="mails"' not in page
    assert client.get(f"/api/v1/drafts/{drafts[1].pk}/").json()["mails"] == []


def test_a_viewer_sees_the_campaign_and_not_the_mail(
    campaign: Campaign, task: Task, drafts: list[Draft], make_member: Callable[..., Member], client: Client
) -> None:
    send(campaign, drafts[0])
    viewer = make_member("vic")
    factories.join(viewer, task, Role.VIEWER)
    client.force_login(viewer)

    [told] = client.get(f"/api/v1/drafts/{drafts[0].pk}/").json()["mails"]

    assert told["mail_url"] == ""
    assert told["campaigns"] == [{"slug": "first", "name": "First", "url": "/campaigns/first/", "sent": 1}]


@pytest.mark.slow
def test_a_reviewer_who_has_still_to_judge_a_draft_hears_nothing_of_its_mail(
    campaign: Campaign, task: Task, reviewer: Member, client: Client
) -> None:
    factories.join(reviewer, task)
    [record] = factories.make_records(factories.make_source(task, name="Late"), 1)
    factories.make_drafts(task, [record])
    waiting = Draft.objects.get(record=record)
    send(campaign, waiting)
    client.force_login(reviewer)

    assert client.get(f"/api/v1/drafts/{waiting.pk}/").json()["mails"] == []
    assert "mail sent" not in client.get(f"/tasks/{task.slug}/review/drafts/{waiting.pk}/").content.decode()

    golds.decide(reviewer, task)

    assert client.get(f"/api/v1/drafts/{waiting.pk}/").json()["mails"][0]["sent"] == 1


def test_a_stages_draft_tells_of_campaigns_that_the_member_may_see_alone(
    campaign: Campaign, admin: Member, make_member: Callable[..., Member]
) -> None:
    research = factories.make_task(by=admin, slug="research")
    [staged] = factories.make_drafts(research, factories.make_records(factories.make_source(research), 1))
    version = PipelineVersion.objects.create(
        pipeline=Pipeline.objects.create(task=campaign.task, slug="p", name="P"), number=1
    )
    stage = Stage.objects.create(version=version, position=1, kind="research", name="research")
    StageRun.objects.create(message=send(campaign, None), stage=stage, state="passed", draft=staged)
    outsider = make_member("olaf")
    factories.join(outsider, research, Role.LEAD)

    assert figures.of_each_draft([staged.pk], by=admin)[staged.pk][0].sent == 1
    assert figures.of_each_draft([staged.pk], by=outsider) == {}
    assert figures.of_drafts_together(Draft.objects.filter(task=research).values("pk"), by=outsider) == []


@pytest.mark.slow
def test_my_decisions_and_the_golds_of_a_selection_say_what_came_of_them(
    campaign: Campaign, task: Task, drafts: list[Draft], admin: Member, client: Client
) -> None:
    dataset = freezing.create(task, name="All", by=admin)
    client.force_login(admin)
    addresses = f"/tasks/{task.slug}/review/decisions/", f"/datasets/{dataset.slug}/rows/"
    before = [client.get(address).content.decode() for address in addresses]
    reply(send(campaign, drafts[0]), ReplyClass.INTERESTED)

    after = [client.get(address).content.decode() for address in addresses]

    assert not any("<th>Mails</th>" in page for page in before)
    assert all(page.count("1 sent, 1 replied") == 1 for page in after)


def test_a_decision_that_does_not_count_has_no_mails(
    campaign: Campaign, drafts: list[Draft], admin: Member, client: Client
) -> None:
    send(campaign, drafts[0])
    first = Decision.objects.get(draft=drafts[0])
    client.force_login(admin)
    etag = client.get(f"/api/v1/drafts/{drafts[0].pk}/").json()["etag"]
    taken_back = client.post(
        f"/api/v1/drafts/{drafts[0].pk}/decisions/",
        {"id": "6a3b6a1e-9d0e-4f0c-9a39-0d8f1c1f2a11", "verdict": "retract", "retracts": str(first.pk)},
        content_type="application/json",
        headers={"If-Match": f'"{etag}"'},
    )

    rows = client.get(f"/api/v1/drafts/{drafts[0].pk}/decisions/").json()["results"]

    assert taken_back.status_code == 201
    assert len(rows) == 2
    assert not any(row["mails"] for row in rows)


@pytest.mark.slow
def test_a_version_says_what_came_of_its_rows_with_few_queries(
    campaign: Campaign, task: Task, drafts: list[Draft], admin: Member, client: Client
) -> None:
    version = frozen(task, admin)
    for number, draft in enumerate(drafts[:6]):
        send(campaign, draft, number)
    reply(Message.objects.filter(campaign=campaign)[0], ReplyClass.INTERESTED)
    client.force_login(admin)

    page = client.get(f"/datasets/{version.dataset.slug}/v/{version.number}/").content.decode()
    told = client.get(f"/api/v1/dataset-versions/{version.pk}/").json()

    assert "From its rows:" in page
    assert "6 mails sent" in page
    assert "16.7" in page
    assert (told["mails"][0]["sent"], told["mails"][0]["replied"]) == (6, 1)
    assert told["mails_of_miniatures"] == []


def test_figures_take_the_same_few_queries_for_any_number_of_drafts(
    campaign: Campaign,
    task: Task,
    drafts: list[Draft],
    admin: Member,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for number, draft in enumerate(drafts):
        send(campaign, draft, number)

    with django_assert_num_queries(3):
        figures.of_drafts_together(Draft.objects.filter(task=task).values("pk"), by=admin)
    with django_assert_num_queries(5):
        assert len(figures.of_each_draft([draft.pk for draft in drafts], by=admin)) == 12


def test_without_a_room_that_sends_nothing_is_said_of_mails(
    task: Task, drafts: list[Draft], admin: Member, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ports.mail_outcomes, "answer", lambda: None)
    client.force_login(admin)

    assert client.get(f"/api/v1/drafts/{drafts[0].pk}/").json()["mails"] == []
