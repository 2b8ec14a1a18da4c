"""The list of a task's routers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from generation.models import Teacher
from members.models import Member
from review.models import Record, Task
from review.spec.schema import InputField
from review.tasks import authoring
from serving.models import Router
from serving.promotions import teachers
from serving.routing import set_thresholds
from serving.routing.pairs import RouteRule
from serving.routing.set_thresholds import RouterRequest
from tests.review import factories
from tests.serving.routing.conftest import MARGIN
from training.models import Miniature
from web.errors import Refusal

pytestmark = pytest.mark.django_db


@pytest.mark.slow
def test_the_list_shows_newest_versions_with_as_many_queries_for_many_routers_as_for_one(
    task: Task,
    admin: Member,
    miniature: Miniature,
    paid: Teacher,
    make_pairs: Callable[..., list[Record]],
    as_member: Callable[..., Any],
) -> None:
    make_pairs(200)
    client, page = as_member(admin), f"/tasks/{task.slug}/routers/"

    def make(name: str, *, margins: tuple[float, ...]) -> Router:
        router = set_thresholds.create(task, name=name, by=admin)
        for margin in margins:
            wish = RouterRequest(miniature, paid, RouteRule("checks"), margin=margin)
            set_thresholds.set_thresholds(router, wish, by=admin)
        return router

    make("One", margins=(MARGIN,))
    client.get(page)
    with CaptureQueriesContext(connection) as alone:
        client.get(page)
    make("Two", margins=(MARGIN, 0.15))
    make("Three", margins=(MARGIN,))
    make("Four", margins=())
    with CaptureQueriesContext(connection) as many:
        shown = client.get(page).content.decode()

    assert len(many) == len(alone)
    assert shown.count("At most 20") == 2 and shown.count("At most 15") == 1 and shown.count("No thresholds yet") == 1


def test_a_router_of_labels_names_what_its_own_records_have_in_common(
    task: Task,
    admin: Member,
    miniature: Miniature,
    paid: Teacher,
    make_pairs: Callable[..., list[Record]],
    as_member: Callable[..., Any],
) -> None:
    facts = (InputField(name="subject", role="title"), InputField(name="text"))
    authoring.new_version(task, spec=factories.triage_spec().model_copy(update={"input_schema": facts}), by=admin)
    router = set_thresholds.create(task, name="One", by=admin)
    wish = RouterRequest(miniature, paid, RouteRule("checks"), margin=MARGIN)

    with pytest.raises(Refusal) as told:
        set_thresholds.set_thresholds(router, wish, by=admin)
    make_pairs(200)
    set_thresholds.set_thresholds(router, wish, by=admin)
    shown = as_member(admin).get(f"/routers/{router.pk}/").content.decode()

    assert "one of each subject" in told.value.hint
    assert "one of each subject" in shown


@pytest.mark.parametrize("name", [" ", "x" * (set_thresholds.LONGEST_NAME + 1)])
def test_a_router_without_a_name_or_with_too_long_a_one_is_refused(task: Task, admin: Member, name: str) -> None:
    with pytest.raises(Refusal) as refused:
        set_thresholds.create(task, name=name, by=admin)

    assert (refused.value.code, list(refused.value.errors)) == ("router_invalid", ["name"])
    assert not Router.objects.exists()


@pytest.mark.parametrize(("task_slug", "name"), [("a" * 50, "Thrifty"), ("outreach", "Run 3 LoRA")])
def test_a_router_takes_the_name_of_no_task_or_miniature(
    task: Task, admin: Member, miniature: Miniature, task_slug: str, name: str
) -> None:
    Miniature.objects.filter(pk=miniature.pk).update(slug="outreach-run-3-lora")
    task.slug = task_slug
    task.save(update_fields=["slug"])

    slug = set_thresholds.create(task, name=name, by=admin).slug

    assert slug.removesuffix("-2") in (task_slug, "outreach-run-3-lora")
    assert slug.endswith("-2")


def test_a_later_task_takes_the_name_of_no_router_or_miniature(task: Task, admin: Member, miniature: Miniature) -> None:
    router = set_thresholds.create(task, name="Run 7 LoRA", by=admin)

    for taken in (router.slug, miniature.slug):
        with pytest.raises(Refusal) as refused:
            factories.make_task(by=admin, slug=taken)
        assert (refused.value.code, list(refused.value.errors)) == ("slug_taken", ["slug"])


def test_teachers_of_a_task_with_a_long_name_are_told_apart(miniature: Miniature) -> None:
    names = []
    for number in (3, 12):
        miniature.name = (
            f"{'Answers to questions about spare parts ' * 3} · Qwen3-4B-Instruct-2507 · LoRA, run {number}"
        )
        teachers.offer_as_teacher(miniature)
        names.append(Teacher.objects.get(provided_by=f"serving:{miniature.pk}").name)

    assert [name.rpartition(" · ")[2] for name in names] == ["LoRA, run 3", "LoRA, run 12"]
    assert max(map(len, names)) <= 120
