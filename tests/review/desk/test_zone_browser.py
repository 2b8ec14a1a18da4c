"""The browser's own time zone is the one in which days are meant."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from members.models import Member
from review.models import Task

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.slow
def test_the_list_names_the_zone_of_the_browser(open_desk: Callable[..., Page], task: Task, admin: Member) -> None:
    page = open_desk(admin, timezone_id="Asia/Kathmandu")

    page.goto(reverse("review:desk-list", args=[task.slug]))
    page.get_by_text("More filters").click()

    expect(page.get_by_text("Days in Asia/K")).to_be_visible()
