"""The form of a campaign shows six fields, folds the rest, and writes to nobody until somebody is chosen."""

from __future__ import annotations

from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

import pytest
from django import forms
from django.test import Client
from rest_framework.test import APIClient

from campaigns.models import Campaign
from campaigns.planning import audience, launch_checks
from campaigns.planning.plans import ArmPlan
from campaigns.states import SuppressionReason
from campaigns.suppression import suppress
from generation.models import Teacher
from members.models import Member
from review.models import Task
from tests.campaigns import factories
from tests.campaigns.pipeline.campaign_form import FORM

pytestmark = pytest.mark.django_db
AsMember = Callable[[Member], Client]
Api = Callable[..., APIClient]
SHOWN = {"name", "sender", "segment", "arm_1_teacher", "approval", "max_model_usd"}


class Fields(HTMLParser):
    """Names of the fields of a page that no closed fold hides."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.shown: set[str] = set()
        self._folds: list[bool] = []
        self.feed(page[page.index('<form method="post" class="stack" novalidate') :].partition("</form>")[0])

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "details":
            self._folds.append("open" in given)
        elif tag in ("input", "select", "textarea") and given.get("type") != "hidden" and all(self._folds):
            self.shown.add(given["name"] or "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "details":
            self._folds.pop()


def shown(response: Any) -> set[str]:
    return Fields(response.content.decode()).shown


def test_a_new_campaign_shows_six_fields(task: Task, lead: Member, as_member: AsMember) -> None:
    assert shown(as_member(lead).get(f"/tasks/{task.slug}/campaigns/new/")) == SHOWN


@pytest.mark.parametrize(
    ("change", "opened"),
    [
        ({"limit": "0"}, {"limit", "imported_with"}),
        ({"arm_2_weight": "-1"}, {"arm_2_weight", "arm_1_name"}),
        ({"step_3_wait_days": "-1"}, {"step_3_wait_days", "links"}),
        ({"has_step_3": "on"}, {"has_step_2", "step_3_body"}),
        ({"daily_cap": ""}, {"daily_cap", "days_off"}),
        ({"arm_1_name": ""}, {"arm_1_name"}),
    ],
)
def test_an_error_in_a_folded_part_opens_it(
    task: Task, lead: Member, as_member: AsMember, change: dict[str, str], opened: set[str]
) -> None:
    plain = {
        "name": "Spring",
        "arm_1_name": "A",
        "arm_1_weight": "1",
        "step_1_writer": "model",
        "approval": "all",
        "daily_cap": "500",
    }
    same = {"max_model_usd": "1", "mails_per_minute": "60", "quiet_from": "20", "quiet_until": "8", "time_zone": "UTC"}

    answer = as_member(lead).post(f"/tasks/{task.slug}/campaigns/new/", {**plain, **same, **change})

    assert answer.status_code == 400
    assert opened <= shown(answer)


def test_values_in_folded_parts_open_them_when_a_campaign_is_edited(
    task: Task, people: None, lead: Member, as_member: AsMember
) -> None:
    plain = factories.make_draft_campaign(task, by=lead, slug="plain", audience={})
    with_limit = factories.make_draft_campaign(task, by=lead, slug="limited", audience={"everyone": True, "limit": 5})
    browser = as_member(lead)

    assert not {"limit", "daily_cap", "links"} & shown(browser.get(f"/campaigns/{plain.slug}/edit/"))
    assert "limit" in shown(browser.get(f"/campaigns/{with_limit.slug}/edit/"))
    assert "daily_cap" not in shown(browser.get(f"/campaigns/{with_limit.slug}/edit/"))


@pytest.mark.parametrize(("segment", "kept", "count"), [("", {}, 0), (" everyone", {"everyone": True}, 6)])
def test_a_campaign_writes_to_nobody_until_somebody_is_chosen(
    task: Task, people: None, lead: Member, as_member: AsMember, segment: str, kept: dict[str, Any], count: int
) -> None:
    factories.make_sender()
    browser = as_member(lead)

    browser.post(f"/tasks/{task.slug}/campaigns/new/", {**FORM, "segment": segment})
    campaign = Campaign.objects.get()
    page = browser.get(f"/campaigns/{campaign.slug}/").content.decode()
    form = browser.get(f"/campaigns/{campaign.slug}/edit/").content.decode()

    assert campaign.audience == kept
    assert audience.contacts_matching(campaign).count() == count
    assert ("No contacts are chosen." in page) is (count == 0)
    assert f'<option value="{segment}" selected>' in form


@pytest.mark.parametrize("chosen", [None, {}, {"limit": 5}, {"everyone": False}])
def test_the_api_chooses_nobody_either(
    api_as: Api, task: Task, people: None, lead: Member, chosen: dict[str, Any] | None
) -> None:
    api = api_as(lead, scopes=("lead",))
    body = {"task": task.slug, "name": "Spring", "arms": [{"name": "A", "teacher": "offline"}]}

    made = api.post("/api/v1/campaigns/", body if chosen is None else {**body, "audience": chosen}, format="json")
    run = api.get("/api/v1/campaigns/spring/dry-run/").json()

    assert made.status_code == 201
    assert run["contacts"] == 0
    assert "No contacts are chosen." in [problem["message"] for problem in run["problems"]]


def test_of_an_empty_segment_nobody_is_left_out(task: Task, lead: Member) -> None:
    for number in range(3):
        contact = factories.make_contact(task, f"gone{number}@acme.example", segment="gone")
        suppress.suppress(contact.address_hmac, reason=SuppressionReason.UNSUBSCRIBED)
    empty = factories.make_draft_campaign(task, by=lead, slug="empty", audience={"segment": "nobody"})
    gone = factories.make_draft_campaign(task, by=lead, slug="gone", audience={"segment": "gone"})

    def words(campaign: Campaign) -> str:
        return next(p.message for p in launch_checks.launch_problems(campaign) if p.code == "no_contacts")

    assert words(empty) == "There are no contacts to write to."
    assert "3 suppressed" in words(gone)


def posted(form: forms.Form) -> dict[str, Any]:
    """What a browser posts of a form that nobody touched: a select without its value posts its first option."""
    values = {}
    for field in form:
        value = "" if type(field.field) is forms.ChoiceField and " selected" not in str(field) else field.value()
        if value not in (None, False, []):
            values[field.html_name] = "on" if value is True else value
    return values


def test_saving_a_form_untouched_keeps_what_is_no_longer_offered(
    task: Task, people: None, lead: Member, as_member: AsMember
) -> None:
    offline = Teacher.objects.get(slug="offline")
    chosen = {"arms": [ArmPlan("A", teacher=offline)], "reply_teacher": offline, "audience": {"segment": "later"}}
    campaign = factories.make_draft_campaign(task, by=lead, **chosen)
    Teacher.objects.update(is_active=False)
    browser, url = as_member(lead), f"/campaigns/{campaign.slug}/edit/"

    page = browser.get(url)
    saved = browser.post(url, posted(page.context["form"]))

    assert saved.status_code == 302
    campaign.refresh_from_db()
    assert (campaign.reply_teacher, campaign.arms.get().teacher) == (offline, offline)
    assert campaign.audience == {"segment": "later"}
    assert f"{offline.name} (out of use)" in page.content.decode()
    assert "out of use" not in browser.get(f"/tasks/{task.slug}/campaigns/new/").content.decode()
