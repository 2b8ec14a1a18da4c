"""Deciding many drafts as a browser without scripts does it."""

from __future__ import annotations

import re
from html import escape, unescape

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from members.models import Member
from review.models import BulkAct, Decision, Gold, Task
from tests.review import factories
from tests.review.bulk.acts import THURSDAY, pending, with_other_reasons

pytestmark = pytest.mark.django_db
LIST = "/tasks/outreach/review/list/"
URL = "/tasks/outreach/review/bulk/"


@pytest.fixture
def browser(expert: Member, as_member) -> Client:
    return as_member(expert)


def form_of(page: str) -> dict[str, str]:
    """What a browser would send back: hidden inputs, and the act's button where there is one."""
    tags = re.findall(r"<(?:input type=\"hidden\"|button)[^>]*>", page)
    named = [(re.search(r'name="([^"]+)"', tag), re.search(r'value="([^"]*)"', tag)) for tag in tags]
    return {name.group(1): unescape(value.group(1)) for name, value in named if name and value}


def look(browser: Client, **said: str) -> str:
    """Preview for all drafts that match."""
    form = form_of(browser.get(URL, {"state": "pending"}).content.decode())
    return browser.post(URL, {**form, **said}).content.decode()


@pytest.mark.parametrize("is_chosen", [False, True], ids=["all that match", "chosen"])
def test_the_list_keeps_its_filters_through_an_act_and_its_undo(browser: Client, task: Task, is_chosen: bool) -> None:
    filters, draft = {"state": "pending", "q": "the"}, str(pending(task, 1)[0])
    address = f"{LIST}?state=pending&q=the"
    listed = form_of(browser.get(LIST, filters).content.decode())
    chosen = {"draft": draft, "list": listed["list"]}
    asked = (browser.post(URL, chosen) if is_chosen else browser.get(URL, filters)).content.decode()
    said = {"verdict": "reject", "reasons": ["tone"]}
    shown = browser.post(URL, {**form_of(asked), **said}).content.decode()

    assert asked.count(escape(address)) == 1 and shown.count(escape(address)) == 2
    assert browser.post(URL, {**form_of(shown), **said})["Location"] == address

    undo = f"{URL}{BulkAct.objects.get().pk}/undo/"
    assert browser.post(undo, {"list": listed["list"]})["Location"] == address
    assert browser.post(URL, {"list": "next=//evil.example&page=x"}).content.decode().count("evil") == 0


@pytest.mark.slow
def test_chosen_drafts_are_previewed_then_rejected_then_brought_back(browser: Client, task: Task) -> None:
    ids = [str(one) for one in pending(task, 3)]

    asked = browser.post(URL, {"csrfmiddlewaretoken": "x", "draft": ids, "verdict": "reject"}).content.decode()
    shown = browser.post(URL, {**form_of(asked), "verdict": "reject", "reasons": ["tone"]}).content.decode()
    after = browser.post(URL, {**form_of(shown), "verdict": "reject", "reasons": ["tone"]}, follow=True)

    assert "Why reject" in asked
    assert "Reject 3 drafts" in shown
    assert "3 drafts rejected" in after.content.decode()
    assert Gold.objects.count() == 3
    act = BulkAct.objects.get()
    assert act.selection["how"] == {"chosen": "3"}

    undone = browser.post(f"{URL}{act.pk}/undo/", follow=True).content.decode()

    assert "3 drafts back as before." in undone
    assert not Gold.objects.exists()


def test_nothing_happens_at_a_preview(browser: Client) -> None:
    page = look(browser, verdict="reject", reasons="tone")

    assert "Reject 40 drafts" in page
    assert page.count("<details") >= 10
    assert not Decision.objects.exists()
    assert not BulkAct.objects.exists()


def test_a_preview_without_what_its_verdict_needs_says_so(browser: Client) -> None:
    reject, edit = look(browser, verdict="reject"), look(browser, verdict="edit")

    assert "A reject names at least one reason" in reject
    assert "Enter the sentence to replace." in edit
    assert "data-preview" not in reject + edit


def test_the_reasons_of_every_chosen_version_are_offered(browser: Client, task: Task, admin: Member) -> None:
    with_other_reasons(task, by=admin, count=2)

    page = look(browser, verdict="reject", reasons="stale")

    offered = re.findall(r'name="reasons"\s+value="([^"]+)"', page)
    assert {"stale", "wrong_fact", "tone"} <= set(offered)
    assert len(offered) == len(set(offered))
    assert "Reject 2 drafts" in page
    assert "Left out: their version of the task has other reasons" in page


