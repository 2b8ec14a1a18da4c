"""A task from a log on a phone, by keyboard alone once the file is chosen."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from members.models import Member
from review.models import Task
from tests.review.pages.test_log_pages import tickets
from tests.signed_in import context_of

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_task_is_made_from_a_log_by_keyboard_on_a_phone(
    browser: Browser, live_server: Any, admin: Member, tmp_path: Path
) -> None:
    log = tmp_path / "tickets.jsonl"
    log.write_text("\n".join(json.dumps(line) for line in tickets()))
    context = context_of(browser, live_server.url, admin, viewport={"width": 375, "height": 800})
    page = context.new_page()
    page.set_default_timeout(60_000)
    page.goto("/tasks/new/from-log/")

    assert page.evaluate("document.documentElement.scrollWidth") == 375
    page.locator("#id_file").set_input_files(log)
    page.get_by_role("button", name="Check the log").press("Enter")
    page.wait_for_url("**/from-log/*/**")
    assert page.evaluate("document.documentElement.scrollWidth") == 375
    expect(page.get_by_text("12 of 12 are rebuilt byte for byte")).to_be_visible(timeout=60_000)
    name = page.get_by_label("Name of the input seats")
    name.focus()
    page.keyboard.press("Control+A")
    page.keyboard.type("places")
    page.get_by_role("button", name="Make the task and edit it").press("Enter")
    page.wait_for_url("**/tasks/tickets/edit/")
    context.close()

    spec = Task.objects.get(slug="tickets").versions.get().spec
    assert "places" in [field.name for field in spec.input_schema]
