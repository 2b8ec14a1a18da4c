"""A task without mails says nothing of prospects, companies, mails, sellers and campaigns on any of its pages."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import override_settings

from generation.diversity import examples
from miniatures_site.access.task_of import lookup_of
from tests.matrix.callers import browser
from tests.matrix.installation import CANARY
from tests.matrix.pages import PAGES, visit
from tests.matrix.routes import Route
from tests.matrix.tickets import TicketInstallation
from web.errors import Refusal

pytestmark = pytest.mark.django_db
MAIL_WORDS = re.compile(r"\b(prospects?|compan(?:y|ies)|e-?mails?|mails?|sellers?|campaigns?)\b", re.IGNORECASE)
# Pages of the installation that show what a task has.
LISTS = {
    "evaluation:arenas", "evaluation:list", "evaluation:studies", "generation:list", "home", "jobs:list",
    "review:datasets", "review:tasks", "serving:playground", "training:compare", "training:list", "training:miniatures",
    "training:sweeps",
}  # fmt: skip
# A word by page that stands there only with rows.
HELD = {
    "evaluation:arena": "Standings",
    "evaluation:detail": "How it was measured",
    "evaluation:study": "Cells",
    "generation:judging": "Verdicts of Offline teacher",
    "review:dataset-version": "Personal data",
    "review:focus": CANARY,
    "serving:router": "Expected share",
    "training:miniature": "Write for a record",
    "training:run": "Miniature ready",
}


def is_of_a_task(route: Route) -> bool:
    is_of_mails = route.view.__module__.startswith("campaigns.") or route.pattern.startswith("campaigns/")
    if is_of_mails or route.name == "review:draft-text":  # A text as it was written, without a word of ours.
        return False
    return lookup_of(route.pattern) is not None or route.name in LISTS


TASK_PAGES = [route for route in PAGES if is_of_a_task(route)]


@pytest.fixture(scope="module")
def tickets(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[TicketInstallation]:
    """A task of labels with one of everything, rolled back at the end."""
    folder = tmp_path_factory.mktemp("tickets")
    with django_db_blocker.unblock(), override_settings(STUDENT_ROOTS=[folder / "students"]), transaction.atomic():
        yield TicketInstallation(folder)
        transaction.set_rollback(True)


@pytest.mark.slow
@pytest.mark.parametrize("caller", ["lead", "reviewer"])
def test_no_page_of_a_task_of_labels_speaks_of_mails(tickets: TicketInstallation, caller: str) -> None:
    shown = {route.name: visit(tickets, route, caller) for route in TASK_PAGES}

    pages = {name: page for name, (status, page) in shown.items() if status == 200 and page}
    broken = [name for name, (status, _) in shown.items() if status not in {200, 403}]
    assert {name: found for name, page in pages.items() if (found := mail_words(page))} == {}
    assert broken == []
    assert len(pages) > (70 if caller == "lead" else 50)


@pytest.mark.slow
def test_the_pages_that_are_read_hold_what_a_task_can_have(tickets: TicketInstallation) -> None:
    read = {route.name: words_of(visit(tickets, route, "lead")[1]) for route in TASK_PAGES}

    assert {name: word for name, word in HELD.items() if word not in read[name]} == {}


@pytest.mark.slow
def test_a_file_of_labels_is_imported_without_a_word_of_mails(tickets: TicketInstallation) -> None:
    client = browser(tickets.members["lead"])
    file = SimpleUploadedFile("tickets.csv", b"Subject,Text\nLate,It is late.\n")
    columns = client.post(f"/tasks/{tickets.task.slug}/sources/import/", {"file": file, "kind": "records"})["Location"]

    page = client.get(columns).content.decode()

    assert mail_words(page) == []
    assert "Tickets with the same subject stay in the same split" in words_of(page)


@pytest.mark.slow
def test_the_preview_of_a_recall_of_labels_speaks_of_no_mails(tickets: TicketInstallation) -> None:
    address = f"/tasks/{tickets.task.slug}/recalls/"

    page = browser(tickets.members["lead"]).get(address, {"teacher": "offline"}).content.decode()

    assert "What would go out of use" in words_of(page)
    assert mail_words(page) == []


def test_too_few_examples_are_refused_in_words_of_the_task(
    tickets: TicketInstallation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(examples, "POOL_SIZE", 2)

    with pytest.raises(Refusal) as refused:
        examples.choose_examples(tickets.task, tickets.task.versions.get(), count=2)

    assert MAIL_WORDS.findall(f"{refused.value.message} {refused.value.hint}") == []
    assert "approved drafts of different subjects" in refused.value.message


def mail_words(page: str) -> list[str]:
    """Return the words of mails in a page, each with what stands around it."""
    # A ticket may hold somebody's address.
    said = words_of(page).replace("Mail addresses", "")
    return [said[max(0, m.start() - 40) : m.end() + 30] for m in MAIL_WORDS.finditer(said)]


def words_of(page: str) -> str:
    """What a page says, titles and labels included; scripts and templates aside."""
    main = page[max(page.find("<body"), 0) :]
    main = re.sub(r"<(script|style|template)\b.*?</\1>", " ", main, flags=re.DOTALL)
    said = re.findall(r'(?:title|aria-label|placeholder)="([^"]*)"', main)
    return html.unescape(" ".join([re.sub(r"<[^>]+>", " ", main), *said])).replace("\n", " ")
