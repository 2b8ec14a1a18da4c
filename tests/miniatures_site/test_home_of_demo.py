"""Home of the demo leads through five acts."""

from __future__ import annotations

import re
from pathlib import Path

from django.utils import timezone

from miniatures_site.home import first_minutes
from review.models import Membership
from review.spec.starters import outreach
from review.tasks import authoring
from tests.miniatures_site.test_home import judge, make_drafts, task
from tests.review import factories

__all__ = ["task"]


def test_the_demos_tasks_are_listed_on_its_own_and_nowhere_else(task, admin, as_member, settings):
    settings.DEMO = True
    demo = [
        authoring.create(name=name, slug=slug, spec=outreach.SPEC, by=admin)
        for name, slug in (("Reply sorting", "reply-sorting"), ("Mails", "outreach-e-mail"))
    ]
    site = as_member(admin)

    site.cookies["task"] = demo[0].slug
    of_the_demo = site.get("/").content.decode()
    site.cookies["task"] = task.slug
    of_ones_own = site.get("/").content.decode()

    assert "Tasks of this demo" in of_the_demo
    assert "first-minutes-h" in of_the_demo
    assert "and its language, in six" in of_the_demo
    assert 'href="/tasks/outreach-e-mail/"' in of_the_demo
    assert "claim-check" not in of_the_demo
    assert "Tasks of this demo" not in of_ones_own
    assert "first-minutes-h" not in of_ones_own


def words(page: str) -> list[str]:
    """Texts of the accented buttons of a page's content."""
    return re.findall(r'class="btn btn-primary"[^>]*>([^<]*)<', page.split("<main")[1])


def test_the_demos_task_of_labels_is_trained_by_one_press(task, admin, reviewer, as_member, settings):
    settings.DEMO = True
    labels = authoring.create(name="Tickets", slug="ticket-routing", spec=factories.triage_spec(), by=admin)
    Membership.objects.create(member=reviewer, task=labels, role="viewer")
    judge(labels, admin, timezone.localdate(), *[0.0] * first_minutes.CARDS, hour=0)
    pages = []
    for member in (admin, reviewer):
        site = as_member(member)
        site.cookies["task"] = labels.slug
        pages.append(site.get("/").content.decode())

    button = 'action="/tasks/ticket-routing/train/"'
    assert [button in page for page in pages] == [True, False]
    assert 'href="/tasks/ticket-routing/train/"' in pages[1]


def test_an_act_that_is_done_shows_its_outcome_and_the_next_one_is_the_only_accent(task, admin, as_member, settings):
    settings.DEMO = True
    labels = authoring.create(name="Tickets", slug="ticket-routing", spec=factories.triage_spec(), by=admin)
    site = as_member(admin)
    site.cookies["task"] = labels.slug

    first = site.get("/").content.decode()
    judge(labels, admin, timezone.localdate(), 0.0, hour=0)
    begun = site.get("/").content.decode()
    judge(labels, admin, timezone.localdate(), *[0.0] * (first_minutes.CARDS - 1), hour=1)
    then = site.get("/").content.decode()

    assert "A miniature is a small model" in first
    assert [words(page) for page in (first, begun, then)] == [["Judge five cards"], ["Judge five cards"], ["Train"]]
    assert "Tickets: 1 of 5 judged." in begun
    assert "5 judged" in then
    assert "5 judged" not in first


def test_a_viewer_is_led_to_no_act_that_refuses_them(task, admin, reviewer, as_member, settings):
    settings.DEMO = True
    labels = authoring.create(name="Tickets", slug="ticket-routing", spec=factories.triage_spec(), by=admin)
    mails = authoring.create(name="Mails", slug="outreach-e-mail", spec=outreach.SPEC, by=admin)
    Membership.objects.create(member=reviewer, task=labels, role="viewer")
    site = as_member(reviewer)
    site.cookies["task"] = labels.slug

    viewed = [(act.label, site.get(act.url).status_code) for act in first_minutes.acts_of(reviewer, labels, None)]
    trained = site.get("/tasks/ticket-routing/train/").content.decode()
    refused = site.get("/tasks/new/rows/").content.decode()
    Membership.objects.create(member=reviewer, task=mails, role="reviewer")
    make_drafts(mails, 1)
    elsewhere = [(act.label, act.about) for act in first_minutes.acts_of(reviewer, labels, None)]

    assert viewed == [("Train", 200)]
    assert "A lead of this task trains it." in trained
    assert "Roles in a task are given on its page, under Team" in refused
    assert [label for label, _about in elsewhere] == ["Judge five cards", "Train"]
    assert elsewhere[0][1].startswith("Mails:")


def test_cards_of_the_task_that_is_trained_are_judged_where_some_wait(task, admin, as_member, settings):
    settings.DEMO = True
    labels = authoring.create(name="Tickets", slug="ticket-routing", spec=factories.triage_spec(), by=admin)
    demo = authoring.create(name="Mails", slug="outreach-e-mail", spec=outreach.SPEC, by=admin)
    site = as_member(admin)
    site.cookies["task"] = demo.slug

    make_drafts(demo, 5)
    before = site.get("/").content.decode()
    site.cookies["task"] = labels.slug
    elsewhere = site.get("/").content.decode()
    make_drafts(labels, 5)
    after = site.get("/").content.decode()

    assert re.findall(r'href="(/tasks/[\w-]+/review/)"[^>]*>Judge', elsewhere) == ["/tasks/outreach-e-mail/review/"]
    assert re.findall(r'href="(/tasks/[\w-]+/review/)"[^>]*>Judge', before) == ["/tasks/outreach-e-mail/review/"]
    assert "Another task, Tickets:" in before and "Another task, Mails" not in before
    assert "Mails: accept" in elsewhere and "Another task" not in elsewhere
    assert re.findall(r'href="(/tasks/[\w-]+/review/)"[^>]*>Judge', after) == ["/tasks/ticket-routing/review/"]
    assert "Tickets: accept" in after and "Another task" not in after


def test_readme_lists_the_acts_of_home_in_the_same_words(admin, task):
    labels = authoring.create(name="Ticket routing", slug="ticket-routing", spec=factories.triage_spec(), by=admin)
    readme = (Path(__file__).parents[2] / "README.md").read_text()

    listed = re.findall(r"^\d\. \*\*(.+?)\.?\*\* (.+?)(?: \(\[.*)?\.?$", readme, re.MULTILINE)
    acts = [first_minutes._guessing(admin, None, None), *first_minutes.acts_of(admin, labels, None)]

    assert listed == [(act.label, act.about.removesuffix(".")) for act in acts]
    assert len(listed) == 5


def test_without_a_choice_home_of_the_demo_opens_with_the_tickets(task, admin, as_member):
    authoring.create(name="Ticket routing", slug="ticket-routing", spec=outreach.SPEC, by=admin)

    page = as_member(admin).get("/").content.decode()

    assert re.search(r"<h1[^>]*>\s*Ticket routing\s*</h1>", page)