def test_an_edit_is_previewed_as_a_word_diff(browser: Client) -> None:
    page = look(browser, verdict="edit", find=THURSDAY, replace="May I call on Friday?")

    assert "Edit 40 drafts" in page
    assert "<del>" in page and "<ins>" in page


@pytest.mark.slow
def test_accepting_many_asks_for_their_number(browser: Client, task: Task) -> None:
    factories.make_drafts(task, factories.make_records(factories.make_source(task, name="More"), 20))
    page = look(browser, verdict="accept")

    refused = browser.post(URL, {**form_of(page), "verdict": "accept", "typed": "59"})
    done = browser.post(URL, {**form_of(page), "verdict": "accept", "typed": "60"}, follow=True)

    assert refused.status_code == 422
    assert "type their number" in refused.content.decode()
    assert "60 drafts accepted" in done.content.decode()


@pytest.mark.slow
def test_the_list_offers_the_undo_to_whoever_did_it(browser: Client, other: Member, as_member) -> None:
    form = form_of(look(browser, verdict="reject", reasons="tone"))
    browser.post(URL, {**form, "verdict": "reject", "reasons": ["tone"]})

    assert "40 drafts rejected" in browser.get(LIST).content.decode()
    assert "40 drafts rejected" not in as_member(other).get(LIST).content.decode()


def test_a_list_narrowed_by_a_verdict_offers_none_that_wait(browser: Client) -> None:
    page = browser.get(URL, {"verdict": "reject"}).content.decode()

    assert "No draft is chosen" in page


@pytest.mark.slow
def test_garbage_in_the_form_decides_nothing(browser: Client) -> None:
    form = form_of(look(browser, verdict="reject", reasons="tone"))
    said = {"verdict": "reject", "reasons": ["tone"]}

    answers = [
        browser.post(URL, {**form, **said, "doable": "%%%"}),
        browser.post(URL, {**form, **said, "act": "no uuid"}),
        browser.post(URL, {**form, "verdict": "burn"}),
        browser.post(URL, {**form, **said, "ids": "!!", "draft": "no"}),
    ]

    assert {answer.status_code for answer in answers} <= {200, 302, 412, 422}
    assert Decision.objects.count() in (0, 40)


@pytest.mark.slow
def test_clusters_are_shown_with_what_differs_and_can_be_decided(browser: Client, task: Task) -> None:
    long = " ".join(f"word{number}" for number in range(120))
    records = factories.make_records(factories.make_source(task, name="Copies"), 4)
    texts = [{"subject": "Hi", "body": f"{long} copy{number}."} for number in range(4)]
    drafts = factories.make_drafts(task, records, fields=texts)
    page = browser.get("/tasks/outreach/review/alike/").content.decode()

    form = form_of(page[page.index("4 like") :])
    asked = browser.post(URL, {**form, "csrfmiddlewaretoken": "x"}).content.decode()
    shown = browser.post(URL, {**form_of(asked), "verdict": "reject", "reasons": ["tone"]}).content.decode()
    browser.post(URL, {**form_of(shown), "verdict": "reject", "reasons": ["tone"]})

    assert re.search("<del>copy[0-9]", page)
    assert set(Gold.objects.values_list("draft_id", flat=True)) == {draft.pk for draft in drafts}
    assert BulkAct.objects.get().selection["how"].keys() == {"alike"}


def test_similar_drafts_come_with_their_share(browser: Client, task: Task) -> None:
    one = pending(task, 1)[0]

    there = f"/tasks/outreach/review/alike/{one}/"
    draft = browser.get(f"/tasks/outreach/review/drafts/{one}/").content.decode()
    page = browser.get(there).content.decode()

    assert f'href="{there}"' in draft
    shares = [int(share) for share in re.findall(r'<td class="num">(\d+) %', page)]
    assert shares == sorted(shares, reverse=True)
    assert shares[0] > 60
    assert str(one) not in re.findall(r'name="draft"\s+value="([^"]+)"', page)


def test_a_draft_of_another_task_is_not_found_under_this_one(browser: Client, admin: Member, expert: Member) -> None:
    foreign = factories.make_desk(by=admin, count=1, slug="elsewhere")
    factories.join(expert, foreign)

    assert browser.get(f"/tasks/outreach/review/alike/{pending(foreign)[0]}/").status_code == 404


def test_a_preview_of_forty_costs_few_statements(browser: Client) -> None:
    form = form_of(browser.get(URL, {"state": "pending"}).content.decode())

    with CaptureQueriesContext(connection) as statements:
        browser.post(URL, {**form, "verdict": "reject", "reasons": "tone"})

    assert len(statements) < 30
