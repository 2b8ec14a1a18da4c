"""The rail shows the path of a task; what most visits pass by stands one step behind it."""

from __future__ import annotations

import re
from typing import Any

import pytest

from members.models import Member
from miniatures_site.frame import navigation
from tests.campaigns.factories import make_contact
from tests.review import factories

pytestmark = pytest.mark.django_db


def rail_of(page: str) -> tuple[list[str], list[str], bool]:
    """Keys of the path and of what stands behind it, and whether that is open."""
    rail = page[page.index('<nav class="rail"') : page.index('class="rail-foot"')]
    path, _, more = rail.partition('<details class="rail-more"')
    keys = [re.findall(r'data-go="(\w)"', part) for part in (path, more)]
    return keys[0], keys[1], more.lstrip().startswith("open")


def test_the_path_is_in_front_and_the_rest_one_step_behind(admin: Member, as_member: Any) -> None:
    factories.make_task(by=admin)
    client = as_member(admin)

    on_the_task = rail_of(client.get("/tasks/outreach/").content.decode())
    on_studies = rail_of(client.get("/tasks/outreach/studies/").content.decode())

    assert on_the_task == (list("htsgrdnemc"), list("ux"), False)
    assert on_studies == (list("htsgrdnemc"), list("ux"), True)


def test_one_line_alone_is_not_put_behind(admin: Member, as_member: Any) -> None:
    factories.make_task(by=admin, spec=factories.triage_spec(), slug="triage")

    assert rail_of(as_member(admin).get("/tasks/triage/").content.decode()) == (list("htsgrdneum"), [], False)


def test_a_task_beyond_the_switcher_has_no_line_to_rooms_that_are_not_there(
    admin: Member, as_member: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(navigation, "TASKS_IN_SWITCHER", 0)
    factories.make_task(by=admin)
    factories.make_task(by=admin, spec=factories.triage_spec(), slug="triage")
    client = as_member(admin)

    assert rail_of(client.get("/tasks/triage/").content.decode())[0] == list("htsgrdneum")
    assert rail_of(client.get("/tasks/outreach/").content.decode())[0] == list("htsgrdnemc")


def test_a_task_that_wrote_mails_once_leads_to_what_it_holds_of_them(admin: Member, as_member: Any) -> None:
    triage = factories.make_task(by=admin, spec=factories.triage_spec(), slug="triage")
    make_contact(triage, record=factories.make_records(factories.make_source(triage), 1)[0])

    assert rail_of(as_member(admin).get("/tasks/triage/").content.decode())[0] == list("htsgrdnemc")
