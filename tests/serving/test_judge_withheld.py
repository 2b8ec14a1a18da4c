"""Who reviews drafts cannot ask the miniature that judges them: its word would come before their own."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.test import Client

from members.models import Member
from review.models import JudgeTask, Task
from review.states import Role
from serving.openai.errors import ApiError
from serving.playground import texts, writers
from serving.promotions import queries
from serving.v1 import routers
from tests.review import factories
from training.miniatures import writing
from training.models import Miniature
from web.errors import Refusal

pytestmark = pytest.mark.django_db
FACTS = {"company": "Northwind Cold Chain", "sector": "cold logistics", "trigger": "opened a depot in Rotterdam"}


@pytest.fixture
def judged(promoted: Miniature, admin: Member) -> Task:
    """The task whose drafts the promoted miniature judges."""
    task = factories.make_task(by=admin, slug="judged")
    JudgeTask.objects.create(task=promoted.task, judged=task)
    return task


@pytest.fixture
def ask(promoted: Miniature, key_of: Callable[..., str]) -> Callable[[Member], list[str]]:
    """Every way in which a member can ask the miniature, and those that let them."""

    def by_playground(member: Member) -> None:
        typed = {f"fact-{name}": text for name, text in FACTS.items()}
        texts.prepare(member, promoted.task.slug, {**typed, "model": f"miniature-{promoted.slug}"}, site="")

    def over_http(name: str) -> Callable[[Member], Any]:
        body = json.dumps({"model": name, "messages": [{"role": "user", "content": "?"}]}).encode()
        return lambda member: routers.admit(f"Bearer {key_of(member)}", body)

    ways: dict[str, Callable[[Member], Any]] = {
        "playground": by_playground,
        "by its name": over_http(promoted.slug),
        "by its task": over_http(promoted.task.slug),
        "on its page": lambda member: writing.request_text(promoted, record=FACTS, by=member),
    }

    def open_to(member: Member) -> list[str]:
        return [name for name, way in ways.items() if _lets(way, member)]

    return open_to


def _lets(way: Callable[[Member], Any], member: Member) -> bool:
    try:
        way(member)
    except (PermissionDenied, Http404, ApiError, Refusal):
        return False
    return True


WAYS = ["playground", "by its name", "by its task", "on its page"]


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize(("role", "ways"), [(None, WAYS), (Role.VIEWER, WAYS), (Role.REVIEWER, []), (Role.LEAD, WAYS)])
def test_a_reviewer_of_the_drafts_cannot_ask_their_judge(
    judged: Task, promoted: Miniature, make_member: Callable[..., Member], ask: Callable[[Member], list[str]],
    role: Role | None, ways: list[str],
) -> None:  # fmt: skip
    member = make_member("rae")
    factories.join(member, promoted.task, Role.REVIEWER)
    if role is not None:
        factories.join(member, judged, role)

    assert ask(member) == ways
    assert bool(queries.served_miniatures(member=member)) == bool(ways)


@pytest.mark.slow
def test_a_lead_of_the_judge_who_reviews_the_drafts_cannot_ask_it_either(
    judged: Task, lead: Member, admin: Member, ask: Callable[[Member], list[str]]
) -> None:
    factories.join(lead, judged, Role.REVIEWER)
    factories.join(admin, judged, Role.REVIEWER)

    assert (ask(lead), ask(admin)) == ([], WAYS)


@pytest.mark.slow
def test_a_miniature_that_judges_nothing_is_asked_by_its_reviewers(
    promoted: Miniature, admin: Member, make_member: Callable[..., Member], ask: Callable[[Member], list[str]]
) -> None:
    member = make_member("rae")
    for task in (promoted.task, factories.make_task(by=admin, slug="other")):
        factories.join(member, task, Role.REVIEWER)

    assert ask(member) == WAYS


@pytest.mark.slow
def test_the_playground_says_why_no_miniature_is_offered(
    judged: Task, promoted: Miniature, make_member: Callable[..., Member], client_of: Callable[[Member], Client]
) -> None:
    member = make_member("rae")
    factories.join(member, promoted.task, Role.REVIEWER)
    factories.join(member, judged, Role.REVIEWER)

    page = client_of(member).get(f"/tasks/{promoted.task.slug}/playground/").content.decode()

    assert "would reveal a verdict before you give yours" in page
    assert f"miniature-{promoted.slug}" not in page
    assert [writer.key for writer in writers.playground_writers(member, promoted.task)] == ["teacher-offline"]


@pytest.fixture
def client_of() -> Callable[[Member], Client]:
    def signed_in(member: Member) -> Client:
        client = Client()
        client.force_login(member)
        return client

    return signed_in


@pytest.mark.slow
def test_the_miniatures_page_offers_no_text_of_it(
    judged: Task, promoted: Miniature, make_member: Callable[..., Member], client_of: Callable[[Member], Client]
) -> None:
    member, address = make_member("rae"), f"/miniatures/{promoted.pk}/"
    factories.join(member, promoted.task, Role.REVIEWER)
    before = client_of(member).get(address).content.decode()

    factories.join(member, judged, Role.REVIEWER)

    assert "Write for a record</h2>" in before
    assert "Write for a record</h2>" not in client_of(member).get(address).content.decode()
    assert client_of(member).post(f"{address}write/", FACTS).status_code == 403
