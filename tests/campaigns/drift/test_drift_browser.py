"""A lead registers a study of drift in a real browser, looks, and reads verdict and series."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from members.models import Member
from review.models import Task
from tests.campaigns.drift.drift_rows import went
from tests.evaluation.conftest import open_as

__all__ = ["open_as"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_study_from_its_form_to_its_verdict(task: Task, lead: Member, open_as: Callable[[Member, str], Page]) -> None:
    for month, replies in ((5, 30), (6, 30), (7, 3), (8, 3)):
        went(task, month, mails=150, replies=replies)
    page = open_as(lead, f"/tasks/{task.slug}/drift/")

    page.get_by_role("link", name="Register a study").click()
    page.get_by_label("Begins on").fill("2026-05-01")
    page.get_by_label("How many").fill("4")
    page.get_by_role("button", name="Show what it can show").click()
    expect(page.locator("p[role=status]")).to_contain_text("With 150 first mails a month and a share of 11.0 % before")
    page.get_by_role("button", name="Register", exact=True).click()
    page.get_by_role("button", name="Record the look after 4 months").click()

    expect(page.locator("#verdict-h + p")).to_contain_text("The reply rate changed in 2026-07, from 20.0 % to 2.0 %")
    chart = page.locator("figure.chart")
    expect(chart.locator("circle")).to_have_count(4)
    # Where the axis is written: its numbers stand in a row.
    texts = chart.locator("text").all_text_contents()
    assert sum(text.isdigit() for text in texts) >= 3
    assert {"2026-05", "2026-06", "2026-07", "2026-08"} <= set(texts)
