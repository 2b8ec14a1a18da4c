"""Rows of one's own: another sheet is read where a person says so, and a page that was left leads to the task."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from members.models import Member
from review.models import Record, Task
from tests.review.imports.workbooks import rows, workbook

pytestmark = pytest.mark.django_db

OLD = [("ticket", "queue"), *((f"The lift stands still {n}", ("repair", "sales")[n % 2]) for n in range(12))]
NEW = [("question", "team"), *((f"How do I pay bill {n}", ("money", "help")[n % 2]) for n in range(9))]


@pytest.fixture
def browser(admin: Member, as_member: Callable[[Member], Client]) -> Client:
    return as_member(admin)


@pytest.fixture
def address(browser: Client) -> str:
    """The page of an uploaded workbook of two sheets."""
    file = SimpleUploadedFile("tickets.xlsx", workbook({"2025": rows(*OLD), "2026": rows(*NEW)}))
    return str(browser.post("/tasks/new/rows/", {"file": file}).headers["Location"])


def on(page: str, at: str) -> dict[str, str]:
    """What the page sends as it stands, with one sheet chosen."""
    signature = page.split('name="read_as" value="')[1].split('"')[0]
    return {"name": "Tickets", "record_noun": "ticket", "sheet": at, "read_as": signature, "use.0": "out"}


def test_the_sheet_that_was_chosen_is_shown_and_imported(browser: Client, address: str) -> None:
    first = browser.get(address).content.decode()
    assert "rows of “2025”" in first
    second = browser.post(address, {**on(first, "2026"), "do": "judge"}).content.decode()

    # What was said of the first sheet's columns is not said of the second's, and nothing is made of rows unseen.
    assert not Task.objects.exists()
    assert "rows of “2026”" in second
    assert '<td class="fit">question</td>' in second
    browser.post(address, {**on(second, "2026"), "use.0": "fact", "use.1": "answer", "do": "judge"})

    assert Record.objects.filter(task=Task.objects.get()).count() == 9
    assert set(Record.objects.values_list("facts__question", flat=True)) == {row[0] for row in NEW[1:]}


def test_rows_that_wait_are_read_as_they_were_shown(browser: Client, address: str) -> None:
    second = browser.post(address, on(browser.get(address).content.decode(), "2026")).content.decode()
    chosen = {**on(second, "2026"), "use.0": "fact", "use.1": "answer"}
    edit = browser.post(address, {**chosen, "do": "edit"}).headers["Location"]

    [link] = {part.split('"')[0] for part in browser.get(edit).content.decode().split('href="') if "sheet=" in part}
    assert '<option value="2026" selected>' in browser.get(link.replace("&amp;", "&")).content.decode()


def test_the_way_back_to_rows_that_became_a_task_leads_to_it(browser: Client, address: str) -> None:
    page = browser.get(address).content.decode()
    browser.post(address, {**on(page, "2025"), "use.0": "fact", "use.1": "answer", "do": "judge"})

    assert browser.get(address).headers["Location"] == f"/tasks/{Task.objects.get().slug}/"
    assert browser.get(address.replace(address.split("/")[4], "0" * 32)).headers["Location"] == "/tasks/new/rows/"
