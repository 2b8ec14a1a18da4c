"""A service token asks the miniatures of its task over /v1 and its routers, and no other's."""

from __future__ import annotations

import pytest

from members.models import Member
from review.models import Task
from review.tasks.service_tokens import issue
from serving.openai.errors import ApiError
from serving.promotions import queries
from serving.v1 import auth
from tests.review import factories
from training.models import Miniature

pytestmark = pytest.mark.django_db


def caller(task: Task, by: Member, *scopes: str) -> auth.Caller:
    _, secret = issue.make(task, name="crm", scopes=scopes, days=7, by=by)
    return auth.caller_of(f"Bearer {secret}")


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize("scopes", [("serve",), ("serve", "read"), ("read", "datasets", "serve", "outcomes", "lead")])
def test_a_program_asks_what_is_in_service(
    promoted: Miniature, task: Task, admin: Member, scopes: tuple[str, ...]
) -> None:
    asks = caller(task, admin, *scopes)

    assert auth.served_miniature(promoted.slug, asks) == promoted
    assert [each.miniature for each in queries.served_miniatures(member=asks.member)] == [promoted]


@pytest.mark.slow
def test_a_program_of_another_task_does_not_learn_that_it_exists(promoted: Miniature, admin: Member) -> None:
    asks = caller(factories.make_task(by=admin, slug="elsewhere"), admin, "serve")

    with pytest.raises(ApiError) as refused:
        auth.served_miniature(promoted.slug, asks)

    assert (refused.value.status, refused.value.code) == (404, "model_not_found")
    assert queries.served_miniatures(member=asks.member) == []


def test_a_program_without_the_scope_is_refused(task: Task, admin: Member) -> None:
    with pytest.raises(ApiError) as refused:
        caller(task, admin, "read", "datasets")

    assert refused.value.code == "insufficient_scope"
