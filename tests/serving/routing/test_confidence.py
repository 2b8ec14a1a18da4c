"""A router by how sure its miniature was: which texts it keeps, from which texts its thresholds come,
and what is refused.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from rest_framework.test import APIClient

from generation.models import Teacher
from members.models import Member
from review.models import Draft, Record, Task
from review.states import Split
from serving.models import Router, RouterVersion
from serving.routing import pairs, route, set_thresholds
from serving.routing.pairs import RouteRule
from serving.routing.set_thresholds import RouterRequest
from tests.review import factories
from tests.serving.routing.conftest import MARGIN
from training.models import Miniature
from web.errors import Refusal

pytestmark = pytest.mark.django_db
SURE = RouteRule("confidence")
Pairs = Callable[..., list[Record]]


@pytest.fixture
def wish(miniature: Miniature, paid: Teacher) -> RouterRequest:
    return RouterRequest(miniature, paid, SURE, margin=MARGIN)


def write(task: Task, teacher: str, values: list[float | None], *, split: Split = Split.TRAIN) -> None:
    """Texts that a model wrote for records of a split, each with how sure it was."""
    records = factories.make_records(factories.make_source(task, name=uuid4().hex), len(values), split=split)
    version = task.versions.order_by("-number")[0]
    Draft.objects.bulk_create(
        Draft(
            task=task, task_version=version, record=record, fields={}, fields_hash=uuid4().hex, teacher=teacher,
            mean_log_prob=value,
        )
        for record, value in zip(records, values, strict=True)
    )  # fmt: skip


def hundredths(count: int) -> list[float | None]:
    return [-n / 100 for n in range(count)]


@pytest.fixture
def version(router: Router, wish: RouterRequest, make_pairs: Pairs, admin: Member, task: Task) -> RouterVersion:
    """Of 240 texts the surer half passes: from -0.6 on down the miniature's fail."""
    make_pairs(240, marks=lambda n: 0 if n < 120 else 2, sure=lambda n: -n / 200)
    write(task, pairs.label_of(wish.miniature), hundredths(121))
    return set_thresholds.set_thresholds(router, wish, by=admin)


@pytest.mark.slow
def test_the_miniature_keeps_what_it_was_sure_of(version: RouterVersion) -> None:
    small, teacher = version.miniature.slug, version.teacher.slug
    [threshold] = version.thresholds

    # Some that fail are within the margin.
    assert -0.85 <= threshold <= -0.6 and not version.takes_low
    assert version.expected[0]["share"] == pytest.approx(-threshold * 200 / 240, abs=0.01)
    assert route.route(version, {"confidence": threshold}).model == small
    assert route.route(version, {"confidence": 0.0}).model == small
    assert route.route(version, {"confidence": threshold - 0.001}).model == teacher
    assert route.route(version, {}).why == "'confidence' is missing, so the teacher writes."
    assert route.route(version, {"checks": 0.0}).model == teacher


@pytest.mark.slow
def test_thresholds_come_from_the_miniatures_own_texts_of_training_records(
    wish: RouterRequest, make_pairs: Pairs, task: Task
) -> None:
    make_pairs(12, sure=lambda n: -7.0)
    own = pairs.label_of(wish.miniature)
    write(task, own, [*hundredths(39), None])
    write(task, own, [-9.0], split=Split.TEST)
    write(task, wish.teacher.label, [-8.0])

    steps = pairs.grid(task, SURE, wish.miniature)

    assert len(steps) == 20 and (steps[0], steps[-1]) == (-0.38, 0.0)
    assert steps == sorted(steps)


def test_a_text_of_which_it_is_not_known_how_sure_its_writer_was_is_the_teachers(
    wish: RouterRequest, make_pairs: Pairs, task: Task
) -> None:
    records = make_pairs(3, sure=lambda n: None if n == 1 else -0.5)

    scores = {one.record: one.unit.score for one in pairs.collect(task, wish.miniatures, wish.teacher, SURE)}

    assert [scores[record.pk] for record in records] == [-0.5, None, -0.5]


@pytest.mark.slow
def test_without_such_texts_it_is_refused_with_what_to_do_and_is_no_try(
    router: Router, wish: RouterRequest, make_pairs: Pairs, admin: Member, task: Task
) -> None:
    make_pairs(120, sure=lambda n: -0.1)
    write(task, pairs.label_of(wish.miniature), [None])

    for act in (
        lambda: set_thresholds.set_thresholds(router, wish, by=admin),
        lambda: set_thresholds.standing(task, wish),
    ):
        with pytest.raises(Refusal, match="Order drafts of training records from it under Generation") as told:
            act()
        assert (told.value.code, list(told.value.errors)) == ("router_invalid", ["feature"])
    assert set_thresholds.attempts(task) == 0


@pytest.mark.slow
def test_a_program_sets_thresholds_by_it_and_routes(version: RouterVersion, admin: Member) -> None:
    client, path = APIClient(), f"/api/v1/routers/{version.router_id}/"
    client.force_login(admin)
    models = {"miniature": version.miniature.slug, "teacher": version.teacher.slug}

    made = client.post(f"{path}versions/", {**models, "feature": "confidence", "margin": MARGIN}, format="json")
    sent = client.post(f"{path}route/", {"features": {"confidence": -0.01}}, format="json")

    assert made.status_code == 201 and made.json()["feature"] == "confidence" and made.json()["thresholds"]
    assert sent.json()["model"] == version.miniature.slug


@pytest.mark.slow
def test_the_page_offers_it_and_shows_its_threshold(
    version: RouterVersion, as_member: Callable[..., Any], admin: Member
) -> None:
    client, page = as_member(admin), f"/routers/{version.router_id}/"
    form = {
        "miniature": version.miniature.slug, "teacher": version.teacher.slug, "feature": "confidence", "takes": "low",
        "margin": "20", "confidence": "95", "audit_share": "5",
    }  # fmt: skip

    shown = client.get(page).content.decode()
    client.post(page, form)

    assert '<option value="confidence"' in shown and "How sure the miniature was of its text" in shown
    assert f"at least {version.thresholds[0]:.4f}".rstrip("0") in shown
    newest = RouterVersion.objects.get(number=2)
    assert (newest.feature, newest.takes_low, newest.thresholds) == ("confidence", False, version.thresholds)
