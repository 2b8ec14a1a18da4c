from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from rest_framework.test import APIClient

from campaigns.models import Campaign, Message
from campaigns.planning.plans import StepPlan
from campaigns.sending import lifecycle, outbox, tick
from campaigns.sending.attempt import SendingAttempt
from campaigns.states import Approval, FixedVerdict, MessageState, StepWriter
from campaigns.writing import fixed_texts
from jobs.models import Job
from members.models import Member
from review.models import Task
from tests.campaigns import factories
from tests.campaigns.pipeline.conftest import answer_orders, judge, sent_before, states
from web.errors import Refusal

pytestmark = pytest.mark.django_db
FIXED = StepPlan(StepWriter.TEMPLATE, 0, "Hello {{contact.first_name}}", "Hi {{contact.first_name}}, a fixed word.")
LATER = StepPlan(StepWriter.TEMPLATE, 3600, "Again", "Me once more, {{contact.first_name}}: one page for you.")
APPROVE, REFUSE, REOPEN = FixedVerdict


def begun(task: Task, lead: Member, *steps: StepPlan, approval: Approval = Approval.ALL) -> Campaign:
    plan = {"steps": steps, "approval": approval, "sample_share": 0.0, "quiet_from": 0, "quiet_until": 0}
    campaign = factories.make_draft_campaign(task, by=lead, **plan, sends_at_weekends=True)
    campaign = lifecycle.launch(campaign, by=lead)
    tick.advance_all()
    return campaign


def test_every_mail_means_fixed_texts_too(task: Task, people: None, lead: Member) -> None:
    campaign = begun(task, lead, FIXED)

    assert states(campaign) == {"awaiting": 6}
    assert fixed_texts.decide_fixed_mails(campaign, verdict=APPROVE, by=lead) == 6
    assert states(campaign) == {"approved": 6}
    assert {mail.approved_by for mail in Message.objects.all()} == {lead}


@pytest.mark.slow
def test_every_mail_means_later_steps_too(task: Task, people: None, lead: Member) -> None:
    campaign = begun(task, lead, StepPlan(), LATER)
    answer_orders()
    tick.advance_all()
    for mail in Message.objects.all():
        assert mail.draft is not None
        judge(mail.draft, lead, "accept")
    sent_before(campaign, hours_ago=2)

    tick.advance_all()

    seconds = Message.objects.filter(step__number=2)
    assert {(mail.state, mail.needs_approval) for mail in seconds} == {("awaiting", True)}


def test_where_a_share_is_enough_a_fixed_text_goes_by_the_launchers_word(
    task: Task, people: None, lead: Member
) -> None:
    campaign = begun(task, lead, FIXED, approval=Approval.SAMPLE)

    assert states(campaign) == {"approved": 6}
    assert fixed_texts.decide_fixed_mails(campaign, verdict=REFUSE, by=lead, message_ids=ids(campaign)) == 0


def ids(campaign: Campaign, count: int = 6) -> list[UUID]:
    return list(Message.objects.filter(campaign=campaign).order_by("id").values_list("pk", flat=True)[:count])


def test_a_word_is_taken_back_until_the_mail_has_gone(task: Task, people: None, lead: Member) -> None:
    campaign = begun(task, lead, FIXED)
    one, two = ids(campaign, 2)
    fixed_texts.decide_fixed_mails(campaign, verdict=APPROVE, by=lead, message_ids=[one, two])
    Message.objects.filter(pk=two).update(state=MessageState.SENT)

    assert fixed_texts.decide_fixed_mails(campaign, verdict=REOPEN, by=lead, message_ids=[one, two]) == 1
    tick.advance_all()

    assert Message.objects.get(pk=one).state == MessageState.AWAITING
    assert Message.objects.get(pk=one).approved_at is None
    assert Message.objects.get(pk=two).state == MessageState.SENT
    assert fixed_texts.decide_fixed_mails(campaign, verdict=REFUSE, by=lead, message_ids=[one]) == 1
    assert Message.objects.get(pk=one).state == MessageState.REJECTED


def test_the_sender_takes_no_fixed_text_that_nobody_approved(task: Task, people: None, lead: Member) -> None:
    campaign = begun(task, lead, FIXED)
    one, two = ids(campaign, 2)
    fixed_texts.decide_fixed_mails(campaign, verdict=APPROVE, by=lead, message_ids=[one, two])
    Message.objects.filter(pk=two).update(approved_at=None)
    job = Job.objects.create(kind="campaign-send", title="Send", state="running", fence=1)
    turn = SendingAttempt.of(campaign, job_id=job.pk, fence=1)
    now = Message.objects.get(pk=one).due_at
    assert now is not None

    claimed = {mail.pk: outbox.claim(mail, turn, now=now) for mail in outbox.due(campaign, now=now, limit=5)}

    assert claimed[one] is not None
    assert claimed[two] is None
    assert Message.objects.get(pk=two).state == MessageState.AWAITING


def test_only_a_lead_decides_and_only_while_it_runs(task: Task, people: None, lead: Member, viewer: Member) -> None:
    campaign = begun(task, lead, FIXED)

    with pytest.raises(PermissionDenied):
        fixed_texts.decide_fixed_mails(campaign, verdict=APPROVE, by=viewer)
    ended = lifecycle.end(campaign, by=lead)
    with pytest.raises(Refusal, match="launched"):
        fixed_texts.decide_fixed_mails(ended, verdict=APPROVE, by=lead)


@pytest.mark.slow
def test_fixed_texts_are_read_and_approved_on_their_page(
    task: Task, people: None, lead: Member, as_member: Callable[[Member], Client]
) -> None:
    campaign = begun(task, lead, FIXED)
    browser = as_member(lead)

    overview = browser.get(f"/campaigns/{campaign.slug}/").content.decode()
    page = browser.get(f"/campaigns/{campaign.slug}/dry-run/?waits=yes").content.decode()
    browser.post(f"/campaigns/{campaign.slug}/mails/fixed/", {"verdict": "approve", "mail": ids(campaign, 4)})
    browser.post(f"/campaigns/{campaign.slug}/mails/fixed/", {"verdict": "refuse", "mail": ids(campaign)[4:5]})
    nothing = browser.post(
        f"/campaigns/{campaign.slug}/mails/fixed/", {"verdict": "approve", "mail": ["x"]}, follow=True
    )

    assert "6 mails with a fixed text wait" in overview
    assert "Approve on the desk" not in overview
    assert page.count("Hi Ada") == 6
    assert "Approve all on this page" in page
    assert states(campaign) == {"approved": 4, "rejected": 1, "awaiting": 1}
    assert "Nothing was decided" in nothing.content.decode()


@pytest.mark.slow
def test_a_program_approves_fixed_texts(
    task: Task, people: None, lead: Member, api_as: Callable[..., APIClient]
) -> None:
    campaign = begun(task, lead, FIXED)
    url, api = f"/api/v1/campaigns/{campaign.slug}/fixed-mails/", api_as(lead, scopes=("lead",))

    some = api.post(url, {"verdict": "approve", "messages": [str(pk) for pk in ids(campaign, 2)]}, format="json")
    rest = api.post(url, {"verdict": "approve"}, format="json")
    wrong = [
        api.post(url, body, format="json").status_code
        for body in (
            {},
            {"verdict": "yes"},
            {"verdict": "approve", "messages": ["x"]},
            {"verdict": "approve", "messages": []},
        )
    ]

    assert (some.status_code, some.data, rest.data) == (202, {"count": 2}, {"count": 4})
    assert wrong == [400, 400, 400, 400]
