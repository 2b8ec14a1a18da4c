"""What people wrote in a script of the other direction reads in its own: on every page, and where it is edited."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import pytest
from django.db import models, transaction

from campaigns.models import InboxAnswer, Message, Reply
from evaluation.models import EvaluationOutput
from review.models import (
    Assignment,
    Comment,
    Decision,
    Draft,
    KnownAnswer,
    Record,
    RevisionRequest,
    Ruling,
    TaskVersion,
)
from tests.matrix.caches import empty_caches
from tests.matrix.installation import Installation
from tests.matrix.many_rows import add
from tests.matrix.pages import PAGES, visit
from tests.matrix.poison import _let_rows_change

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
SIGN = "שלום עולם"
# Columns of what people write and read: records, drafts, verdicts and their notes, comments, guidelines, mails,
# replies.
WRITTEN: dict[type[models.Model], tuple[str, ...]] = {
    Record: ("title", "facts"),
    Draft: ("fields",),
    Decision: ("fields", "note"),
    Assignment: ("unfinished", "note"),
    Comment: ("text",),
    KnownAnswer: ("note",),
    Ruling: ("note",),
    RevisionRequest: ("instruction",),
    EvaluationOutput: ("text", "fields"),
    Message: ("subject", "body"),
    Reply: ("subject", "text"),
    InboxAnswer: ("subject", "body"),
}
_VOID = frozenset({"input", "br", "hr", "img", "meta", "link", "wbr", "source", "col"})
# Where HTML takes no other direction, or a browser draws none.
_UNDRAWN = frozenset({"title", "script", "style", "template"})
_EDITED = frozenset({"text", "search"})


class Directions(HTMLParser):
    """A page's written texts, and fields to write in, that take the page's direction instead of their own."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.faults: list[str] = []
        self._open: list[tuple[str, bool]] = []
        self.texts = 0
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        has_own = tag == "bdi" or given.get("dir") == "auto"
        is_edited = tag == "textarea" or (tag == "input" and given.get("type", "text") in _EDITED)
        if is_edited and not has_own:
            self.faults.append(f"<{tag} name={given.get('name')} id={given.get('id')}>")
        if tag not in _VOID:
            self._open.append((tag, has_own))

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if SIGN not in data or any(tag in _UNDRAWN for tag, _ in self._open):
            return
        self.texts += 1
        if not any(has_own for _, has_own in self._open):
            self.faults.append(" > ".join(tag for tag, _ in self._open[-3:]) + f": {data.strip()[:60]}")


def _signed(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _signed(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_signed(each) for each in value]
    return f"{SIGN} {value}" if isinstance(value, str) else value


@pytest.fixture(scope="module")
def written(installation: Installation) -> Iterator[Installation]:
    """Return the seeded installation with everything that people wrote begun in Hebrew."""
    with transaction.atomic():
        add(installation)
        _let_rows_change()
        for model, columns in WRITTEN.items():
            for row in model._default_manager.all():
                values = {column: _signed(getattr(row, column)) for column in columns}
                model._default_manager.filter(pk=row.pk).update(**values)
        version = TaskVersion.objects.filter(task=installation.task).latest("number")
        body = {**version.body, "guideline": f"{SIGN}\n\n{SIGN}"}
        TaskVersion.objects.filter(pk=version.pk).update(body=body)
        empty_caches()
        yield installation
        transaction.set_rollback(True)
    empty_caches()


def test_every_written_text_on_every_page_takes_its_own_direction(written: Installation) -> None:
    pages = {route.name: Directions(visit(written, route, "lead")[1]) for route in PAGES}

    assert {name: page.faults for name, page in pages.items() if page.faults} == {}
    assert sum(page.texts > 0 for page in pages.values()) > 20
