"""A sequence with branches is made by the form of a campaign, and what is wrong with it is told at its place."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.test import Client

from campaigns.models import Campaign
from campaigns.sending import lifecycle
from members.models import Member
from review.models import Task
from tests.campaigns import factories
from tests.campaigns.pipeline.campaign_form import FORM

pytestmark = pytest.mark.django_db
AsMember = Callable[[Member], Client]


@pytest.mark.slow
def test_a_sequence_with_branches_is_made_and_edited_by_the_form(
    task: Task, people: None, lead: Member, as_member: AsMember
) -> None:
    factories.make_sender()
    browser = as_member(lead)
    third = {
        "has_step_3": "on", "step_3_wait_days": "1", "step_3_when": "replied",
        "step_3_reply_classes": ["question", "not_now"], "step_3_writer": "template", "step_3_subject": "",
        "step_3_body": "Good question.", "step_3_same_thread": "on", "step_2_when": "not_clicked",
        "days_off": "2026-12-25\n2026-12-26",
    }  # fmt: skip

    made = browser.post(f"/tasks/{task.slug}/campaigns/new/", {**FORM, **third})
    campaign = Campaign.objects.get()
    shown = browser.get(f"/campaigns/{campaign.slug}/edit/").content.decode()

    assert made.status_code == 302
    assert campaign.days_off == ["2026-12-25", "2026-12-26"]
    assert list(campaign.steps.values_list("number", "when", "reply_classes", "same_thread")) == [
        (1, "no_answer", None, False), (2, "not_clicked", None, False), (3, "replied", ["question", "not_now"], True),
    ]  # fmt: skip
    assert "Good question." in shown
    assert '<option value="not_clicked" selected>' in shown
    assert re.search(r'value="not_now"[^>]* checked', shown)
    assert "2026-12-26" in shown
    lifecycle.launch(campaign, by=lead)
    page = browser.get(f"/campaigns/{campaign.slug}/").content.decode()
    assert "Goes out when: the last answer says: asks something or not now" in page
    assert "not on 2026-12-25, 2026-12-26" in page


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"has_step_2": "", "has_step_3": "on", "step_3_body": "x"}, "A later mail is to be sent: send this one too"),
        ({"days_off": "2026-12-25\n25.12."}, "Line 2: &#x27;25.12.&#x27; is not a date"),
        ({"step_2_when": "replied"}, "Mail 2 responds to an answer: choose its class"),
        ({"step_3_body": "Good question."}, "Tick this to send the mail, or clear its row."),
        ({"arm_2_teacher": "offline", "arm_2_weight": "1"}, "Give this arm a name, or clear its row."),
        ({"control": "2"}, "Arm 2 has no name: name it, or choose another."),
    ],
)
def test_a_wrong_sequence_is_told_at_its_place(
    task: Task, people: None, lead: Member, as_member: AsMember, change: dict[str, str], words: str
) -> None:
    factories.make_sender()

    page = as_member(lead).post(f"/tasks/{task.slug}/campaigns/new/", {**FORM, **change})

    assert page.status_code in (400, 422)
    assert words in page.content.decode()
    assert not Campaign.objects.exists()


def test_an_arm_and_a_mail_whose_name_and_tick_are_taken_away_are_left_out(
    task: Task, people: None, lead: Member, as_member: AsMember
) -> None:
    factories.make_sender()
    browser, second = as_member(lead), {"arm_2_name": "B", "arm_2_teacher": "offline", "arm_2_weight": "2"}
    browser.post(f"/tasks/{task.slug}/campaigns/new/", {**FORM, **second})
    campaign = Campaign.objects.get()

    saved = browser.post(f"/campaigns/{campaign.slug}/edit/", {**FORM, **second, "arm_2_name": "", "has_step_2": ""})

    assert saved.status_code == 302
    assert (campaign.arms.count(), campaign.steps.count()) == (1, 1)
