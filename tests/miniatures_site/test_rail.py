"""The rail groups a task's pages by Data, Models and Live; pages that a task has no use for are not in it."""

from __future__ import annotations

import re
from typing import Any

import pytest

from members.models import Member
from miniatures_site.frame import navigation
from review.states import Role
from tests.campaigns.factories import make_contact
from tests.review import factories

pytestmark = pytest.mark.django_db

WITH_MAILS = {"Data": "sgrd", "Models": "nepmk", "Live": "vcx"}
WITHOUT_MAILS = {"Data": "sgrd", "Models": "nepmk", "Live": "v"}


def groups_of(page: str) -> dict[str, str]:
    """Keys of each group's lines, by its heading."""
    rail = page[page.index('<nav class="rail"') : page.index('class="rail-foot"')]
    parts = rail.split('<div class="rail-group"')[1:]
    return {
        re.findall(r'class="rail-label"[^>]*>(\w+)<', part)[0]: "".join(re.findall(r'data-go="(\w)"', part))
        for part in parts
    }


def current_of(page: str) -> list[str]:
    return re.findall(r'data-go="(\w)"[^>]*aria-current="page"', page)


def test_a_task_of_mails_has_three_groups(admin: Member, as_member: Any) -> None:
    factories.make_task(by=admin)

    page = as_member(admin).get("/tasks/outreach/").content.decode()

    assert groups_of(page) == WITH_MAILS
    foot = page[page.index('class="rail-foot"') :]
    assert re.findall(r'data-go="(\w)"', foot[: foot.index("</nav>")]) == list("tjo")


def test_the_rail_leads_nobody_to_a_page_that_refuses_them(admin: Member, make_member: Any, as_member: Any) -> None:
    task, pages = factories.make_task(by=admin), {}
    for role in ("viewer", "reviewer", "lead"):
        factories.join(member := make_member(role), task, Role(role))
        pages[role] = (client := as_member(member)).get("/tasks/outreach/").content.decode()
        rail = pages[role][pages[role].index('<nav class="rail"') :]
        addresses = re.findall(r'<a[^>]* href="([^"]+)"[^>]*data-go|data-go[^>]* href="([^"]+)"', rail)
        assert {client.get(one or other, follow=True).status_code for one, other in addresses} == {200}

    assert {role: groups_of(page)["Models"] for role, page in pages.items()} == {
        "viewer": "nemk",
        "reviewer": "nepmk",
        "lead": "nepmk",
    }


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("/", "h"),
        ("/tasks/outreach/", "t"),
        ("/tasks/outreach/studies/", "e"),
        ("/tasks/outreach/arenas/", "e"),
        ("/tasks/outreach/playground/", "p"),
        ("/tasks/outreach/costs/", "k"),
        ("/tasks/outreach/serving/", "v"),
        ("/tasks/outreach/routers/", "v"),
        ("/tasks/outreach/experiments/", "x"),
    ],
)
def test_the_line_of_the_page_is_marked_and_no_other_stands_above_it(
    admin: Member, as_member: Any, address: str, key: str
) -> None:
    factories.make_task(by=admin)

    page = as_member(admin).get(address).content.decode()

    lines = dict(re.findall(r'href="([^"]*)"[^>]*data-go="(\w)"', page))
    above = re.findall(
        r'href="([^"]*)"', page[page.index('class="crumbs"') : page.index("</nav>", page.index('class="crumbs"'))]
    )
    assert current_of(page) == [key]
    assert {lines[link] for link in above if link in lines} <= {"t", key}


def test_a_task_without_mails_has_no_campaigns(admin: Member, as_member: Any) -> None:
    factories.make_task(by=admin, spec=factories.triage_spec(), slug="triage")

    assert groups_of(as_member(admin).get("/tasks/triage/").content.decode()) == WITHOUT_MAILS


def test_a_task_beyond_the_switcher_has_no_line_to_rooms_that_are_not_there(
    admin: Member, as_member: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(navigation, "TASKS_IN_SWITCHER", 0)
    factories.make_task(by=admin)
    factories.make_task(by=admin, spec=factories.triage_spec(), slug="triage")
    client = as_member(admin)

    assert groups_of(client.get("/tasks/triage/").content.decode()) == WITHOUT_MAILS
    assert groups_of(client.get("/tasks/outreach/").content.decode()) == WITH_MAILS


def test_a_task_that_wrote_mails_once_leads_to_what_it_holds_of_them(admin: Member, as_member: Any) -> None:
    triage = factories.make_task(by=admin, spec=factories.triage_spec(), slug="triage")
    make_contact(triage, record=factories.make_records(factories.make_source(triage), 1)[0])

    assert groups_of(as_member(admin).get("/tasks/triage/").content.decode()) == WITH_MAILS
