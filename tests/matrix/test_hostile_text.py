"""What people and models wrote stays text on every page: nothing of it becomes an element,
and no page grows with it.
"""

from __future__ import annotations

from collections.abc import Callable
from html.parser import HTMLParser

import pytest

from campaigns.models import Message, Reply
from jobs.models import Job
from miniatures_site.access import ACCESS, AccessLevel
from review.models import Comment, Dataset, Draft, Task
from tests.hostile.markup import shows
from tests.matrix.callers import browser
from tests.matrix.installation import Installation
from tests.matrix.pages import PAGE_OF_EACH_KIND, PAGES, visit
from tests.matrix.parts import slow_but
from tests.matrix.poison import LINE
from tests.matrix.routes import Route
from webhooks.models import Hook

pytestmark = pytest.mark.django_db
# The reference of the API is the largest page: an example and a line for curl for each operation.
LARGEST_BYTES = 650_000


class Live(HTMLParser):
    """What of the poison a browser would take for markup, and whether it is there to be read.

    Attributes:
        found: Elements, handlers, scripts and addresses that the poison became.
        text: What is read, attributes of forms included.
    """

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self.text = ""
        self._script = False
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._script = tag == "script" and dict(attrs).get("type") != "application/json"
        if tag == "evil-tag":
            self.found.append("<evil-tag>")
        for name, value in attrs:
            said = (value or "").strip().casefold()
            if name.startswith("on") or "evil" in name:
                self.found.append(f"<{tag} {name}>")
            if name in ("href", "src", "action", "formaction") and said.startswith(("javascript:", "data:text")):
                self.found.append(f"<{tag} {name}={said[:40]}>")
            if name in ("value", "title", "placeholder", "aria-label"):
                self.text += value or ""

    def handle_endtag(self, tag: str) -> None:
        self._script = self._script and tag != "script"

    def handle_data(self, data: str) -> None:
        if self._script and "evil" in data:
            self.found.append(f"script {data[:40]}")
        self.text += data


@pytest.mark.parametrize("caller", ["lead", "admin"])
@pytest.mark.parametrize("route", slow_but(PAGES, PAGE_OF_EACH_KIND), ids=lambda route: route.name)
def test_no_page_takes_stored_text_for_markup(route: Route, caller: str, poisoned: Installation) -> None:
    status, html = visit(poisoned, route, caller)

    page = Live(html)
    is_closed = caller == "lead" and ACCESS[route.name].read is AccessLevel.ADMIN
    assert status == (403 if is_closed else 200)
    assert page.found == []
    assert len(html.encode()) < LARGEST_BYTES


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("review:tasks", lambda made: Task.objects.get(pk=made.task.pk).name),
        ("review:desk-list", lambda made: draft_of(made).record.title),
        ("review:draft", lambda made: draft_of(made).record.title),
        ("review:draft", lambda made: draft_of(made).record.facts["company"]),
        ("review:draft", lambda made: draft_of(made).fields["subject"]),
        ("review:draft", lambda made: Comment.objects.get(pk=made.objects["comment"]).text),
        ("review:source", lambda made: draft_of(made).record.source.name),
        ("review:dataset-version", lambda made: Dataset.objects.get(pk=made.version.dataset_id).name),
        ("webhooks:index", lambda made: Hook.objects.get(pk=made.objects["hook"]).name),
        ("jobs:list", lambda made: Job.objects.get(pk=made.objects["job"]).title),
        ("campaigns:mail", lambda made: Message.objects.get(pk=made.objects["mail"]).subject),
        ("campaigns:replies", lambda made: Reply.objects.get(pk=made.objects["reply"]).text),
    ],
)  # fmt: skip
def test_what_was_written_is_there_to_be_read(
    name: str, wanted: Callable[[Installation], str], poisoned: Installation
) -> None:
    text = wanted(poisoned)

    _, html = visit(poisoned, next(route for route in PAGES if route.name == name), "lead")

    assert "<evil-tag" in text
    assert shows(Live(html).text, text) == ""


def test_a_line_of_a_megabyte_is_shown_in_part_and_whole_on_demand(poisoned: Installation) -> None:
    draft = draft_of(poisoned)
    route = next(route for route in PAGES if route.name == "review:draft")

    _, html = visit(poisoned, route, "lead")
    whole = browser(poisoned.members["lead"]).get(f"/review/drafts/{draft.pk}/text/?path=body")

    assert LINE[:10_000] in Live(html).text
    assert "Show all" in html
    assert whole["Content-Type"] == "text/plain; charset=utf-8"
    assert whole.content.decode() == draft.fields["body"]


def draft_of(made: Installation) -> Draft:
    """The draft with the long line, as it is stored now."""
    return Draft.objects.select_related("record__source").get(pk=made.objects["draft"])
